/** Facts and policies for tests: a small believable world, every part of which a test may override. */

import type { Instance, RegionFacts } from "../../src/core/model/facts.ts";
import type { Heuristics, Policy, Region, SpotRule, TypeConfig } from "../../src/core/model/policy.ts";
import type { Placement } from "../../src/core/plan/placements.ts";
import type { PlanInput } from "../../src/core/plan/plan.ts";

export const NOW = 1_800_000_000;

export const HEURISTICS: Heuristics = {
	freshInstanceDelay: 1200,
	freshInstanceDelayJacuzzi: 1200,
	oldDivisor: 10,
	scope: "lifecycle",
};

let instanceNumber = 0;

export function instance(overrides: Partial<Instance> = {}): Instance {
	instanceNumber += 1;
	return {
		instanceId: `i-${String(instanceNumber).padStart(17, "0")}`,
		region: "us-west-2",
		role: null,
		availabilityZone: "us-west-2a",
		state: "running",
		mozType: "bld",
		name: null,
		ours: true,
		lifecycle: "spot",
		launchedAt: NOW - 7200,
		instanceType: "c6i.xlarge",
		imageId: "ami-1",
		virtualizationType: "hvm",
		rootDeviceType: "ebs",
		loaned: false,
		mozState: "ready",
		...overrides,
	};
}

export function instances(count: number, overrides: Partial<Instance> = {}): Instance[] {
	return Array.from({ length: count }, () => instance(overrides));
}

/** A region with zones `a` and `b`, one subnet of 250 free addresses in each, and a price in each. */
export function region(name: Region, overrides: Partial<RegionFacts> = {}): RegionFacts {
	const zones = [`${name}a`, `${name}b`];
	return {
		region: name,
		role: null,
		instances: [],
		terminated: [],
		subnets: zones.map((zone) => ({ subnetId: `subnet-${zone}`, availabilityZone: zone, freeAddresses: 250 })),
		images: [],
		spotPrices: zones.map((zone) => ({
			availabilityZone: zone,
			instanceType: "c6i.xlarge",
			productDescription: "Linux/UNIX",
			price: 0.05,
		})),
		spotRequests: [],
		templates: [],
		...overrides,
	};
}

export function spotRule(overrides: Partial<SpotRule> = {}): SpotRule {
	return {
		instanceType: "c6i.xlarge",
		performanceConstant: 1,
		bidPrice: 0.2,
		ignoredAzs: [],
		productDescription: "Linux/UNIX",
		...overrides,
	};
}

export function typeConfig(mozType: string, regions: readonly Region[], hostname: string | null = null): TypeConfig {
	return {
		mozType,
		hostname,
		names: null,
		userData: null,
		regions: Object.fromEntries(
			regions.map((name) => [
				name,
				{
					domain: null,
					ami: "ami-configured",
					subnetIds: [`subnet-${name}a`, `subnet-${name}b`],
					securityGroupIds: ["sg-1"],
					instanceType: "c6i.xlarge",
					sshKey: null,
					usePublicIp: false,
					instanceProfileName: null,
					deviceMap: [],
					tags: {},
					puppetServer: "",
					launchTemplate: null,
				},
			]),
		),
	};
}

/** Types `bld` and `tst` in us-east-1 and us-west-2, with room enough everywhere. */
export function policy(overrides: Partial<Policy> = {}): Policy {
	const regions = ["us-east-1", "us-west-2"];
	const types = ["bld", "tst"];
	const everyType = (limit: number) => Object.fromEntries(types.map((type) => [type, limit]));
	return {
		typeTag: "moz-type",
		roles: { regions: {}, types: {} },
		jacuzzi: null,
		pending: { minAge: null, maxAge: null },
		certs: null,
		graphite: null,
		builderMap: [],
		regionPriorities: { "us-east-1": 5, "us-west-2": 4 },
		spotRules: Object.fromEntries(types.map((type) => [type, [spotRule()]])),
		spotLimits: { global: {}, regions: Object.fromEntries(regions.map((name) => [name, everyType(100)])) },
		spotSpread: {},
		onDemandLimits: { global: everyType(100), regions: {} },
		onDemandPrices: {},
		maxHourlyCosts: {},
		heuristics: HEURISTICS,
		types: Object.fromEntries(types.map((type) => [type, typeConfig(type, regions)])),
		...overrides,
	};
}

/** What a plan is made from, without facts and demand. */
export function planInput(overrides: Partial<PlanInput> = {}): PlanInput {
	return {
		demand: [],
		policy: policy(),
		facts: [],
		unread: [],
		allocated: new Set(),
		connected: new Set(),
		latestAmiPercentage: 100,
		maxLaunches: 200,
		maxHourlyCost: null,
		now: NOW,
		...overrides,
	};
}

/** A spot attempt in the first zone of us-west-2. */
export function placement(overrides: Partial<Placement> = {}): Placement {
	return {
		lifecycle: "spot",
		region: "us-west-2",
		role: null,
		availabilityZone: "us-west-2a",
		subnetId: "subnet-us-west-2a",
		instanceType: "c6i.xlarge",
		imageId: "ami-0123456789abcdef0",
		devices: [],
		maxPrice: 0.2,
		spotPrice: 0.07,
		onDemandPrice: null,
		caps: [],
		...overrides,
	};
}
