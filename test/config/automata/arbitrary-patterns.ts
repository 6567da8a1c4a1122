/** Random patterns, and every short name that they tell apart. */
import fc from "fast-check";
import { compilePattern } from "../../../src/config/python-re/compile.ts";

export function matcherOf(pattern: string): (name: string) => boolean {
	const regex = compilePattern(pattern);
	return (name) => {
		regex.lastIndex = 0;
		return regex.test(name);
	};
}

/** Every name of up to five characters, the shortest first. */
export const NAMES = Array.from({ length: 6 }, (_, length) => length).flatMap((length) =>
	Array.from({ length: 3 ** length }, (_, number) =>
		[...number.toString(3).padStart(length, "0")]
			.slice(0, length)
			.map((digit) => ["a", "b", " "][Number(digit)])
			.join(""),
	),
);

const atom = fc.constantFrom("a", "b", " ", "[ab]", "[^a]", ".", "\\w", "\\S", "\\s");
const position = fc.constantFrom("^", "$", "\\b", "\\B", "\\Z", "(?<=a)", "(?<!b)", "(?<!ab)");
export const { pattern: anyPattern } = fc.letrec<{ pattern: string; part: string }>((tie) => ({
	pattern: fc.oneof(
		{ weight: 3, arbitrary: fc.array(tie("part"), { maxLength: 4 }).map((parts) => parts.join("")) },
		{ weight: 1, arbitrary: fc.tuple(tie("part"), tie("part")).map((parts) => parts.join("|")) },
	),
	part: fc.oneof(
		{ maxDepth: 3, withCrossShrink: true },
		{ weight: 6, arbitrary: atom },
		{ weight: 2, arbitrary: position },
		{ weight: 1, arbitrary: tie("pattern").map((inner) => `(${inner})`) },
		{ weight: 2, arbitrary: tie("pattern").map((inner) => `(?!${inner})`) },
		{ weight: 1, arbitrary: tie("pattern").map((inner) => `(?=${inner})`) },
		{
			weight: 2,
			arbitrary: fc
				.tuple(tie("pattern"), fc.constantFrom("*", "+", "?", "{2}", "{1,3}", "*?"))
				.map(([inner, repeat]) => `(?:${inner})${repeat}`),
		},
	),
}));
