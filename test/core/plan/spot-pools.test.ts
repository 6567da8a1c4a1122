import { expect, it } from "vitest";
import { spotPools } from "../../../src/core/plan/spot-pools.ts";
import { instance, NOW, policy } from "../facts.ts";

it("a spot pool in an account that is not known has its machines, and neither a price nor reclaims", () => {
	const machine = instance({ region: "eu-west-1", availabilityZone: "eu-west-1a" });
	expect(spotPools({ policy: policy(), mozTypes: ["bld"], instances: [machine], accounts: [], now: NOW })).toEqual([
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
