/** Reachability and overlap of patterns, decided by automata, against every short name. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Alphabet } from "../../../src/config/automata/alphabet.ts";
import { Automaton } from "../../../src/config/automata/automaton.ts";
import { machineOf } from "../../../src/config/automata/machine.ts";
import { type Found, shortestName } from "../../../src/config/automata/search.ts";
import { Work } from "../../../src/config/automata/work.ts";
import { treeOf } from "../../../src/config/python-re/compile.ts";
import { anyPattern, matcherOf, NAMES } from "./arbitrary-patterns.ts";

function automataOf(...patterns: readonly string[]): { alphabet: Alphabet; automata: readonly Automaton[] } {
	const machines = patterns.map((pattern) => machineOf(treeOf(pattern)));
	const alphabet = new Alphabet(machines.flatMap(({ classes }) => classes));
	return { alphabet, automata: machines.map((machine) => new Automaton(machine, alphabet)) };
}

/** A shortest name that all of some patterns match, and none of others. */
function search(all: readonly string[], none: readonly string[] = []): Found {
	const { alphabet, automata } = automataOf(...all, ...none);
	return shortestName({ all: automata.slice(0, all.length), none: automata.slice(all.length) }, alphabet);
}

// Ten sets share an alphabet, which takes longer to make than they take to be searched.
const batches = fc.array(fc.array(anyPattern, { minLength: 2, maxLength: 4 }), { minLength: 10, maxLength: 10 });

describe("on 1,000 random sets of patterns", () => {
	it("agrees with every short name on which pattern can be reached", () => {
		forEachSet((patterns, automata, alphabet) => {
			const [last, ...earlier] = patterns.map(matcherOf).toReversed();
			const found = shortestName({ all: automata.slice(-1), none: automata.slice(0, -1) }, alphabet);
			agree(found, (name) => last?.(name) === true && !earlier.some((matches) => matches(name)));
		});
	});

	it("agrees with every short name on which patterns overlap, and in which shortest name", () => {
		forEachSet((patterns, automata, alphabet) => {
			const pair = patterns.slice(0, 2).map(matcherOf);
			const found = shortestName({ all: automata.slice(0, 2), none: [] }, alphabet);
			agree(found, (name) => pair.every((matches) => matches(name)));
		});
	});

	function forEachSet(
		body: (patterns: readonly string[], automata: readonly Automaton[], alphabet: Alphabet) => void,
	): void {
		fc.assert(
			fc.property(batches, (batch) => {
				const { alphabet, automata } = automataOf(...batch.flat());
				let start = 0;
				for (const patterns of batch) {
					const end = start + patterns.length;
					body(patterns, automata.slice(start, end), alphabet);
					start = end;
				}
			}),
			{ numRuns: 100, seed: 17 },
		);
	}

	/** The search must find a name if there is one, and no longer one than needed. */
	function agree(found: Found, isWanted: (name: string) => boolean): void {
		const shortest = NAMES.find(isWanted);
		expect(found.kind).not.toBe("unknown");
		if (found.kind === "name") {
			expect(isWanted(found.name)).toBe(true);
			expect(found.name.length).toBeLessThanOrEqual(shortest?.length ?? Number.POSITIVE_INFINITY);
		} else {
			expect(shortest).toBeUndefined();
		}
	}
});

describe("a shortest name", () => {
	it.each([
		[["^Linux.* nightly", "^Linux.* try.*build"], [], "Linux nightly trybuild"],
		[["Linux (?!try)\\S+ build"], [], "Linux a build"],
		[["(?i)linux"], ["Linux", "linux"], "linuX"],
		[["\\d"], ["[0-9]"], "٠"],
		[["a$"], ["a\\Z"], "a\n"],
	])("that matches %j and not %j is found", (all, none, name) => {
		expect(search(all, none)).toEqual({ kind: "name", name });
	});

	it.each([
		[["Linux try build"], ["Linux.* build"]],
		[["Linux (?!try)\\S+", "Linux try"], []],
		[["\\S+ x64"], ["\\S+ x(32|64)"]],
		[["[a-z]+"], ["[a-m]", "[n-z]"]],
		[["a{3}"], ["(?:a|b){2}"]],
		[["\\bx"], ["^x"]],
	])("does not exist for %j without %j", (all, none) => {
		expect(search(all, none)).toEqual({ kind: "none" });
	});

	it("is not known if the search exceeds its budget", () => {
		const { alphabet, automata } = automataOf("(a|b)*a(a|b){12}c");
		expect(shortestName({ all: automata, none: [] }, alphabet, new Work(100))).toEqual({
			kind: "unknown",
		});
	});
});
