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

const patterns = fc.array(anyPattern, { minLength: 2, maxLength: 4 });

describe("on 1,000 random sets of patterns", () => {
	it("agrees with every short name on which pattern can be reached", () => {
		fc.assert(
			fc.property(patterns, (set) => {
				const last = set.at(-1) ?? "";
				const earlier = set.slice(0, -1);
				const [isLast, areEarlier] = [matcherOf(last), earlier.map(matcherOf)];
				agree(search([last], earlier), (name) => isLast(name) && !areEarlier.some((isEarlier) => isEarlier(name)));
			}),
			{ numRuns: 1000, seed: 17 },
		);
	});

	it("agrees with every short name on which patterns overlap, and in which shortest name", () => {
		fc.assert(
			fc.property(patterns, (set) => {
				const pair = set.slice(0, 2).map(matcherOf);
				agree(search(set.slice(0, 2)), (name) => pair.every((matches) => matches(name)));
			}),
			{ numRuns: 1000, seed: 17 },
		);
	});

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
