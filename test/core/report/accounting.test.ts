/** Every pending request has exactly one reason, from the rows of the database to the report. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { type Allocations, allocate } from "../../../src/core/demand/allocations.ts";
import { countDemand, type MappedBuilder } from "../../../src/core/demand/demand.ts";
import { poolKey } from "../../../src/core/demand/pool.ts";
import { simulate } from "../../../src/core/launch/launch-run.ts";
import { makePlan } from "../../../src/core/plan/plan.ts";
import { makeReport } from "../../../src/core/report/make-report.ts";
import type { Report } from "../../../src/core/report/report.ts";
import { launchArbitrarily, someAnswers, someInput, typeNames } from "../arbitraries.ts";
import { NOW } from "../facts.ts";
import { NOTHING } from "../reports.ts";

const workers = fc.subarray(["w-1", "w-2", "w-3"], { minLength: 1 });
const someBuilders: fc.Arbitrary<readonly MappedBuilder[]> = fc
	.array(
		fc.record({
			count: fc.integer({ min: 1, max: 30 }),
			oldestSubmittedAt: fc.integer({ min: NOW - 1000, max: NOW }),
			mozType: fc.constantFrom(...typeNames, null),
			timedOut: fc.boolean(),
		}),
		{ maxLength: 12 },
	)
	.map((rows) =>
		rows.map(({ timedOut, ...row }, index) => ({
			...row,
			builder: `b-${index}`,
			slaveset: null,
			skipReason: row.mozType !== null ? null : timedOut ? "pattern-timeout" : "unmatched",
		})),
	);
const someAllocations: fc.Arbitrary<Allocations> = fc
	.record({
		bound: fc.dictionary(fc.constantFrom("b-0", "b-1", "b-2", "b-3"), workers),
		unsure: fc.subarray(["b-1", "b-4", "b-5"]),
		allocatedUnknown: fc.boolean(),
	})
	.map(({ bound, unsure, allocatedUnknown }) => ({
		slavesets: new Map(Object.entries(bound)),
		unknown: new Map(
			unsure.map((builder, index) => [
				builder,
				{ code: index === 0 ? "not-configured" : "allocation-unknown", reason: "no answer" },
			]),
		),
		connected: new Set(),
		allocated: allocatedUnknown
			? { kind: "unknown", reason: "no answer" }
			: { kind: "known", names: new Set(Object.values(bound).flat()) },
	}));

const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);

function holds(report: Report, oldDivisor: number): void {
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

test("reasons, phases, and launches add up for any pending requests and any answers of EC2", () => {
	fc.assert(
		fc.property(someBuilders, someAllocations, someInput, someAnswers, (mapped, allocations, input, answers) => {
			const { builders, skipped } = allocate(mapped, allocations);
			const all = [...builders, ...skipped.map(({ builder }) => builder)];
			const plan = makePlan({ ...input, demand: countDemand(builders) });
			for (const launched of [launchArbitrarily(plan, answers), simulate(plan)]) {
				const planned = plan.pools.length === 0 ? null : { plan, launched };
				const report = makeReport({ ...NOTHING, builders: all, planned });
				holds(report, plan.heuristics.oldDivisor);
				expect(JSON.parse(JSON.stringify(report))).toEqual(report);
			}
		}),
	);
});
