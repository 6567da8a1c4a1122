import { describe, expect, it } from "vitest";
import { timeLimit } from "../../src/adapters/time-limit.ts";
import type { BuilderPattern } from "../../src/core/model/policy.ts";
import { mapBuilders } from "../../src/tick/map-builders.ts";

const pattern = (regex: RegExp, mozType: string, line = 1): BuilderPattern => ({
	source: regex.source,
	line,
	regex,
	mozType,
});
const map = (patterns: readonly BuilderPattern[], ...names: string[]) =>
	mapBuilders({
		pending: names.map((builder) => ({ builder, count: 2, oldestSubmittedAt: 0 })),
		patterns,
		timeLimit,
	});
const typesOf = (...args: Parameters<typeof map>) => map(...args).builders.map(({ mozType }) => mozType);

describe("mapping", () => {
	it("takes the first pattern in file order", () => {
		expect(typesOf([pattern(/linux/y, "first"), pattern(/linux64/y, "second")], "linux64")).toEqual(["first"]);
	});

	it("matches only at the start of the name", () => {
		const { builders } = map([pattern(/linux/y, "bld")], "linux", "arch linux");
		expect(builders.map(({ mozType, skipReason }) => [mozType, skipReason])).toEqual([
			["bld", null],
			[null, "unmatched"],
		]);
	});

	it("matches the same name the same way each time", () => {
		expect(typesOf([pattern(/linux/y, "bld")], "linux", "linux", "linux")).toEqual(["bld", "bld", "bld"]);
	});

	it("reports a builder on which a pattern times out, and maps the others", () => {
		const evil = pattern(/(a+)+$/y, "bld", 7);
		const { builders, failures } = map(
			[pattern(/x/y, "early"), evil, pattern(/./y, "late")],
			"x",
			`${"a".repeat(64)}!`,
			"aaa",
			"z",
		);
		expect(builders.map(({ mozType }) => mozType)).toEqual(["early", null, "bld", "late"]);
		expect(builders.map(({ skipReason }) => skipReason)).toEqual([null, "pattern-timeout", null, null]);
		expect(failures).toMatchObject([
			{ stage: "mapping", code: "pattern-timeout", message: expect.stringMatching(/\(a\+\)\+\$.*line 7.*Simplify/) },
		]);
	});
});
