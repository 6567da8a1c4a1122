import { expect, it } from "vitest";
import { matchesAtStart } from "../../../src/core/demand/mapping.ts";

const matches = (regex: RegExp, builder: string) =>
	matchesAtStart({ source: "", line: 1, regex, mozType: "bld" }, builder);

it.each([
	["at the start of the name", "Linux build", true],
	["later in the name only", "Mock Linux", false],
])("a pattern that matches %s matches the builder: %3$s", (_where, builder, expected) => {
	expect(matches(/Linux/y, builder)).toBe(expected);
});

it("a pattern gives the same result for a name each time", () => {
	const regex = /Linux/y;
	expect([1, 2, 3].map(() => matches(regex, "Linux"))).toEqual([true, true, true]);
});
