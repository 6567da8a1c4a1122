/**
 * Runs in random worlds, tick after tick: damaged and late answers, lost locks, killed processes, clocks that are wrong,
 * machines that die, and two runs at once. `WORLDS=10000` tries as many, from a new seed; `SEED` repeats a run.
 */
import { randomInt } from "node:crypto";
import fc from "fast-check";
import { expect, it } from "vitest";
import type { Policy } from "../../src/core/model/policy.ts";
import { expectToAddUp } from "../core/accounts-of-report.ts";
import { HEURISTICS, policy, spotRule, typeConfig } from "../core/facts.ts";
import { type EndedRun, type Fate, RandomWorld, type RunFate } from "./random-world.ts";

const { WORLDS, SEED } = process.env;
const numRuns = Number(WORLDS ?? 300);
const seed = Number(SEED ?? (WORLDS === undefined ? 1 : randomInt(2 ** 31)));

const REGIONS = ["us-east-1", "us-west-2"];
const TYPES = ["bld", "tst"];

const someFate: fc.Arbitrary<Fate> = fc.record({
	share: fc.oneof({ weight: 3, arbitrary: fc.constant(1) }, fc.double({ min: 0, max: 1, noNaN: true })),
	kind: fc.constantFrom("no-capacity", "no-price", "limit", "no-address", "rejected", "stop-all", "timeout"),
	isAnswerLost: fc.oneof({ weight: 4, arbitrary: fc.constant(false) }, fc.boolean()),
	isNamingRefused: fc.oneof({ weight: 4, arbitrary: fc.constant(false) }, fc.boolean()),
});
const seldom = (some: fc.Arbitrary<number>) => fc.oneof({ weight: 3, arbitrary: fc.constant(null) }, some);
const someRun: fc.Arbitrary<RunFate> = fc.record({
	delay: fc.nat(12),
	fates: fc.array(someFate, { minLength: 1, maxLength: 6 }),
	unread: fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, fc.subarray(REGIONS)),
	seesInstances: fc.boolean(),
	killedAfter: seldom(fc.nat(30)),
	lockLostAfter: seldom(fc.nat(12)),
	skew: fc.oneof(fc.constant(0), fc.integer({ min: -100_000, max: 100_000 })),
});
const someStep = fc.record({
	pending: fc.record({ bld: fc.nat(15), tst: fc.nat(8) }),
	runs: fc.array(someRun, { minLength: 1, maxLength: 2 }),
	seconds: fc.oneof(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 5000 })),
	deaths: fc.array(
		fc.record({
			pick: fc.nat(50),
			code: fc.constantFrom("Server.InternalError", "Server.SpotInstanceTermination", "Client.UserInitiatedShutdown"),
		}),
		{ maxLength: 6 },
	),
});
const limitsByType = fc.record({ bld: fc.nat(9), tst: fc.nat(9) }, { requiredKeys: [] });
const someLimits = fc.record({
	global: limitsByType,
	regions: fc.record({ "us-east-1": limitsByType, "us-west-2": limitsByType }),
});
const someWorld = fc.record({
	spotLimits: someLimits,
	onDemandLimits: someLimits,
	scope: fc.constantFrom("lifecycle" as const, "pool" as const),
	maxLaunches: fc.nat(15),
	old: fc.record({ spot: fc.nat(6), "on-demand": fc.nat(4) }),
	steps: fc.array(someStep, { minLength: 1, maxLength: 5 }),
});
type SomeWorld = typeof someWorld extends fc.Arbitrary<infer T> ? T : never;
type SomeStep = SomeWorld["steps"][number];

function policyOf({ spotLimits, onDemandLimits, scope }: SomeWorld): Policy {
	return policy({
		spotRules: { bld: [spotRule()], tst: [spotRule(), spotRule({ instanceType: "m6i.xlarge" })] },
		spotLimits,
		onDemandLimits,
		heuristics: { ...HEURISTICS, scope },
		types: Object.fromEntries(TYPES.map((type) => [type, typeConfig(type, REGIONS, `${type}-%03d`)])),
		builderMap: TYPES.map((mozType, line) => ({ source: mozType, line, regex: new RegExp(mozType, "y"), mozType })),
	});
}

/** Live instances by each limit that counts them. */
function countUnderLimits(world: RandomWorld, { spotLimits, onDemandLimits }: SomeWorld) {
	return (["spot", "on-demand"] as const).flatMap((lifecycle) => {
		const { global, regions } = lifecycle === "spot" ? spotLimits : onDemandLimits;
		return TYPES.flatMap((mozType) => {
			const live = world.live.filter((one) => one.lifecycle === lifecycle && one.mozType === mozType);
			const key = mozType as "bld";
			return [
				{ name: `${lifecycle} ${mozType}`, limit: global[key], count: live.length },
				...REGIONS.map((name) => ({
					name: `${lifecycle} ${mozType} ${name}`,
					limit: regions[name as "us-east-1"][key],
					count: live.filter(({ region }) => region === name).length,
				})),
			];
		});
	});
}

/** Checks one run by itself. */
function checkRun(
	{ report, launched, fate }: EndedRun,
	world: SomeWorld,
	pending: Readonly<Record<string, number>>,
): void {
	expect(launched.length).toBeLessThanOrEqual(world.maxLaunches);
	for (const mozType of TYPES) {
		const own = launched.filter((one) => one.mozType === mozType);
		expect(own.length).toBeLessThanOrEqual(pending[mozType] ?? 0);
	}
	if (report === null) {
		expect(fate.killedAfter).not.toBeNull();
		return;
	}
	expectToAddUp(report, HEURISTICS.oldDivisor);
	if (report.lockedBy !== null) expect(launched).toEqual([]);
	const ids = new Set(launched.map(({ instanceId }) => instanceId));
	expect(report.launches.filter(({ instanceId }) => !ids.has(instanceId ?? ""))).toEqual([]);
	const possibly = report.pools.reduce((sum, { possiblyLaunched }) => sum + possiblyLaunched, 0);
	expect(ids.size - report.launches.length).toBeLessThanOrEqual(possibly);
}

it(`every limit, need, name, and count holds in ${numRuns} random worlds from seed ${seed}`, async () => {
	await fc.assert(
		fc.asyncProperty(someWorld, fc.scheduler(), async (some, scheduler) => {
			const world = new RandomWorld({ policy: policyOf(some), maxLaunches: some.maxLaunches }, scheduler);
			const { "us-east-1": spot } = some.spotLimits.regions;
			const { "us-east-1": onDemand } = some.onDemandLimits.regions;
			// In a region whose instances can't be read, no more run than its limits allow.
			world.add(Math.min(some.old.spot, spot.bld ?? 0), "spot", "us-east-1", "bld");
			world.add(Math.min(some.old["on-demand"], onDemand.bld ?? Infinity), "on-demand", "us-east-1", "bld");
			let namesAreKnown = true;
			for (const step of some.steps) {
				namesAreKnown &&= step.runs.every((run) => seesAll(run) && run.lockLostAfter === null);
				await takeStep(world, some, step);
				const names = world.live.flatMap(({ name }) => name ?? []);
				if (namesAreKnown) expect(new Set(names).size).toBe(names.length);
			}
		}),
		{ numRuns, seed },
	);
}, 0);

/** Whether a run sees all instances. */
const seesAll = ({ unread, seesInstances }: RunFate) => unread.length === 0 || seesInstances;

async function takeStep(
	world: RandomWorld,
	some: SomeWorld,
	{ pending, runs, seconds, deaths }: SomeStep,
): Promise<void> {
	for (const [builder, count] of Object.entries(pending)) world.queue.set(builder, count);
	const before = countUnderLimits(world, some);
	const fresh = world.live.filter(({ launchedAt }) => launchedAt > world.now - HEURISTICS.freshInstanceDelay + 61);
	const ended = await world.runAtOnce(runs);
	for (const [index, { name, limit = Infinity, count }] of countUnderLimits(world, some).entries()) {
		expect(count, name).toBeLessThanOrEqual(Math.max(limit, before[index]?.count ?? 0));
	}
	for (const run of ended) checkRun(run, some, pending);
	const [only] = runs;
	if (ended.length === 1 && only !== undefined && seesAll(only)) {
		for (const [mozType, count] of Object.entries(pending)) {
			const ofType = (one: { readonly mozType: string | null }) => one.mozType === mozType;
			const covered = fresh.filter((one) => ofType(one) && one.lifecycle === "spot").length;
			expect(ended[0]?.launched.filter(ofType).length).toBeLessThanOrEqual(Math.max(0, count - covered));
		}
	}
	world.pass(seconds, deaths);
}
