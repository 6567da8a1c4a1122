import { describe, expect, it } from "vitest";
import { byPriority, isRegion, shareByWeight } from "../../../src/core/plan/regions.ts";

it.each([
	["us-east-1", true],
	["ap-southeast-2", true],
	["us-gov-west-1", true],
	["us-east-12", true],
	["us-east-1a", false],
	["a us-east-1", false],
	["us-1", false],
	["u-east-1", false],
	["us-east", false],
	["us-e4st-1", false],
	["US-EAST-1", false],
	["", false],
])("%j has the form of a region's name: %s", (text, expected) => {
	expect(isRegion(text)).toBe(expected);
});

it("regions with a higher priority come first, equal ones by name, and those without one last", () => {
	const priorities = { "us-west-2": 1, "eu-west-1": 3, "us-east-1": 1 };
	const sorted = byPriority(["sa-east-1", "us-west-2", "ca-west-1", "us-east-1", "eu-west-1"], priorities);
	expect(sorted).toEqual(["eu-west-1", "us-east-1", "us-west-2", "ca-west-1", "sa-east-1"]);
});

describe("a count", () => {
	it.each([
		[10, [5, 4], [6, 4]],
		[10, [1, 1], [5, 5]],
		[7, [0, 1, 0], [0, 7, 0]],
		[3, [1, 1, 1, 1], [3, 0, 0, 0]],
		[0, [2, 3], [0, 0]],
		[4, [0, 0], [4, 0]],
		[4, [], []],
	])("of %i with the weights %j is split into %j", (count, weights, shares) => {
		const parts = weights.map((weight) => ({ weight }));
		expect(shareByWeight(count, parts)).toEqual(parts.map((part, index) => ({ part, share: shares[index] })));
	});
});
