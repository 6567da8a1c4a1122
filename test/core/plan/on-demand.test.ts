import { describe, expect, it } from "vitest";
import { Brake } from "../../../src/core/plan/brake.ts";
import { planOnDemand } from "../../../src/core/plan/on-demand.ts";
import { type PhaseInput, regionsFor } from "../../../src/core/plan/placements.ts";
import { RegionIndex } from "../../../src/core/plan/region-index.ts";
import { planSpot } from "../../../src/core/plan/spot.ts";
import { NOW, policy, region, typeConfig } from "../facts.ts";

const REGIONS = ["us-east-1", "us-west-2", "eu-west-1"];
const TYPE = typeConfig("bld", REGIONS);

function input(overrides: Partial<PhaseInput> = {}): PhaseInput {
	const accounts = REGIONS.map((name) => new RegionIndex(region(name)));
	return {
		policy: policy(),
		type: TYPE,
		regions: regionsFor({ pool: { mozType: "bld", slaveset: null }, type: TYPE, accounts, latestAmiPercentage: 100 }),
		skipped: [],
		poolCaps: ["name/x"],
		brake: new Brake([]),
		maxHourlyCost: null,
		now: NOW,
		...overrides,
	};
}

describe("the on-demand phase", () => {
	it("has a share for each region, by priority; one without a priority comes last and has no weight", () => {
		const { shares, disabled, skipped, spread } = planOnDemand(input());
		expect(shares.map(({ weight, placements }) => [placements[0]?.region, weight])).toEqual([
			["us-east-1", 5],
			["us-west-2", 4],
			["eu-west-1", 0],
		]);
		expect([disabled, skipped, spread]).toEqual([false, [], []]);
	});

	it("counts each placement against the tick, the limits, its pool, and its subnet", () => {
		const onDemandLimits = { global: { bld: 9 }, regions: { "us-west-2": { bld: 3 } } };
		const { shares } = planOnDemand(
			input({ policy: policy({ onDemandLimits, onDemandPrices: { "c6i.xlarge": 0.17 } }), maxHourlyCost: 2 }),
		);
		const [east, west] = shares.map(({ placements }) => placements[0]);
		expect(west).toEqual({
			lifecycle: "on-demand",
			region: "us-west-2",
			role: null,
			availabilityZone: "us-west-2a",
			subnetId: "subnet-us-west-2a",
			instanceType: "c6i.xlarge",
			imageId: "ami-configured",
			devices: [],
			maxPrice: null,
			spotPrice: null,
			onDemandPrice: 0.17,
			caps: [
				"tick",
				"on-demand/global/bld",
				"name/x",
				"on-demand/us-west-2/bld",
				"subnet/subnet-us-west-2a",
				"cost@170000",
			],
		});
		expect(east?.caps).not.toContain("on-demand/us-east-1/bld");
	});

	it("skips machines without a price under a cost ceiling, once for each region", () => {
		const { shares, skipped } = planOnDemand(input({ maxHourlyCost: 2 }));
		expect(shares).toEqual([]);
		expect(skipped).toEqual(
			REGIONS.map(() => ({
				code: "cap-cost",
				message: "on_demand_price has no price of c6i.xlarge, so it is not launched on demand under a cost ceiling",
			})),
		);
	});

	it("is disabled without a global limit", () => {
		const onDemandLimits = { global: {}, regions: { "us-west-2": { bld: 3 } } };
		expect(
			planOnDemand(input({ policy: policy({ onDemandLimits }), skipped: [{ code: "error", message: "m" }] })),
		).toEqual({
			lifecycle: "on-demand",
			disabled: true,
			shares: [],
			spread: [],
			skipped: [{ code: "no-rules", message: "no global on-demand limit is set for bld, so on-demand is not used" }],
		});
	});

	it("has no placement in a region that the type is not configured in", () => {
		const { shares } = planOnDemand(
			input({
				type: typeConfig("bld", ["us-west-2"]),
				maxHourlyCost: 2,
				policy: policy({ onDemandPrices: { "c6i.xlarge": 1 } }),
			}),
		);
		expect(shares.map(({ placements }) => placements.map(({ availabilityZone }) => availabilityZone))).toEqual([
			[],
			["us-west-2a", "us-west-2b"],
			[],
		]);
	});
});

describe("the spot phase", () => {
	it("counts each placement against the tick, the limits, its pool, and its subnet", () => {
		const spotLimits = { global: { bld: 9 }, regions: { "us-west-2": { bld: 3 } } };
		const { shares, skipped } = planSpot(input({ policy: policy({ spotLimits }), maxHourlyCost: 2 }));
		expect(shares[0]?.placements[0]).toEqual({
			lifecycle: "spot",
			region: "us-west-2",
			role: null,
			availabilityZone: "us-west-2a",
			subnetId: "subnet-us-west-2a",
			instanceType: "c6i.xlarge",
			imageId: "ami-configured",
			devices: [],
			maxPrice: 0.2,
			spotPrice: 0.05,
			onDemandPrice: null,
			caps: ["tick", "spot/global/bld", "name/x", "spot/us-west-2/bld", "subnet/subnet-us-west-2a", "cost@50000"],
		});
		expect(skipped).toEqual(
			["us-east-1", "eu-west-1"].map((name) => ({
				code: "cap-region",
				message: `no spot limit is set for bld in ${name}, so spot is not used there`,
			})),
		);
	});

	it("lists what is skipped in every phase first, then what is too expensive, then regions without a limit", () => {
		const prices = [0.19, 0.05];
		const spotPrices = region("us-west-2").spotPrices.map((one, index) => ({ ...one, price: prices[index] ?? 0 }));
		const accounts = ["us-west-2", "eu-west-1"].map((name) => new RegionIndex(region(name, { spotPrices })));
		const pool = { mozType: "bld", slaveset: null };
		const regions = regionsFor({ pool, type: TYPE, accounts, latestAmiPercentage: 100 });
		const { shares, skipped } = planSpot(input({ regions, skipped: [{ code: "error", message: "m" }] }));
		expect(shares[0]?.placements.map(({ availabilityZone }) => availabilityZone)).toEqual(["us-west-2b"]);
		expect(skipped).toEqual([
			{ code: "error", message: "m" },
			{ code: "no-price", message: "c6i.xlarge in us-west-2a costs $0.19, above 0.8 × the bid of $0.2" },
			{ code: "cap-region", message: "no spot limit is set for bld in eu-west-1, so spot is not used there" },
		]);
	});

	it("has no placements for a type without rules, and lists what is skipped in every phase first", () => {
		const skipped = [{ code: "error", message: "m" }] as const;
		const some = planSpot(input({ policy: policy({ spotRules: {} }), skipped }));
		expect([some.shares, some.disabled, some.skipped[0]]).toEqual([[{ weight: 1, placements: [] }], false, skipped[0]]);
	});
});
