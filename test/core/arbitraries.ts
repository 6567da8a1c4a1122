/** Plans and EC2's answers, particular and arbitrary. */
import fc from "fast-check";
import type { Demand } from "../../src/core/demand/demand.ts";
import { LaunchRun } from "../../src/core/launch/launch-run.ts";
import type { Outcome } from "../../src/core/launch/outcome.ts";
import type { LaunchRequest, RefusalKind } from "../../src/core/launch/refusal.ts";
import type { Instance } from "../../src/core/model/facts.ts";
import type { Policy } from "../../src/core/model/policy.ts";
import type { Plan, PlanInput } from "../../src/core/plan/plan.ts";
import { HEURISTICS, instance, NOW, policy, region, spotRule, typeConfig } from "./facts.ts";

export const demand = (mozType: string, pending: number, oldestSubmittedAt = NOW - 60): Demand => ({
	pool: { mozType, slaveset: null },
	pending,
	oldestSubmittedAt,
});

const machine = { name: null, virtualizationType: "hvm", rootDeviceType: "ebs" };
export const given = (request: LaunchRequest, count = request.count): Outcome => ({
	launched: Array.from({ length: count }, (_, index) => ({ ...machine, instanceId: `i-${index}` })),
	refusal: null,
	namingFailures: [],
});
export const refused = (kind: RefusalKind): Outcome => ({
	launched: [],
	refusal: { kind, code: kind, message: `refused: ${kind}`, suggestedZones: [] },
	namingFailures: [],
});

export const regionNames = ["us-east-1", "us-west-2"];
export const typeNames = ["bld", "tst", "try"];
const limit = fc.option(fc.nat(20), { nil: undefined });
const limitsByType = fc
	.record({ bld: limit, tst: limit, try: limit })
	.map((record) =>
		Object.fromEntries(Object.entries(record).flatMap(([key, n]) => (n === undefined ? [] : [[key, n]]))),
	);
/** USD per hour; the machines of these tests cost 0.05 to 0.2. */
const someCeiling = fc.integer({ min: 0, max: 600 }).map((cents) => cents / 100);
const someSpread = fc.record({ pools: fc.integer({ min: 2, max: 4 }), premium: fc.constantFrom(0, 0.1, 1) });
const limits = fc.record({
	global: limitsByType,
	regions: fc.record({ "us-east-1": limitsByType, "us-west-2": limitsByType }),
});
const someInstance: fc.Arbitrary<Instance> = fc
	.record({
		region: fc.constantFrom(...regionNames),
		mozType: fc.constantFrom(...typeNames, null),
		lifecycle: fc.constantFrom("spot" as const, "on-demand" as const),
		state: fc.constantFrom("pending", "running", "stopped"),
		launchedAt: fc.integer({ min: NOW - 3000, max: NOW }),
		name: fc.option(fc.integer({ min: 1, max: 9 }).map((n) => `bld-${n}`)),
		loaned: fc.boolean(),
	})
	.map((overrides) => instance(overrides));
export const someInput: fc.Arbitrary<PlanInput> = fc
	.record({
		counts: fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 3, maxLength: 3 }),
		ages: fc.array(fc.nat(1000), { minLength: 3, maxLength: 3 }),
		spotLimits: limits,
		onDemandLimits: limits,
		scope: fc.constantFrom("lifecycle" as const, "pool" as const),
		instances: fc.array(someInstance, { maxLength: 40 }),
		free: fc.array(fc.nat(15), { minLength: 4, maxLength: 4 }),
		read: fc.constantFrom("all", "only instances", "nothing"),
		spotSpread: fc.record({ bld: someSpread, tst: someSpread }, { requiredKeys: [] }),
		maxLaunches: fc.nat(60),
		maxHourlyCost: fc.option(someCeiling),
		maxHourlyCosts: fc.record({ bld: someCeiling, tst: someCeiling }, { requiredKeys: [] }),
		onDemandPrices: fc.record({ "c6i.xlarge": fc.constantFrom(0.17, 0.07) }, { requiredKeys: [] }),
		allocated: fc.subarray(["bld-01", "bld-02", "bld-5"]).map((names) => new Set(names)),
		connected: fc.subarray(["bld-01", "bld-03", "w-2"]).map((names) => new Set(names)),
		slavesets: fc.uniqueArray(fc.subarray(["bld-01", "bld-1", "w-1", "w-2", "w-3"]), {
			maxLength: 2,
			selector: String,
		}),
		latestAmiPercentage: fc.nat(100),
	})
	.map((some) => {
		const custom: Policy = policy({
			spotRules: { bld: [spotRule(), spotRule({ instanceType: "m6i.xlarge" })], tst: [spotRule()] },
			spotLimits: some.spotLimits,
			spotSpread: some.spotSpread,
			onDemandLimits: some.onDemandLimits,
			onDemandPrices: some.onDemandPrices,
			maxHourlyCosts: some.maxHourlyCosts,
			heuristics: { ...HEURISTICS, scope: some.scope },
			types: Object.fromEntries(
				typeNames.map((type) => [type, typeConfig(type, regionNames, type === "bld" ? "bld-%02d" : null)]),
			),
		});
		const facts = regionNames.map((name, index) =>
			region(name, {
				instances: some.instances.filter((one) => one.region === name),
				subnets: ["a", "b"].map((zone, offset) => ({
					subnetId: `subnet-${name}${zone}`,
					availabilityZone: `${name}${zone}`,
					freeAddresses: some.free[index * 2 + offset] ?? 0,
				})),
				images: [1, 2].map((age) => ({
					imageId: `ami-${name}-${age}`,
					mozType: "bld",
					createdAt: NOW - age,
					deprecated: false,
					devices: [],
				})),
			}),
		);
		return {
			demand: [
				...some.slavesets.map((slaveset, index) => ({
					...demand("bld", some.counts[index] ?? 1),
					pool: { mozType: "bld", slaveset },
				})),
				...typeNames.map((type, index) => demand(type, some.counts[index] ?? 1, NOW - (some.ages[index] ?? 0))),
			],
			policy: custom,
			facts: some.read === "all" ? facts : facts.slice(1),
			unread: (some.read === "all" ? [] : facts.slice(0, 1)).map((first) => ({
				...{ region: first.region, role: first.role },
				machines: some.read === "nothing" ? null : first,
			})),
			allocated: some.allocated,
			connected: some.connected,
			latestAmiPercentage: some.latestAmiPercentage,
			maxLaunches: some.maxLaunches,
			maxHourlyCost: some.maxHourlyCost,
			now: NOW,
		};
	});
const kinds: readonly RefusalKind[] = [
	"no-capacity",
	"no-price",
	"limit",
	"no-address",
	"rejected",
	"unknown",
	"stop-all",
	"timeout",
	"lock-lost",
];
/** What EC2 answers to the orders one after another, and which of those under way answers first. */
export const someAnswers = fc.array(
	fc.record({ share: fc.double({ min: 0, max: 1, noNaN: true }), kind: fc.constantFrom(...kinds), pick: fc.nat(9) }),
	{ minLength: 1, maxLength: 20 },
);

/** Launches a plan with arbitrary answers that arrive in an arbitrary order. */
export function launchArbitrarily(plan_: Plan, answers: readonly { share: number; kind: RefusalKind; pick: number }[]) {
	const launchRun = new LaunchRun(plan_);
	const requests = [...launchRun.start()];
	const inFlight = [...requests];
	for (let step = 0; inFlight.length > 0; step += 1) {
		const answer = answers[step % answers.length];
		const [request] = inFlight.splice((answer?.pick ?? 0) % inFlight.length, 1);
		if (request === undefined || answer === undefined) break;
		const launched = Math.round(request.count * answer.share);
		const outcome = {
			...given(request, launched),
			refusal: launched < request.count ? refused(answer.kind).refusal : null,
		};
		const next = launchRun.settle(request, outcome);
		requests.push(...next);
		inFlight.push(...next);
	}
	return { ...launchRun.result(), requests };
}
