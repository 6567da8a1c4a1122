/** What adds up in every report of a tick. */
import { expect } from "vitest";
import { poolKey } from "../../src/core/demand/pool.ts";
import type { Report } from "../../src/core/report/report.ts";

const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);

/** Every pending request has one reason, and what was launched is what was needed less what is short. */
export function expectToAddUp(report: Report, oldDivisor: number): void {
	const { pending, pools, launches, cost } = report;
	expect(sum(pools.map((pool) => pool.pending)) + sum(pending.reasons.map(({ count }) => count))).toBe(pending.total);
	expect(pending.matched + pending.unmatched).toBe(pending.total);
	const skipped = pending.reasons.filter(({ code }) => code === "allocation-unknown" || code === "not-configured");
	expect(sum(pools.map((pool) => pool.pending)) + sum(skipped.map(({ count }) => count))).toBe(pending.matched);
	const keys = new Set(pools.map(poolKey));
	for (const { mozType, slaveset, reason } of pending.builders) {
		expect(mozType !== null && keys.has(poolKey({ mozType, slaveset })) && reason === null).toBe(reason === null);
	}
	for (const pool of pools) {
		const counted = (picks: (code: string) => boolean) =>
			sum(pool.reasons.filter(({ code }) => picks(code)).map(({ count }) => count));
		const isServed = (code: string) => code === "launched" || code.startsWith("covered-");
		expect(counted(() => true)).toBe(pool.pending);
		expect(counted((code) => code === "launched")).toBe(pool.launched);
		expect(counted((code) => !isServed(code))).toBe(pool.shortfall);
		expect(pool.launched + pool.shortfall).toBe(pool.needed);
		expect(launches.filter((launch) => poolKey(launch) === poolKey(pool))).toHaveLength(pool.launched);
		expect(sum(pool.phases.map(({ launched }) => launched))).toBe(pool.launched);
		let count = pool.pending;
		for (const phase of pool.phases) {
			expect(phase.count).toBe(count);
			expect(phase.needed).toBe(Math.max(0, count - (phase.fresh + Math.floor(phase.old / oldDivisor))));
			for (const cap of phase.caps) expect(cap.launched).toBeLessThanOrEqual(cap.headroom);
			count = phase.needed - phase.launched;
		}
		expect(count).toBe(pool.shortfall);
	}
	const prices = launches.flatMap(({ spotPrice, onDemandPrice }) => spotPrice ?? onDemandPrice ?? []);
	expect(cost).toEqual({
		usdPerHour: expect.closeTo(sum(prices), 6),
		unpriced: launches.length - prices.length,
	});
}
