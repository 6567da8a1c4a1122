import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { replayReportSchema } from "../../scripts/replay-report.ts";
import type { History, PastRequest } from "../../src/core/model/history.ts";
import type { Policy } from "../../src/core/model/policy.ts";
import type { ReplayReport } from "../../src/core/report/replay-report.ts";
import { front } from "../../src/simulate/front.ts";
import { gridOf } from "../../src/simulate/grid.ts";
import { draw } from "../../src/simulate/random.ts";
import { Replay } from "../../src/simulate/replay.ts";
import { workloadOf } from "../../src/simulate/workload.ts";
import { HEURISTICS } from "../core/facts.ts";
import { history, type Job, onDemandOnly, REGIONS, request, run, START } from "./histories.ts";

const DAY = 86_400;
const BOOT = { shortest: 180, longest: 480 };

/** Pushes of up to eight requests each, at any time of a day. */
const JOBS: readonly Job[] = Array.from({ length: 60 }, (_, push) => push).flatMap((push) =>
	Array.from(
		{ length: 1 + (draw(1, push, 0) % 8) },
		(_, job): Job => [draw(2, push, 0) % DAY, 600 + (draw(3, push, job) % 2_400), job % 3 === 0 ? "tst" : "bld"],
	),
);

/** The jobs with waits as they come about with exact ticks and the default settings. */
function consistentHistory(extraWait = 0): History {
	const { waits, workload } = run({ jobs: JOBS, bootTime: (pool, launch) => 180 + (draw(9, pool, launch) % 301) });
	const builders = workload.pools.map(({ mozType }) => mozType);
	const requests = waits.map((wait, index): PastRequest => {
		const submittedAt = (workload.submittedAt[index] ?? 0) - START;
		const job: Job = [submittedAt, workload.duration[index] ?? 0, builders[workload.pool[index] ?? 0] ?? ""];
		return request(index + 1, job, wait + extraWait);
	});
	return { ...history([]), requests };
}

function replay(past: History, policy: Policy = onDemandOnly(100)): ReplayReport {
	const workload = workloadOf(past, (builder) => (builder === "other" ? null : { mozType: builder, slaveset: null }));
	const rules = { policy, regions: REGIONS, allocated: new Set<string>(), maxLaunches: 200, maxHourlyCost: null };
	const one = new Replay({ workload, rules, boot: BOOT, idleStop: 600, watchInterval: 15 });
	return one.report(one.settings.map((setting) => one.simulate(setting)));
}

describe("a replay", () => {
	const report = replay(consistentHistory());
	const current = report.settings.find(({ isCurrent }) => isCurrent);

	it("has a report of its schema", () => {
		expect(replayReportSchema.parse(report)).toEqual(report);
	});

	it("finds the timing and the waits of a history that the current settings made", () => {
		expect(report.validation?.total.differs).toBe(false);
		expect(current).toMatchObject({ freshInstanceDelay: 1_200, oldDivisor: 10, scope: "lifecycle", timing: "exact" });
		expect(report.advice).not.toContain("eak");
	});

	it("calls its advice weak if the simulation misses the real waits", () => {
		const missed = replay(consistentHistory(3_600));
		expect(missed.validation?.total.differs).toBe(true);
		expect(missed.advice).toMatch(
			/^Weak advice, because the simulation misses the real waits by more than a quarter: /,
		);
	});

	it("gives the same bytes for the same requests in any order", () => {
		const { requests, ...rest } = consistentHistory();
		const expected = JSON.stringify(report);
		const shuffled = fc.sample(fc.shuffledSubarray([...requests], { minLength: requests.length }), 2);
		for (const some of [requests.toReversed(), ...shuffled]) {
			expect(JSON.stringify(replay({ ...rest, requests: some }))).toBe(expected);
		}
	});

	it("advises a setting with shorter waits for hardly more machine-hours, and no delay below the slowest boot", () => {
		const advised = report.settings.find(({ isAdvised }) => isAdvised);
		const [before, after] = [current?.total, advised?.total];
		expect(after?.p95).toBeLessThan(before?.p95 ?? 0);
		expect(after?.machineHours).toBeLessThanOrEqual((before?.machineHours ?? 0) * 1.02);
		expect(advised?.freshInstanceDelay).toBeGreaterThanOrEqual(BOOT.longest);
		expect(report.advice).toMatch(/^[A-Z].* instead of .* machine-hours\.$/);
	});

	it("accounts for every request of the history", () => {
		const past = consistentHistory();
		const [first] = past.requests;
		if (first === undefined) throw new RangeError("no requests");
		const running = first.builds.map((build) => ({ ...build, finishedAt: null }));
		const others: readonly PastRequest[] = [
			{ ...first, id: 9_001, builder: "other" },
			{ ...first, id: 9_002, builds: [] },
			{ ...first, id: 9_003, builds: running },
		];
		const { requests } = replay({ ...past, requests: [...past.requests, ...others] });
		expect(requests).toEqual({ replayed: JOBS.length, unmatched: 1, neverStarted: 1, unfinished: 1, implausible: 0 });
	});

	it("has no advice without a finished build", () => {
		expect(replay(history([]))).toMatchObject({
			validation: null,
			settings: [],
			advice: "No advice: no finished build of the history maps to an instance type.",
		});
	});

	it("reports requests that are never served, without a wait", () => {
		const { settings } = replay(history([[1, 60]]), onDemandOnly(0));
		expect(settings[0]?.total).toMatchObject({ p50: null, longest: null, notServed: 1, launched: 0, machineHours: 0 });
	});
});

it("a request that was retried occupies a machine for all its builds, and waits for the first", () => {
	const retried = { ...request(1, [100, 60], 200) };
	const second = { startedAt: START + 1_000, finishedAt: START + 1_500, worker: null };
	const past = { ...history([]), requests: [{ ...retried, builds: [second, ...retried.builds] }] };
	const workload = workloadOf(past, (mozType) => ({ mozType, slaveset: null }));
	expect([workload.realWait[0], workload.duration[0]]).toEqual([200, 560]);
});

it.each<[string, number, number | null]>([
	["ends before it starts", 300, 299],
	["starts more than an hour before its request", -3_601, 600],
	["starts in the future", 7 * DAY + 3_601, null],
	["ends in the future", 300, 7 * DAY + 3_601],
])("leaves out a request with a build that %s", (_what, started, finished) => {
	const build = (startedAt: number, finishedAt: number | null) => ({
		...{ startedAt: START + startedAt, finishedAt: finishedAt === null ? null : START + finishedAt, worker: null },
	});
	const builds = [build(300, 900), build(started, finished)];
	const { leftOut, duration } = workloadOf(
		{ ...history([]), requests: [request(1, [0, 60]), { ...request(2, [0, 60]), builds }] },
		(mozType) => ({ mozType, slaveset: null }),
	);
	expect(leftOut).toEqual({ unmatched: 0, neverStarted: 0, unfinished: 0, implausible: 1 });
	expect([...duration]).toEqual([60]);
});

describe("the settings", () => {
	it("include the configuration's own", () => {
		const heuristics = { ...HEURISTICS, freshInstanceDelay: 777, oldDivisor: 7, scope: "pool" as const };
		const grid = gridOf(onDemandOnly(1, { heuristics }));
		expect(grid).toContainEqual({ freshInstanceDelay: 777, oldDivisor: 7, scope: "pool", timing: "late" });
		// Without spot, the scope makes no difference.
		expect(grid.every(({ scope }) => scope === "pool")).toBe(true);
		expect(grid).toHaveLength(3 * 5 * 4);
	});

	it("that no other beats are those with no other that is better on one axis and no worse on the other", () => {
		const some = fc.array(fc.record({ p95: fc.option(fc.nat(5)), machineHours: fc.nat(5) }), { maxLength: 12 });
		fc.assert(
			fc.property(some, (totals) => {
				const settings = totals.map((total) => ({ total }));
				const wait = (one: (typeof settings)[number]) => one.total.p95 ?? Number.POSITIVE_INFINITY;
				const isBeaten = (one: (typeof settings)[number]) =>
					settings.some(
						(other) =>
							wait(other) <= wait(one) &&
							other.total.machineHours <= one.total.machineHours &&
							(wait(other) < wait(one) || other.total.machineHours < one.total.machineHours),
					);
				expect(settings.filter((one) => front(settings).has(one))).toEqual(
					settings.filter((one) => Number.isFinite(wait(one)) && !isBeaten(one)),
				);
			}),
		);
	});
});
