/** One report for the ticks of a watch. */
import { describe, expect, it } from "vitest";
import type { Report } from "../../../src/core/report/report.ts";
import { costOf, RunRecord } from "../../../src/core/report/run-report.ts";
import { HEURISTICS } from "../facts.ts";
import { report, reportedLaunch, reportedPool } from "../reports.ts";

const END = "2027-01-15T09:00:00.000Z";
const failure = (code: string, message = "m", stage = "launch") => ({
	stage,
	region: null,
	mozType: null,
	code,
	message,
});
const refusal = (code: string) => ({
	...{ mozType: "bld", region: "us-west-2", availabilityZone: "us-west-2a", instanceType: "c6i.xlarge" },
	...{ lifecycle: "spot" as const, wanted: 1, code, message: "m" },
});
const at = (startedAt: string, overrides: Partial<Report> = {}) =>
	report({ startedAt, heuristics: HEURISTICS, ...overrides });

function record(...reports: readonly Report[]): RunRecord {
	const some = new RunRecord();
	for (const one of reports) some.add(one, []);
	return some;
}

describe("the report of a run", () => {
	it("can't be made before the first tick", () => {
		expect(() => new RunRecord().report(END, [])).toThrow(new RangeError("the run had no tick"));
		expect(new RunRecord().last).toBeNull();
	});

	it("begins with the first tick, and has the lock's state of the last one", () => {
		const previousRun = { finishedAt: END, gapSeconds: 9, expectedSeconds: null };
		const run = record(at("1", { previousRun, lockedBy: "a" }), at("2", { lockedBy: "b", lockedSince: END }));
		expect(run.report(END, [])).toMatchObject({
			startedAt: "1",
			finishedAt: END,
			previousRun,
			lockedBy: "b",
			lockedSince: END,
		});
		expect(run.last?.startedAt).toBe("2");
	});

	it("shows the pools of the last tick that planned, although later ones could not", () => {
		const planned = (mozType: string) => at("1", { pools: [reportedPool({ mozType })] });
		const failed = at("3", { heuristics: null, pools: [] });
		const pools = (...reports: readonly Report[]) =>
			record(...reports)
				.report(END, [])
				.pools.map((pool) => pool.mozType);
		expect(pools(planned("a"), planned("b"), failed)).toEqual(["b"]);
		expect(pools(failed)).toEqual([]);
	});

	it("counts each tick's requests and instances", () => {
		const pools = [
			reportedPool({ needed: 4, launched: 1, shortfall: 3, possiblyLaunched: 2 }),
			reportedPool({ needed: 5, launched: 5 }),
		];
		const { pending } = report();
		const run = record(at("1", { pools, pending: { ...pending, total: 12, matched: 11 } }), at("2"));
		expect(run.report(END, []).ticks).toEqual([
			{ startedAt: "1", pending: 11, needed: 9, launched: 6, shortfall: 3, possiblyLaunched: 2 },
			{ startedAt: "2", pending: 0, needed: 0, launched: 0, shortfall: 0, possiblyLaunched: 0 },
		]);
	});

	it("has the launches and refusals of all ticks, and what the launches cost", () => {
		const run = record(
			at("1", { launches: [reportedLaunch({ instanceId: "i-1", spotPrice: 0.1 })], refusals: [refusal("A")] }),
			at("2", { launches: [reportedLaunch({ instanceId: "i-2", spotPrice: 0.2 })], refusals: [refusal("B")] }),
		);
		const { launches, refusals, cost } = run.report(END, []);
		expect(launches.map(({ instanceId }) => instanceId)).toEqual(["i-1", "i-2"]);
		expect(refusals.map(({ code }) => code)).toEqual(["A", "B"]);
		expect(cost).toEqual({ usdPerHour: 0.3, unpriced: 0 });
	});

	it("includes what an unfinished tick launched, but not its state", () => {
		const run = record(at("1"));
		run.addUnfinished(at("2", { launches: [reportedLaunch()] }), [7]);
		const { launches, ticks, waits } = run.report(END, []);
		expect([launches.length, ticks?.length, waits?.requests]).toEqual([1, 2, 1]);
		expect(run.last?.startedAt).toBe("1");
	});

	it("adds up the calls of all ticks by region and action", () => {
		const run = record(
			at("1", { apiCalls: { "us-east-1": { RunInstances: 1 } } }),
			at("2", { apiCalls: { "us-east-1": { RunInstances: 2, CreateTags: 3 }, "us-west-2": { RunInstances: 4 } } }),
			at("3"),
		);
		expect(run.report(END, []).apiCalls).toEqual({
			"us-east-1": { RunInstances: 3, CreateTags: 3 },
			"us-west-2": { RunInstances: 4 },
		});
	});
});

describe("failures of a run", () => {
	it("are kept once each, with the latest message, and are healed unless they stand", () => {
		const run = record(
			at("1", { failures: [failure("A", "first"), failure("B")] }),
			at("2", { failures: [failure("A", "second")] }),
		);
		expect(run.report(END, [failure("A", "other")]).failures).toEqual([
			{ ...failure("B"), healed: true },
			{ ...failure("A", "second"), healed: false },
		]);
	});

	it("differ by stage, region, instance type, and code", () => {
		const run = record(
			at("1", {
				failures: [
					failure("A"),
					failure("B"),
					failure("A", "m", "read"),
					{ ...failure("A"), region: "us-west-2" },
					{ ...failure("A"), mozType: "bld" },
				],
			}),
		);
		expect(run.report(END, []).failures).toHaveLength(5);
	});
});

it.each([
	["no tick planned", [at("1", { heuristics: null })], false],
	["a tick read everything", [at("1"), at("2", { failures: [failure("A", "m", "read")] })], true],
	["every tick failed to read", [at("1", { failures: [failure("A"), failure("A", "m", "read")] })], false],
	["a launch failed", [at("1", { failures: [failure("A")] })], true],
])("a run has read AWS if %s: %3$s", (_what, reports, expected) => {
	expect(record(...reports).hasReadAws).toBe(expected);
});

it("a run of weeks keeps its latest ticks, launches, refusals, and failures, and their number is bounded", () => {
	const run = record(at("0"));
	const many = (count: number, prefix: string) => Array.from({ length: count }, (_, index) => `${prefix}${index}`);
	run.addUnfinished(
		at("1", {
			launches: many(10_001, "i-").map((instanceId) => reportedLaunch({ instanceId })),
			refusals: many(1_001, "R").map(refusal),
		}),
		[],
	);
	run.addFailures(many(501, "F").map((code) => failure(code)));
	for (const startedAt of many(1_999, "t")) run.add(at(startedAt), []);
	const { launches, refusals, failures, ticks } = run.report(END, []);
	expect([launches.length, launches[0]?.instanceId, launches.at(-1)?.instanceId]).toEqual([10_000, "i-1", "i-10000"]);
	expect([refusals.length, refusals[0]?.code, refusals.at(-1)?.code]).toEqual([1_000, "R1", "R1000"]);
	expect([failures.length, failures[0]?.code, failures.at(-1)?.code]).toEqual([500, "F1", "F500"]);
	expect([ticks?.length, ticks?.[0]?.startedAt, ticks?.at(-1)?.startedAt]).toEqual([2_000, "1", "t1998"]);
});

describe("waits", () => {
	const waits = (...ticks: readonly (readonly number[])[]) => {
		const run = new RunRecord();
		for (const seconds of ticks) run.add(at("1"), seconds);
		return run.report(END, []).waits;
	};

	it("are null if no request was served", () => {
		expect(waits([])).toBeNull();
	});

	it.each([
		[[7], { requests: 1, p50: 7, p95: 7, longest: 7 }],
		[[9, 1], { requests: 2, p50: 1, p95: 9, longest: 9 }],
		[[3, 1, 2], { requests: 3, p50: 2, p95: 3, longest: 3 }],
		[
			[...Array.from({ length: 95 }, () => 10), ...Array.from({ length: 5 }, () => 2000)],
			{ requests: 100, p50: 10, p95: 10, longest: 2000 },
		],
		[
			[...Array.from({ length: 94 }, () => 10), ...Array.from({ length: 6 }, () => 2000)],
			{ requests: 100, p50: 10, p95: 2000, longest: 2000 },
		],
	])("are summed up by nearest rank", (seconds, expected) => {
		expect(waits(seconds)).toEqual(expected);
	});

	it("are those of all ticks", () => {
		expect(waits([5, 5], [60], [5])).toEqual({ requests: 4, p50: 5, p95: 60, longest: 60 });
	});
});

it("the cost of launches is the sum of the known prices, without noise", () => {
	const prices = [
		{ spotPrice: 0.1, onDemandPrice: null },
		{ spotPrice: 0.2, onDemandPrice: 9 },
		{ spotPrice: null, onDemandPrice: 0.17 },
		{ spotPrice: null, onDemandPrice: null },
	];
	expect(costOf(prices.map((price) => reportedLaunch(price)))).toEqual({ usdPerHour: 0.47, unpriced: 1 });
	expect(costOf([])).toEqual({ usdPerHour: 0, unpriced: 0 });
});
