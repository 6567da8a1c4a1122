/** Histories and simulations of the types `bld` and `tst` for tests. Times of requests are seconds after {@link START}. */
import fc from "fast-check";
import type { History, PastRequest } from "../../src/core/model/history.ts";
import type { Heuristics, Policy } from "../../src/core/model/policy.ts";
import { planLaunches } from "../../src/simulate/launching.ts";
import { type SimulationInput, simulate } from "../../src/simulate/simulation.ts";
import { ticksOf } from "../../src/simulate/timing.ts";
import { workloadOf } from "../../src/simulate/workload.ts";
import { HEURISTICS, policy } from "../core/facts.ts";

/** On a multiple of five minutes, when an exact schedule ticks. */
export const START = 1_800_000_000;
export const REGIONS = ["us-east-1", "us-west-2"];

/** A request and the seconds that its build takes. */
export type Job = readonly [submittedAt: number, duration: number, builder?: string];

export function request(id: number, [submittedAt, duration, builder = "bld"]: Job, wait = 0): PastRequest {
	const submitted = START + submittedAt;
	const startedAt = submitted + wait;
	const finishedAt = startedAt + duration;
	const builds = [{ startedAt, finishedAt, worker: null }];
	return { id, builder, submittedAt: submitted, claimedAt: startedAt, completeAt: finishedAt, builds };
}

/** A day of requests. */
export function history(jobs: readonly Job[]): History {
	const readAt = START + 7 * 86_400;
	return { from: START, until: START + 86_400, readAt, requests: jobs.map((job, index) => request(index + 1, job)) };
}

/** A policy without spot that allows a number of machines of each type. */
export function onDemandOnly(limit: number, overrides: Partial<Policy> = {}): Policy {
	return policy({ spotRules: {}, onDemandLimits: { global: { bld: limit, tst: limit }, regions: {} }, ...overrides });
}

export interface Scenario {
	readonly jobs: readonly Job[];
	readonly policy?: Policy;
	readonly heuristics?: Partial<Heuristics>;
	readonly timing?: "exact" | "late" | "watch";
	readonly maxLaunches?: number;
	readonly maxHourlyCost?: number;
	/** Default: every machine boots in 200 seconds. */
	readonly bootTime?: SimulationInput["bootTime"];
	readonly idleStop?: number;
	readonly launchesCountFor?: number;
}

/** Simulates what happens to some jobs, by default with ticks every five minutes. */
export function run(scenario: Scenario) {
	const { jobs, heuristics, timing = "exact", maxLaunches = 200, maxHourlyCost = null } = scenario;
	const rules = scenario.policy ?? onDemandOnly(100);
	const workload = workloadOf(history(jobs), (builder) => ({ mozType: builder, slaveset: null }));
	const plan = planLaunches(
		workload.pools.map((pool, index) => ({ pool, requests: workload.byPool[index]?.length ?? 0 })),
		{ policy: rules, regions: REGIONS, allocated: new Set(), maxLaunches, maxHourlyCost },
	);
	const result = simulate({
		workload,
		plan,
		heuristics: { ...HEURISTICS, ...heuristics },
		window: rules.pending,
		nextTick: ticksOf(timing, { seed: 0, from: START, watchInterval: 15 }),
		launchesCountFor: scenario.launchesCountFor ?? 0,
		bootTime: scenario.bootTime ?? (() => 200),
		idleStop: scenario.idleStop ?? 600,
		seed: 0,
		waits: new Float64Array(jobs.length),
	});
	return { waits: [...result.waits], pools: result.pools, workload };
}

/** Some jobs within two hours. */
export const someJobs: fc.Arbitrary<readonly Job[]> = fc.array(
	fc.tuple(fc.nat(7_200), fc.integer({ min: 1, max: 3_000 })),
	{ minLength: 1, maxLength: 40 },
);
