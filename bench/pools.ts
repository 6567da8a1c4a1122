/** Planning and launching many pools at once, without EC2. */
import { LaunchRun } from "../src/core/launch/launch-run.ts";
import type { Outcome } from "../src/core/launch/outcome.ts";
import type { LaunchRequest } from "../src/core/launch/refusal.ts";
import { makePlan, type PlanInput } from "../src/core/plan/plan.ts";
import { instance, NOW, planInput, policy, region, spotRule, typeConfig } from "../test/core/facts.ts";

const REGIONS = ["us-east-1", "us-west-2"];

/** Outcomes of requests: EC2 has no capacity, or launches one instance for each. */
export const noCapacity = (): Outcome => ({
	launched: [],
	refusal: { kind: "no-capacity", code: "InsufficientInstanceCapacity", message: "none", suggestedZones: [] },
	namingFailures: [],
});
export const oneEach = ({ names }: LaunchRequest): Outcome => ({
	launched: [{ instanceId: "i-1", name: names?.[0] ?? null, virtualizationType: "hvm", rootDeviceType: "ebs" }],
	refusal: null,
	namingFailures: [],
});

/** Plans and launches; each request gets this outcome. */
export function launchAll(input: PlanInput, outcomeOf: (request: LaunchRequest) => Outcome): void {
	const launchRun = new LaunchRun(makePlan(input));
	const requests = [...launchRun.start()];
	for (const request of requests) requests.push(...launchRun.settle(request, outcomeOf(request)));
	launchRun.result();
}

/**
 * Pools with one pending request each: half of them one per type, half slavesets of one type.
 * @param ceilings whether the hourly cost is limited, in total and for each type
 */
export function manyPools(pools: number, ceilings = false): PlanInput {
	const types = Array.from({ length: pools / 2 }, (_, index) => `type-${index}`);
	const each = <T>(value: T) => Object.fromEntries(types.map((type) => [type, value]));
	const demand = types.flatMap((mozType, index) => [
		{ pool: { mozType, slaveset: null }, pending: 1, oldestSubmittedAt: NOW - index },
		{
			pool: { mozType: "type-0", slaveset: [`worker-${index}`] },
			pending: 1,
			oldestSubmittedAt: NOW - index,
		},
	]);
	const facts = REGIONS.map((name) =>
		region(name, {
			subnets: ["a", "b"].map((zone) => ({
				subnetId: `subnet-${name}${zone}`,
				availabilityZone: `${name}${zone}`,
				freeAddresses: pools,
			})),
			instances: types.map((mozType, index) =>
				instance({ region: name, mozType, name: `${name}-${index}`, loaned: true }),
			),
		}),
	);
	return planInput({
		demand,
		facts,
		maxLaunches: pools,
		maxHourlyCost: ceilings ? 1_000_000 : null,
		policy: policy({
			maxHourlyCosts: ceilings ? each(1_000) : {},
			spotRules: each([spotRule()]),
			spotLimits: { global: {}, regions: Object.fromEntries(REGIONS.map((name) => [name, each(2 * pools)])) },
			onDemandLimits: { global: each(2 * pools), regions: {} },
			types: Object.fromEntries(types.map((type) => [type, typeConfig(type, REGIONS, "host-%d")])),
		}),
	});
}
