import { expect, it } from "vitest";
import { RegionIndex } from "../../../src/core/plan/region-index.ts";
import { spotPools } from "../../../src/core/plan/spot-pools.ts";
import { instance, instances, NOW, policy, region, spotRule } from "../facts.ts";

const pools = (overrides: Partial<Parameters<typeof spotPools>[0]> = {}) =>
	spotPools({ policy: policy(), mozTypes: ["bld"], instances: [], accounts: [], now: NOW, ...overrides });

it("a type's spot pools are those that its rules, limits, and subnets allow in its accounts, in a fixed order", () => {
	const facts = [region("us-west-2"), region("us-east-1"), region("us-west-2", { role: "arn:other" })];
	const some = policy({
		spotLimits: { global: {}, regions: { "us-west-2": { bld: 5 }, "us-east-1": { tst: 5 } } },
		spotRules: {
			bld: [spotRule({ instanceType: "m6i.xlarge" }), spotRule({ ignoredAzs: ["us-west-2b"] })],
			tst: [spotRule()],
		},
	});
	const found = pools({ policy: some, accounts: facts.map((one) => new RegionIndex(one)) });
	expect(found.map(({ instanceType, availabilityZone, role }) => [instanceType, availabilityZone, role])).toEqual([
		["c6i.xlarge", "us-west-2a", null],
		["m6i.xlarge", "us-west-2a", null],
		["m6i.xlarge", "us-west-2b", null],
	]);
});

it("a type that is not configured has no spot pools but those of its machines", () => {
	const accounts = [new RegionIndex(region("us-west-2"))];
	const found = pools({ policy: policy({ types: {} }), accounts, instances: [instance()] });
	expect(found.map(({ availabilityZone, live }) => [availabilityZone, live])).toEqual([["us-west-2a", 1]]);
});

it("a spot pool has the prices and reclaims of its own account, and the best performance that a rule for it gives", () => {
	const reclaimed = (count: number) =>
		Array.from({ length: count }, () => ({
			...{ availabilityZone: "us-west-2a", instanceType: "c6i.xlarge", createdAt: NOW - 60, statusAt: NOW - 5 },
			statusCode: "instance-terminated-no-capacity",
		}));
	const other = region("us-west-2", {
		role: "arn:other",
		spotPrices: region("us-west-2").spotPrices.map((price) => ({ ...price, price: 0.11 })),
		spotRequests: reclaimed(3),
	});
	const facts = [region("us-east-1"), other, region("us-west-2", { spotRequests: reclaimed(1) })];
	const rules = [9, 1, 3, 2].map((performanceConstant) =>
		spotRule({ performanceConstant, instanceType: performanceConstant === 9 ? "m6i.xlarge" : "c6i.xlarge" }),
	);
	const found = pools({
		policy: policy({ spotRules: { bld: rules } }),
		accounts: facts.map((one) => new RegionIndex(one)),
		instances: [...instances(2), instance({ lifecycle: "on-demand" }), instance({ state: "stopped" })],
	});
	const place = { mozType: "bld", region: "us-west-2", availabilityZone: "us-west-2a", instanceType: "c6i.xlarge" };
	expect(found).toContainEqual({
		...place,
		...{ role: null, live: 2, reclaimed: 1, spotPrice: 0.05, performanceConstant: 3 },
	});
	const inOther = pools({
		policy: policy({ spotRules: { bld: rules } }),
		accounts: facts.map((one) => new RegionIndex(one)),
		instances: [instance({ role: "arn:other" })],
	});
	expect(inOther).toContainEqual({
		...place,
		...{ role: "arn:other", live: 1, reclaimed: 3, spotPrice: 0.11, performanceConstant: 3 },
	});
});

it("a spot pool in an account that is not known has its machines, and neither a price nor reclaims", () => {
	const machine = instance({ region: "eu-west-1", availabilityZone: "eu-west-1a" });
	expect(pools({ instances: [machine] })).toEqual([
		{
			...{
				mozType: "bld",
				region: "eu-west-1",
				role: null,
				availabilityZone: "eu-west-1a",
				instanceType: "c6i.xlarge",
			},
			...{ live: 1, reclaimed: 0, spotPrice: null, performanceConstant: 1 },
		},
	]);
});
