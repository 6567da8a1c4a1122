import { describe, expect, it } from "vitest";
import { didYouMean, editDistance, nearest } from "../../src/config/suggest.ts";

describe("the number of edits", () => {
	it.each([
		["", "", 0],
		["", "abc", 3],
		["ami", "ami", 0],
		["ami", "amis", 1],
		["ami", "api", 1],
		["pending", "ending", 1],
		["kitten", "sitting", 3],
		["bld", "tst", 3],
		["ab", "ba", 1],
		["bld", "bdl", 1],
		["heuristics", "hueristcis", 2],
		["xbld", "ybdl", 2],
		// A swap and a "b" between the two would be 2, but swapped characters stay neighbors.
		["ca", "abc", 3],
		["aba", "b", 2],
		["\u{1f527}a", "a\u{1f527}", 1],
	])("between %j and %j is %d, in both directions", (from, to, expected) => {
		expect(editDistance(from, to)).toBe(expected);
		expect(editDistance(to, from)).toBe(expected);
	});
});

describe("the nearest candidate", () => {
	it.each<[string, string, readonly string[], string | null]>([
		["is the word itself", "ami", ["amis", "ami"], "ami"],
		["is the one with the fewest edits", "regin", ["origin", "region"], "region"],
		["is the first of several that are equally near", "us-west-3", ["us-west-1", "us-west-2"], "us-west-1"],
		["differs in case only", "AMI", ["api", "ami"], "ami"],
		["has one edit for a word of three characters", "bdl", ["bld"], "bld"],
		["has no two edits for a word of five", "namse", ["mames"], null],
		["has no two edits for a word of three", "bld", ["bxx", "b"], null],
		["has two edits for a word of six", "region", ["regoins"], "regoins"],
		["has no three edits, however long the word is", "fresh_instance_delay", ["fresh_instance_de"], null],
		["has no edit at all for a word of two", "a1", ["a2"], null],
		["counts characters, not code units", "\u{1f527}b", ["\u{1f527}c"], null],
		["is none without candidates", "ami", [], null],
	])("%s: %j of %j is %j", (_what, word, candidates, expected) => {
		expect(nearest(word, candidates)).toBe(expected);
	});
});

it.each([
	["bdl", '; did you mean "bld"?'],
	["linux", ""],
])("the question after %j is %j", (word, expected) => {
	expect(didYouMean(word, ["bld", "tst"])).toBe(expected);
});
