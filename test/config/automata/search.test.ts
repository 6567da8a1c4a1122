/** Reachability and overlap of patterns, decided by automata, against every short name. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Alphabet } from "../../../src/config/automata/alphabet.ts";
import { Automaton } from "../../../src/config/automata/automaton.ts";
import { machineOf } from "../../../src/config/automata/machine.ts";
import { type Found, sampleNames, shortestName } from "../../../src/config/automata/search.ts";
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

	it("has the plainest of the characters that its patterns do not tell apart, even if other patterns do", () => {
		const { alphabet, automata } = automataOf("[^\\n]x", "b", "[0-9]");
		expect(shortestName({ all: automata.slice(0, 1), none: [] }, alphabet)).toEqual({ kind: "name", name: "ax" });
	});

	it("is not known if the search exceeds its budget", () => {
		const { alphabet, automata } = automataOf("(a|b)*a(a|b){12}c");
		expect(shortestName({ all: automata, none: [] }, alphabet, new Work(100))).toEqual({
			kind: "unknown",
		});
	});
});

describe("sample names", () => {
	const samples = (pattern: string, most: number) => {
		const { alphabet, automata } = automataOf(pattern);
		return automata.flatMap((automaton) => [...sampleNames(automaton, alphabet, most)]);
	};

	it.each([
		["ab?c", ["ac", "abc", "aca", "acb", "acc", "acd"]],
		["a|b+", ["a", "b", "aa", "ab", "ac"]],
		["a{3}$", ["aaa", "aaa\n"]],
		["a(?!b)\\w$", ["aa", "ac", "aa\n"]],
		["(?:ab|ba)c", ["abc", "bac", "abca", "abcb", "abcc", "abcd"]],
		["x(?:a|bcd)e", ["xae", "xbcde", "xaea", "xaeb", "xaec", "xaed", "xaee", "xaef", "xaex"]],
		["a[bc]*d$", ["ad", "abd", "ad\n"]],
		["(?!)a", []],
	])("of %s take each step of its automaton, each as soon and as briefly as possible", (pattern, names) => {
		expect(samples(pattern, 99)).toEqual(names);
	});

	it("go through no more states than they may", () => {
		expect(samples("b|cd", 2)).toEqual(["b", "ba", "bb", "bc", "bd"]);
		expect(samples("b|cd", 3)).toEqual(["b", "cd", "ba", "bb", "bc", "bd"]);
		expect(samples("b|cd", 1)).toEqual([]);
	});

	it("are none if the automaton is too complex", () => {
		expect(samplesWith(new Work(450))).toEqual([]);
	});

	it("do not hide any other error", () => {
		class Broken extends Work {
			#isBroken = false;
			break(): void {
				this.#isBroken = true;
			}
			override spend(): void {
				if (this.#isBroken) throw new RangeError("broken");
			}
		}
		const work = new Broken();
		const { alphabet, automaton } = complex(work);
		work.break();
		expect(() => [...sampleNames(automaton, alphabet, 99)]).toThrow("broken");
		expect(() => shortestName({ all: [automaton], none: [] }, alphabet, work)).toThrow("broken");
	});

	function complex(work: Work) {
		const machine = machineOf(treeOf("(a|b)*a(a|b){12}c"));
		const alphabet = new Alphabet(machine.classes);
		return { alphabet, automaton: new Automaton(machine, alphabet, work) };
	}

	function samplesWith(work: Work): readonly string[] {
		const { alphabet, automaton } = complex(work);
		return [...sampleNames(automaton, alphabet, 99)];
	}
});
