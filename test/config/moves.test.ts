/** What moves between two versions of `buildermap`. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { movesOf, possibleMoves } from "../../src/config/analysis/moves.ts";
import { compilePattern } from "../../src/config/python-re/compile.ts";
import type { Match } from "../../src/core/demand/mapping.ts";
import type { BuilderPattern } from "../../src/core/model/policy.ts";
import { anyPattern, matcherOf, NAMES } from "./automata/arbitrary-patterns.ts";

const entry = fc.tuple(anyPattern, fc.constantFrom("bld", "tst"));
/** Two versions that share some of their patterns. */
const versions = fc
	.tuple(
		fc.uniqueArray(entry, { minLength: 1, maxLength: 4, selector: ([source]) => source }),
		fc.array(fc.tuple(fc.nat(4), fc.option(entry)), { maxLength: 2 }),
	)
	.map(([before, edits]) => {
		const now = [...before];
		for (const [at, change] of edits) {
			const [removed] = now.splice(at, 1);
			// Moved to the front, or replaced.
			if (change !== null) now.splice(at, 0, change);
			else if (removed !== undefined) now.unshift(removed);
		}
		return { before, now: [...new Map(now)] };
	});

type Entries = readonly (readonly [source: string, mozType: string])[];

const patternsOf = (entries: Entries): readonly BuilderPattern[] =>
	entries.map(([source, mozType], index) => ({ source, mozType, line: index + 1, regex: compilePattern(source) }));

function typeBy(entries: Entries): (name: string) => string | null {
	const matchers = entries.map(([source, mozType]) => ({ matches: matcherOf(source), mozType }));
	return (name) => matchers.find(({ matches }) => matches(name))?.mozType ?? null;
}

describe("the moves of known builders", () => {
	const pattern = (mozType: string): BuilderPattern => ({ source: "", mozType, line: 1, regex: /x/ });
	const [bld, tst, mac] = ["bld", "tst", "mac"].map(
		(mozType): Match => ({ kind: "mapped", pattern: pattern(mozType) }),
	);
	const none: Match = { kind: "unmatched" };
	const timeout: Match = { kind: "timeout", pattern: pattern("bld") };

	const moves = (
		...builders: readonly (readonly [name: string, before: Match | undefined, now: Match | undefined])[]
	) => {
		const known = (all: readonly (Match | undefined)[]) => all.filter((match) => match !== undefined);
		return movesOf(
			builders.map(([name]) => name),
			known(builders.map(([, before]) => before)),
			known(builders.map(([, , now]) => now)),
		);
	};

	it("are counted, the most frequent first, each with the first builder that makes it", () => {
		expect(
			moves(
				["a", bld, tst],
				["b", tst, tst],
				["c", none, bld],
				["d", none, none],
				["e", tst, none],
				["f", tst, none],
				["g", none, bld],
				["h", tst, none],
				["i", tst, bld],
				["j", mac, bld],
			),
		).toEqual({
			moves: [
				{ from: "tst", to: null, count: 3, example: "e" },
				{ from: null, to: "bld", count: 2, example: "c" },
				{ from: "bld", to: "tst", count: 1, example: "a" },
				{ from: "tst", to: "bld", count: 1, example: "i" },
				{ from: "mac", to: "bld", count: 1, example: "j" },
			],
			isPartial: false,
		});
	});

	it.each<[string, Match | undefined, Match | undefined]>([
		["timed out on a builder in the old version", timeout, bld],
		["timed out on a builder in the new version", bld, timeout],
		["timed out on a builder in both versions", timeout, timeout],
		["decided nothing for a builder in the old version", undefined, bld],
		["decided nothing for a builder in the new version", bld, undefined],
	])("are partial if a pattern %s", (_what, before, now) => {
		expect(moves(["a", tst, bld], ["b", before, now])).toEqual({
			moves: [{ from: "tst", to: "bld", count: 1, example: "a" }],
			isPartial: true,
		});
		expect(moves(["a", tst, bld]).isPartial).toBe(false);
	});
});

/** No automaton can be made of it. */
const COMPLEX = "Mac (x{1000}y?){1000}";
/** Automata take atomic groups for plain ones: this seems to match "ab", too, but matches only "aab". */
const ATOMIC = "(?>a?)ab";
/** The same with "b", which it does match. */
const ATOMIC_OR_B = `b|${ATOMIC}`;

type Example = readonly [from: string | null, to: string | null, example: string];

describe("the possible moves of any names", () => {
	it.each<[string, Entries, Entries, readonly Example[]]>([
		["are none between equal versions", [["a", "bld"]], [["a", "bld"]], []],
		["are none if only the source of a pattern changes", [["a", "bld"]], [["(?:a)", "bld"]], []],
		[
			"are none between equal versions, even of patterns that are too complex to compare",
			[
				["a", "bld"],
				[COMPLEX, "tst"],
				["b", "bld"],
			],
			[
				["a", "bld"],
				[COMPLEX, "tst"],
				["b", "bld"],
			],
			[],
		],
		["include a change of a pattern's type", [["a?$", "bld"]], [["a?$", "tst"]], [["bld", "tst", ""]]],
		["include names that only a new pattern matches", [], [["ab", "tst"]], [[null, "tst", "ab"]]],
		["include names that only a removed pattern matched", [["ab", "tst"]], [], [["tst", null, "ab"]]],
		[
			"include names of a pattern that another precedes now",
			[
				["a.*", "bld"],
				["ab", "tst"],
			],
			[
				["ab", "tst"],
				["a.*", "bld"],
			],
			[["bld", "tst", "ab"]],
		],
		[
			"leave out names for which an earlier pattern decides",
			[
				["a?$", "tst"],
				[".*", "bld"],
			],
			[[".*", "tst"]],
			[["bld", "tst", "b"]],
		],
		[
			"give each pair of types one example",
			[
				["a", "bld"],
				["b", "bld"],
				["c", "tst"],
			],
			[
				["a", "tst"],
				["b", "tst"],
				["c", "bld"],
			],
			[
				["bld", "tst", "a"],
				["tst", "bld", "c"],
			],
		],
		[
			"are complete if what is too complex to compare could make only a move that has an example",
			[
				["a", "bld"],
				[COMPLEX, "bld"],
			],
			[
				["a", "tst"],
				[COMPLEX, "tst"],
			],
			[["bld", "tst", "a"]],
		],
		[
			"include those of a name on which a search would take long",
			[["(?:a?){20}a{20}$", "bld"]],
			[["(?:a?){20}a{20}$", "tst"]],
			[["bld", "tst", "a".repeat(20)]],
		],
	])("%s", (_what, before, now, expected) => {
		expect(possibleMoves(patternsOf(before), patternsOf(now))).toEqual({
			moves: expected.map(([from, to, example]) => ({ from, to, count: null, example })),
			isPartial: false,
		});
	});

	it.each<[string, Entries, Entries, readonly Example[]]>([
		["a changed pattern is too complex", [[COMPLEX, "bld"]], [[COMPLEX, "tst"]], []],
		[
			"a pattern that is too complex precedes in the old version",
			[[COMPLEX, "bld"]],
			[
				["a", "tst"],
				[COMPLEX, "bld"],
			],
			[],
		],
		[
			"a pattern that is too complex precedes in the new version",
			[
				["a", "tst"],
				[COMPLEX, "bld"],
			],
			[[COMPLEX, "bld"]],
			[],
		],
		[
			"a pattern only seems to match the shortest name, though samples show that it moves",
			[[ATOMIC, "bld"]],
			[[ATOMIC, "tst"]],
			[["bld", "tst", "aab"]],
		],
		["a new pattern only seems to match the shortest name", [], [[ATOMIC, "tst"]], [[null, "tst", "aab"]]],
		[
			"an earlier pattern only seems to match what is left",
			[
				[ATOMIC_OR_B, "bld"],
				["a?a?b", "tst"],
			],
			[["a?a?b", "bld"]],
			[["tst", "bld", "ab"]],
		],
		[
			"an earlier pattern of one version only seems to match what is left, and one of the other version matches less",
			[
				[ATOMIC_OR_B, "bld"],
				["a?a?b", "tst"],
			],
			[
				["b", "tst"],
				["a?a?b", "bld"],
				[ATOMIC_OR_B, "bld"],
			],
			[
				["bld", "tst", "b"],
				["tst", "bld", "ab"],
			],
		],
		[
			"it is not known whether a pattern really matches a name on which a search would take long",
			[["(?:a?){20}(?>a{20})$", "bld"]],
			[["(?:a?){20}(?>a{20})$", "tst"]],
			[],
		],
	])("are partial if %s", (_what, before, now, expected) => {
		expect(possibleMoves(patternsOf(before), patternsOf(now))).toEqual({
			moves: expected.map(([from, to, example]) => ({ from, to, count: null, example })),
			isPartial: true,
		});
	});
});

it("agrees with every short name on 300 random pairs of versions, and each example moves", () => {
	fc.assert(
		fc.property(versions, ({ before, now }) => {
			const [from, to] = [typeBy(before), typeBy(now)];
			const { moves, isPartial } = possibleMoves(patternsOf(before), patternsOf(now));
			expect(isPartial).toBe(false);
			for (const move of moves) expect([from(move.example), to(move.example)]).toEqual([move.from, move.to]);
			const found = new Set(moves.map((move) => `${move.from} → ${move.to}`));
			const moving = NAMES.filter((name) => from(name) !== to(name)).map((name) => `${from(name)} → ${to(name)}`);
			for (const move of new Set(moving)) expect(found).toContain(move);
		}),
		{ numRuns: 300, seed: 17 },
	);
});
