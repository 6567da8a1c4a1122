import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { ticksOf } from "../../src/simulate/timing.ts";
import { spotRule } from "../core/facts.ts";
import { type Job, onDemandOnly, run, START, someJobs } from "./histories.ts";

describe("cases worked out by hand", () => {
	it("one machine serves two requests one after the other", () => {
		const jobs: readonly Job[] = [
			[10, 600],
			[20, 600],
		];
		// The tick at 300 launches the one that is allowed. It starts at 500, works until 1,700, and stops at 2,300.
		const { waits, pools } = run({ jobs, policy: onDemandOnly(1) });
		expect(waits).toEqual([490, 1_080]);
		expect(pools).toEqual([{ launched: 1, neverUsed: 0, machineSeconds: 2_000, cost: null }]);
	});

	it("a burst gets a machine for each request, and an idle one takes what comes later", () => {
		const jobs: readonly Job[] = [...Array.from({ length: 5 }, (): Job => [1, 60]), [700, 60]];
		const { waits, pools } = run({ jobs });
		expect(waits).toEqual([499, 499, 499, 499, 499, 0]);
		// Four stop 600 seconds after 560, the other 600 seconds after 760.
		expect(pools).toMatchObject([{ launched: 5, neverUsed: 0, machineSeconds: 4 * 860 + 1_060 }]);
	});

	it("a machine that never boots covers its request only while it is fresh", () => {
		const bootTime = (_pool: number, launch: number) => (launch === 0 ? Number.POSITIVE_INFINITY : 100);
		const { waits, pools } = run({ jobs: [[1, 60]], bootTime });
		// Launched at 300, it is no longer fresh at 1,500, when another one is launched.
		expect(waits).toEqual([1_599]);
		// The other one works from 1,600 to 1,660 and stops at 2,260; the first is on until the history ends.
		expect(pools).toMatchObject([{ launched: 2, neverUsed: 1, machineSeconds: 86_400 - 300 + 760 }]);
	});

	it("a request that nothing may be launched for is never served", () => {
		expect(run({ jobs: [[1, 60]], policy: onDemandOnly(0) })).toMatchObject({
			waits: [Number.POSITIVE_INFINITY],
			pools: [{ launched: 0, machineSeconds: 0 }],
		});
	});

	it("a request that waits until 24 hours after the history is never served", () => {
		const jobs: readonly Job[] = [
			[1, 90_000],
			[2, 90_000],
			[3, 60],
		];
		const { waits, pools } = run({ jobs, policy: onDemandOnly(1) });
		// The second build ends at 180,500, the history at 86,400.
		expect(waits).toEqual([499, 90_498, Number.POSITIVE_INFINITY]);
		expect(pools).toMatchObject([{ launched: 1, machineSeconds: 200 + 180_000 + 600 }]);
	});

	it("spot comes first, and on-demand takes what its limit leaves, each at its price", () => {
		const rules = onDemandOnly(1, {
			spotRules: { bld: [spotRule({ bidPrice: 0.2 })] },
			spotLimits: { global: {}, regions: { "us-west-2": { bld: 1 } } },
			onDemandPrices: { "c6i.xlarge": 0.4 },
		});
		const jobs: readonly Job[] = Array.from({ length: 3 }, () => [1, 3_600]);
		const { pools } = run({ jobs, policy: rules, idleStop: 0 });
		// Each is on for 200 seconds more than it works; the spot machine was launched first and takes the third request.
		expect(pools[0]?.launched).toBe(2);
		expect(pools[0]?.cost).toBeCloseTo((0.2 * 7_400 + 0.4 * 3_800) / 3_600);
	});

	it("a ceiling on cost limits the machines", () => {
		const rules = onDemandOnly(9, { onDemandPrices: { "c6i.xlarge": 0.4 } });
		const jobs: readonly Job[] = Array.from({ length: 5 }, () => [1, 3_600]);
		expect(run({ jobs, policy: rules, maxHourlyCost: 1, idleStop: 0 }).pools[0]?.launched).toBe(2);
	});

	it("a tick sees only requests within the age window", () => {
		const pending = { minAge: 600, maxAge: null };
		// At 600 the request is 599 seconds old, so the tick at 900 launches.
		expect(run({ jobs: [[1, 60]], policy: onDemandOnly(9, { pending }) }).waits).toEqual([1_099]);
		const young = { minAge: null, maxAge: 200 };
		expect(run({ jobs: [[1, 60]], policy: onDemandOnly(9, { pending: young }) }).waits).toEqual([
			Number.POSITIVE_INFINITY,
		]);
	});

	it.each([
		// Launches at 300 and at 600. At 1,800, neither machine is fresh any more, and the third is launched.
		["each tick", 0, [499, 799, 1_999]],
		// The first machine takes the second request at 3,500. The second machine is launched at 3,900.
		["any 60 minutes", 3_600, [499, 3_499, 4_099]],
	])("max-launches applies to %s", (_of, launchesCountFor, waits) => {
		const jobs: readonly Job[] = Array.from({ length: 3 }, () => [1, 3_000]);
		expect(run({ jobs, maxLaunches: 1, launchesCountFor }).waits).toEqual(waits);
	});

	it("a machine that ends within the hour still counts against max-launches of a watch", () => {
		const jobs: readonly Job[] = [
			[1, 60],
			[2_000, 60],
		];
		// The first machine ends at 1,160. The second one may be launched at 3,900.
		expect(run({ jobs, maxLaunches: 1, launchesCountFor: 3_600 }).waits).toEqual([499, 2_100]);
	});

	it("a watch ticks every five minutes while requests wait and none is new", () => {
		const bootTime = (_pool: number, launch: number) => (launch === 0 ? Number.POSITIVE_INFINITY : 100);
		const heuristics = { freshInstanceDelay: 100 };
		// The machine that is launched at 15 is no longer fresh at 115. The next tick is at 315.
		expect(run({ jobs: [[1, 60]], timing: "watch", bootTime, heuristics }).waits).toEqual([414]);
	});

	it("a watch ticks after the next look, and at most once a minute", () => {
		const jobs: readonly Job[] = [
			[1, 3_600],
			[16, 3_600],
		];
		// The look at 15 finds the first request, and that at 30 the second, which a tick launches for a minute after the first.
		expect(run({ jobs, timing: "watch" }).waits).toEqual([214, 259]);
	});
});

it("every request waits once and is served once", () => {
	fc.assert(
		fc.property(someJobs, fc.integer({ min: 1, max: 9 }), fc.nat(900), (jobs, limit, boot) => {
			const { waits, pools, workload } = run({
				jobs,
				policy: onDemandOnly(limit),
				bootTime: () => boot,
				idleStop: 0,
				heuristics: { freshInstanceDelay: 900 },
			});
			expect(waits.every(Number.isFinite)).toBe(true);
			// A machine that stops as soon as it has nothing to do is on for its boot and its builds.
			const work = workload.duration.reduce((sum, duration) => sum + duration, 0);
			expect(pools[0]?.machineSeconds).toBe(work + boot * (pools[0]?.launched ?? 0));
			const starts = waits.map((wait, index) => (workload.submittedAt[index] ?? 0) + wait);
			expect(starts).toEqual(starts.toSorted((a, b) => a - b));
			for (const start of starts) {
				const working = starts.filter((one, index) => one <= start && one + (workload.duration[index] ?? 0) > start);
				expect(working.length).toBeLessThanOrEqual(limit);
			}
		}),
	);
});

describe("faster boots", () => {
	const boots = fc.array(fc.tuple(fc.nat(2_000), fc.nat(1_000)), { minLength: 1, maxLength: 6 });

	// A burst before the first tick uses up the limit, and no machine stops, so the machines are the same.
	test("never make a request wait longer if the same machines are launched at the same time", () => {
		fc.assert(
			fc.property(boots, someJobs, (times, jobs) => {
				const limit = times.length;
				const burst = Array.from({ length: limit }, (): Job => [0, 600]);
				const simulated = (bootOf: (time: readonly [number, number]) => number) =>
					run({
						jobs: [...burst, ...jobs],
						policy: onDemandOnly(limit),
						bootTime: (_pool, launch) => bootOf(times[launch] ?? [0, 0]),
						idleStop: 1e7,
					});
				const slow = simulated(([fast, more]) => fast + more);
				const fast = simulated(([time]) => time);
				expect(slow.pools[0]?.launched).toBe(limit);
				for (const [index, wait] of fast.waits.entries()) expect(wait).toBeLessThanOrEqual(slow.waits[index] ?? 0);
			}),
		);
	});

	// A machine that works already still counts as fresh, as in the seed's formula.
	test("may make a request wait longer if they keep a machine from being launched", () => {
		const jobs: readonly Job[] = [
			[1, 7_200],
			[400, 60],
		];
		const waitOfSecond = (boot: number) => run({ jobs, bootTime: () => boot }).waits[1];
		expect([waitOfSecond(500), waitOfSecond(60)]).toEqual([700, 1_160]);
	});
});

it("late ticks are 15 to 30 minutes apart", () => {
	const next = ticksOf("late", { seed: 1, from: START, watchInterval: 15 });
	let lastTickAt: number | null = null;
	const ticks = Array.from({ length: 200 }, () => {
		lastTickAt = next({ now: lastTickAt ?? START, lastTickAt, firstNewAt: null });
		return lastTickAt;
	});
	const gaps = ticks.slice(1).map((tick, index) => tick - (ticks[index] ?? 0));
	expect(Math.min(...gaps)).toBeGreaterThanOrEqual(900);
	expect(Math.min(...gaps)).toBeLessThan(1_000);
	expect(Math.max(...gaps)).toBeLessThanOrEqual(1_800);
	expect(Math.max(...gaps)).toBeGreaterThan(1_700);
});

it("starts at a time on which an exact schedule ticks", () => {
	expect(START % 300).toBe(0);
});
