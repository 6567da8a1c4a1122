/** What moves between two versions of `buildermap`, against every short name. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { possibleMoves } from "../../src/config/analysis/moves.ts";
import { compilePattern } from "../../src/config/python-re/compile.ts";
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
