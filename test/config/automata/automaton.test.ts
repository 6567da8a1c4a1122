/** Which names a pattern matches, found by reading them with its automaton. */
import { describe, expect, it } from "vitest";
import { Alphabet } from "../../../src/config/automata/alphabet.ts";
import { ALWAYS, Automaton, NEVER } from "../../../src/config/automata/automaton.ts";
import { machineOf } from "../../../src/config/automata/machine.ts";
import { treeOf } from "../../../src/config/python-re/compile.ts";

interface Read {
	readonly automaton: Automaton;
	readonly stateAfter: (name: string) => number;
	readonly accepts: (name: string) => boolean;
	readonly symbolsOf: (name: string) => readonly number[];
}

/** @param others classes that the alphabet tells apart, but the pattern need not */
function reading(pattern: string, others = "abcdefwxyz"): Read {
	const machine = machineOf(treeOf(pattern));
	const alphabet = new Alphabet([...machine.classes, ...others]);
	const automaton = new Automaton(machine, alphabet);
	const symbolsOf = (name: string) => alphabet.symbolsOf(name);
	const stateAfter = (name: string) => automaton.run(symbolsOf(name));
	return { automaton, stateAfter, accepts: (name) => automaton.accepts(stateAfter(name)), symbolsOf };
}

describe("the automaton of a pattern", () => {
	it.each([
		["(?:ab|c)+$", ["ab", "c", "cab"], ["", "a", "abb"]],
		["a*(?<=ab)c|[abx]*(?<=ab)c", ["abc", "xabc"], ["ac", "bc", "xbc", "axc", "bac"]],
		["[abx]*(?<!ab)c", ["c", "ac", "bc", "xbc", "bac"], ["abc", "xabc"]],
		["(?<=)a", ["a"], ["", "b"]],
		["(?<!)a", [], ["", "a", "b"]],
		["x(?<=)a", ["xa"], ["xb"]],
		["x(?<!)a", [], ["xa"]],
		["[abcd]*(?<=a|b)(?<!ba)c", ["ac", "bc", "aac"], ["c", "cc", "bac"]],
		["(?=.*b)(?!.*c)a", ["ab", "axb"], ["a", "abc", "acb", "b"]],
	])("accepts what %s matches, and nothing else", (pattern, matching, others) => {
		const { accepts } = reading(pattern);
		expect(matching.filter((name) => !accepts(name))).toEqual([]);
		expect(others.filter(accepts)).toEqual([]);
	});

	it("tells an assertion at one position from another position, although both have the same digits", () => {
		const { accepts } = reading(`(?:x(?=q)|w)y|xe|f{58}|wz`, "efqwxyz");
		expect(["xe", "xz", "wy", "we", "wz"].filter(accepts)).toEqual(["xe", "wy", "wz"]);
	});

	it.each([
		["a", "ab", ALWAYS],
		["a", "b", NEVER],
		["a|a(?=b)|a(?=c)d", "a", ALWAYS],
		["(?=b)ab", "a", NEVER],
		["(?!b)a", "a", ALWAYS],
		["(?<!b)a", "a", ALWAYS],
		["(?<!b)a", "b", NEVER],
		["[ab]*(?<=ab)c", "abc", ALWAYS],
		["[ab]*(?<=ab)c", "abx", NEVER],
	])("knows of %s after %j whether it can still match", (pattern, name, state) => {
		const { stateAfter } = reading(pattern);
		expect(stateAfter(name)).toBe(state);
		expect(stateAfter(`${name}a`)).toBe(state);
	});

	it("gives symbols that the pattern does not tell apart the same kind", () => {
		const { automaton, symbolsOf } = reading("b", "abcd");
		const [a, b, c, d] = symbolsOf("abcd").map((symbol) => automaton.kindOf(symbol));
		expect([c, d]).toEqual([a, a]);
		expect(b).not.toBe(a);
	});

	it("never matches a name with a character that the alphabet lacks where it needs one", () => {
		const { automaton, stateAfter } = reading("b", "");
		expect(automaton.kindOf(-1)).toBe(-1);
		expect(stateAfter("?")).toBe(NEVER);
	});
});

describe("the characters that a backtracking search examines at most", () => {
	it.each([
		["ab", "ab", 2],
		["ab", "axxx", 2],
		["ax|ab", "ac", 4],
		["(?:a|a)b", "ax", 4],
		["(?:a|a)+b", "aaax", 2 + (4 + 2) + (8 + 4) + (16 + 8)],
		["a(?<=a)b", "ab", 2],
		["a(?:(?<!a)b|c)", "ab", 2],
		["a(?=b)\\w\\w", "abc", 5],
		["a(?=b)\\w\\w", "acc", 3],
		["(?!ab)\\w\\w", "abc", 5],
		["ab(?<=b)c", "abc", 3],
		[`${"(?:|)".repeat(7)}a`, "a", Number.POSITIVE_INFINITY],
	])("for %s in %j are counted", (pattern, name, steps) => {
		const { automaton, symbolsOf } = reading(pattern);
		expect(automaton.countSteps(symbolsOf(name))).toBe(steps);
	});
});
