import { describe, expect, it } from "vitest";
import type { RegionFacts } from "../../../src/core/model/facts.ts";
import type { SpotRule } from "../../../src/core/model/policy.ts";
import { RegionIndex } from "../../../src/core/plan/region-index.ts";
import { chooseSpot } from "../../../src/core/plan/spot.ts";
import { NOW, region, spotRule } from "../facts.ts";

const ZONES = ["us-west-2a", "us-west-2b"];
const choose = (rules: readonly SpotRule[], overrides: Partial<RegionFacts> = {}) => {
	const { choices, rejections } = chooseSpot({
		rules,
		regions: [{ index: new RegionIndex(region("us-west-2", overrides)), zones: ZONES }],
		now: NOW,
	});
	return {
		choices: choices.map(({ rule, availabilityZone }) => `${rule.instanceType} ${availabilityZone}`),
		rejections: rejections.map(({ availabilityZone, code }) => `${code} ${availabilityZone}`),
	};
};
const price = (availabilityZone: string, amount: number, instanceType = "c6i.xlarge") => ({
	availabilityZone,
	instanceType,
	productDescription: "Linux/UNIX",
	price: amount,
});
const requests = (statusCode: string, count: number, createdAt = NOW - 60) =>
	Array.from({ length: count }, () => ({
		availabilityZone: "us-west-2a",
		instanceType: "c6i.xlarge",
		createdAt,
		statusCode,
		statusAt: createdAt,
	}));

describe("spot choices", () => {
	it("are ordered by price over performance, ties by name", () => {
		const rules = [spotRule(), spotRule({ instanceType: "m6i.xlarge", performanceConstant: 2 })];
		const spotPrices = [
			price("us-west-2a", 0.06),
			price("us-west-2b", 0.05),
			price("us-west-2a", 0.08, "m6i.xlarge"),
			price("us-west-2b", 0.1, "m6i.xlarge"),
		];
		expect(choose(rules, { spotPrices }).choices).toEqual([
			"m6i.xlarge us-west-2a",
			"c6i.xlarge us-west-2b",
			"m6i.xlarge us-west-2b",
			"c6i.xlarge us-west-2a",
		]);
	});

	it("skip prices above 0.8 × the bid, and accept exactly that", () => {
		const spotPrices = [price("us-west-2a", 0.2), price("us-west-2b", 0.2001)];
		expect(choose([spotRule({ bidPrice: 0.25 })], { spotPrices })).toEqual({
			choices: ["c6i.xlarge us-west-2a"],
			rejections: ["no-price us-west-2b"],
		});
	});

	it("use the price of the rule's product", () => {
		const spotPrices = [price("us-west-2a", 0.05), { ...price("us-west-2a", 0.19), productDescription: "Windows" }];
		const windows = spotRule({ productDescription: "Windows", ignoredAzs: ["us-west-2b"] });
		expect(choose([windows], { spotPrices }).rejections).toEqual(["no-price us-west-2a"]);
		expect(choose([spotRule({ ignoredAzs: ["us-west-2b"] })], { spotPrices }).rejections).toEqual([]);
	});

	it("rank unknown prices last", () => {
		const spotPrices = [price("us-west-2b", 0.1)];
		expect(choose([spotRule()], { spotPrices }).choices).toEqual(["c6i.xlarge us-west-2b", "c6i.xlarge us-west-2a"]);
	});

	it("skip the rule's ignored zones", () => {
		const rules = [spotRule({ ignoredAzs: ["us-west-2a"] })];
		expect(choose(rules)).toEqual({ choices: ["c6i.xlarge us-west-2b"], rejections: [] });
	});

	it.each([
		[
			"a tenth of bad requests speaks against no zone",
			[...requests("price-too-low", 1), ...requests("fulfilled", 9)],
			false,
		],
		["more than a tenth does", [...requests("price-too-low", 1), ...requests("fulfilled", 8)], true],
		["one that is a quarter of an hour old does not", requests("capacity-not-available", 5, NOW - 900), false],
		["one that is nearly that old does", requests("capacity-not-available", 1, NOW - 899), true],
	])("%s", (_what, spotRequests, leftOut) => {
		expect(choose([spotRule()], { spotRequests }).rejections).toEqual(leftOut ? ["no-capacity us-west-2a"] : []);
	});
});
