/** The bounds that patterns share while they are compared. */
import { describe, expect, it } from "vitest";
import { Examination, Searches } from "../../src/config/analysis/examined.ts";
import { compilePattern } from "../../src/config/python-re/compile.ts";

/** Whether each of some patterns can be compared with others. */
function areExamined(...sources: readonly string[]): readonly boolean[] {
	const patterns = sources.map((source) => ({ source, mozType: "bld", line: 1, regex: compilePattern(source) }));
	return new Examination(patterns).patterns.map(({ automaton }) => automaton !== null);
}

describe("patterns that are examined together", () => {
	it("leave out one with hundreds of character classes, for which all of Unicode would be read", () => {
		const classes = Array.from({ length: 400 }, (_, index) => `[^${String.fromCodePoint(0x4e00 + index)}]`);
		expect(areExamined(classes.join(""), "a\\w")).toEqual([false, true]);
	});

	it.each([
		["many positions", "(?:a?){300}b"],
		["a long assertion before each of many positions", `(?=${"a|".repeat(600)}b)(?:${"a|".repeat(600)}b)`],
	])("leave out one with %s if they are many, since all share the same steps", (_what, large) => {
		const others = Array.from({ length: 49 }, (_, index) => `a${index}`);
		expect(areExamined(large)).toEqual([true]);
		expect(areExamined(large, ...others)).toEqual([false, ...others.map(() => true)]);
	});
});

it.each([
	["after an assertion about what precedes", "(?:(a|b)\\1|ab(?<=b)(?:a+)+c)", `ab${"a".repeat(250)}`],
	["in an assertion about what follows", "(?!(?:a+)+c)(\\w)\\1", "a".repeat(250)],
	["before the first character", "(?:x?|y?){40}(\\w)\\1", "ax"],
])("a name is not tried with a pattern that can take too long %s", (_what, source, name) => {
	const pattern = { source, mozType: "bld", line: 1, regex: compilePattern(source) };
	const examination = new Examination([pattern]);
	const [one] = examination.patterns;
	expect(one === undefined ? undefined : examination.test(one, name)).toBeNull();
});

describe("searches that share their steps", () => {
	const takeOf = (searches: Searches, most: number, steps: number) =>
		searches.run(most, (work) => {
			const { left } = work;
			try {
				work.spend(steps);
			} catch {
				return { left, isEnough: false };
			}
			return { left, isEnough: true };
		});

	it("take up to what each may, and together no more than all may", () => {
		const searches = new Searches(10);
		expect(takeOf(searches, 6, 4)).toEqual({ left: 6, isEnough: true });
		expect(takeOf(searches, 5, 7)).toEqual({ left: 5, isEnough: false });
		expect(takeOf(searches, 6, 2)).toEqual({ left: 1, isEnough: false });
		expect(takeOf(searches, 6, 1)).toEqual({ left: 0, isEnough: false });
	});
});
