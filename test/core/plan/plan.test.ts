import { expect, it } from "vitest";
import { poolKey } from "../../../src/core/demand/pool.ts";
import type { Instance } from "../../../src/core/model/facts.ts";
import { imageCap } from "../../../src/core/plan/caps.ts";
import { makePlan, type PlanInput } from "../../../src/core/plan/plan.ts";
import { RegionIndex } from "../../../src/core/plan/region-index.ts";
import { demand } from "../arbitraries.ts";
import { instances, NOW, planInput, policy, region, spotRule } from "../facts.ts";

const plan = (overrides: Partial<PlanInput> = {}) =>
	makePlan(planInput({ demand: [demand("bld", 10)], facts: [region("us-west-2")], ...overrides }));

const images = [1, 2].map((createdAt) => ({
	imageId: `ami-${createdAt}`,
	mozType: "bld",
	createdAt,
	devices: [],
	deprecated: false,
}));

it("marks a lifecycle as disabled if its global limit is 0", () => {
	const phases = (bld: number) =>
		plan({ policy: policy({ onDemandLimits: { global: { bld }, regions: {} } }) }).pools[0]?.phases.map(
			({ lifecycle, disabled }) => [lifecycle, disabled],
		);
	expect(phases(0)).toEqual([
		["spot", false],
		["on-demand", true],
	]);
	expect(phases(1)?.[1]).toEqual(["on-demand", false]);
});

it("does not count stopped instances against a limit", () => {
	const facts = [region("us-west-2", { instances: instances(3, { state: "stopped" }) })];
	expect(plan({ facts }).caps["spot/us-west-2/bld"]?.headroom).toBe(100);
});

it("orders a zone's subnets by free addresses, ties by ID", () => {
	const index = new RegionIndex(
		region("us-west-2", {
			subnets: [
				["subnet-c", 5],
				["subnet-a", 5],
				["subnet-b", 9],
			].map(([subnetId, freeAddresses]) => ({
				subnetId: String(subnetId),
				availabilityZone: "us-west-2a",
				freeAddresses: Number(freeAddresses),
			})),
		}),
	);
	const ids = index.subnets(["subnet-a", "subnet-b", "subnet-c", "subnet-d"]).map(({ subnetId }) => subnetId);
	expect(ids).toEqual(["subnet-b", "subnet-a", "subnet-c"]);
});

it("takes the highest of several spot prices", () => {
	const [price] = region("us-west-2").spotPrices;
	if (price === undefined) throw new Error("no price");
	const spotPrices = [0.05, 0.07, 0.06].map((amount) => ({ ...price, price: amount }));
	const index = new RegionIndex(region("us-west-2", { spotPrices }));
	expect(index.spotPrice(spotRule(), price.availabilityZone)).toBe(0.07);
});

it("reduces the first phase by all instances with scope pool", () => {
	const onDemand = instances(10, { lifecycle: "on-demand" });
	const needs = (["pool", "lifecycle"] as const).map((scope) => {
		const { heuristics } = policy();
		const custom = policy({ heuristics: { ...heuristics, scope } });
		return plan({ policy: custom, facts: [region("us-west-2", { instances: onDemand })] }).pools[0]?.reduction.need;
	});
	expect(needs).toEqual([9, 10]);
});

it("splits images by the instances whose region's newest image is known", () => {
	const shares = (machines: readonly Instance[]) => {
		const east = { ...region("us-east-1"), instances: machines };
		const facts = [region("us-west-2", { images, instances: instances(4, { imageId: "ami-2" }) })];
		const unread = [{ region: "us-east-1", role: null, machines: east }];
		const { caps } = plan({ facts, unread, latestAmiPercentage: 50 });
		const key = poolKey({ mozType: "bld", slaveset: null });
		return (["newest", "previous"] as const).map((image) => caps[imageCap(key, image)]?.headroom);
	};
	const old = instances(6, { region: "us-east-1", availabilityZone: "us-east-1a", launchedAt: NOW - 9_000 });
	expect(shares([])).toEqual([3, 7]);
	// One of them becomes free.
	expect(shares(old)).toEqual([3, 6]);
});

it("uses only the newest image if all new instances start from it", () => {
	const imagesAt = (latestAmiPercentage: number) => {
		const [pool] = plan({ facts: [region("us-west-2", { images })], latestAmiPercentage }).pools;
		const placements = pool?.phases.flatMap(({ shares }) => shares.flatMap((share) => share.placements)) ?? [];
		return [...new Set(placements.map(({ imageId }) => imageId))];
	};
	expect(imagesAt(100)).toEqual(["ami-2"]);
	expect(imagesAt(99)).toEqual(["ami-2", "ami-1"]);
});

it("counts the running instances on the newest image toward its share", () => {
	const running = [...instances(3, { imageId: "ami-1" }), ...instances(1, { imageId: "ami-2" })];
	const { caps } = plan({ facts: [region("us-west-2", { images, instances: running })], latestAmiPercentage: 50 });
	// Of 14 instances, 7 should have the newest image, and 1 has it.
	expect(["newest", "previous"].map((image) => caps[`image/${image}/["bld",null]`]?.headroom)).toEqual([6, 4]);
});

it("names each region that could be read once, in order, and the spread of the types in demand alone", () => {
	const facts = [region("us-west-2", { role: "arn:other" }), region("us-west-2"), region("us-east-1")];
	const spread = { pools: 2, premium: 0.1 };
	const some = plan({ facts, policy: policy({ spotSpread: { bld: spread, tst: spread } }) });
	expect(some.regions).toEqual(["us-east-1", "us-west-2"]);
	expect(some.spread).toEqual({ bld: spread });
});

it("rejects demand for a type that is not configured, which is a bug", () => {
	expect(() => plan({ demand: [demand("gone", 1)] })).toThrow(new RangeError("the configuration has no type gone"));
});
