/** Patterns that a backtracking search takes too long for. */
import { describe, expect, it } from "vitest";
import { Alphabet } from "../../../src/config/automata/alphabet.ts";
import { Automaton } from "../../../src/config/automata/automaton.ts";
import { type Attack, findAttack } from "../../../src/config/automata/backtracking.ts";
import { machineOf } from "../../../src/config/automata/machine.ts";
import { Work } from "../../../src/config/automata/work.ts";
import { compilePattern, treeOf } from "../../../src/config/python-re/compile.ts";

function attackOn(pattern: string, work?: Work): Attack | null {
	const machine = machineOf(treeOf(pattern));
	const alphabet = new Alphabet(machine.classes);
	return findAttack(machine, new Automaton(machine, alphabet), alphabet, work);
}

describe("a pattern is open to an attack if it has", () => {
	it.each([
		["a repeat in a repeat", "(a+)+b"],
		["a repeat in a repeat, with a possibly empty body", "(a*)*b"],
		["alternatives that share a text", "(a|aa)+b"],
		["alternatives that share a longer text", "^x(ab|a|b)*y"],
		["neighbors in a repeat", "(\\w+\\s?)+$"],
		["several repeats that share a text", "^Linux.*.*.*.*.* build"],
		["several repeats with text between them", "(.*a.*b.*c.*d.*e.*f.*g.*h)x"],
		["a slow part after a lookahead", "(?!try)(\\S+)+ build"],
	])("%s", (_what, pattern) => {
		const attack = attackOn(pattern);
		expect(attack).not.toBeNull();
		if (attack === null) return;
		// A few times the text must not match either; all of them would take longer than the test may.
		const name = attack.prefix + attack.pump.repeat(3) + attack.suffix;
		const regex = compilePattern(pattern);
		expect(regex.test(name)).toBe(false);
		expect(attack.prefix.length + attack.pump.length * attack.times + attack.suffix.length).toBeLessThanOrEqual(255);
	});
});

describe("a pattern is not open to an attack if it has", () => {
	it.each([
		["two repeats", "^Linux.* try.*build"],
		["a repeat at its end, after which everything matches", "(a+)+"],
		["alternatives that differ", "(a|b)+c"],
		["a lookahead that separates its alternatives", "(?:(?!b)\\w|b)*x"],
		["a bounded repeat", "(a?){3}b"],
		["no repeat", "^b2g_try_emulator_(dep|nightly)"],
	])("%s", (_what, pattern) => {
		expect(attackOn(pattern)).toBeNull();
	});
});

describe("an attack repeats the first text found that is slow, as often as a name of 255 characters has room for", () => {
	it.each([
		["(a+)+b", "a", "a", 253, ""],
		["(a+)+$", "a", "a", 253, "b"],
		["(a|b|ab)*y", "", "aab", 84, ""],
		["(?:(?:ab)+)+c", "ab", "abab", 63, ""],
		["(a|aa)+b", "a", "aaa", 84, ""],
		["^x(ab|a|b)*y", "x", "abab", 63, ""],
		["(?:xy?)(a+)+b", "xa", "a", 252, ""],
		["[ae]*[be]*[ce]*[de]*x", "", "e", 254, ""],
		["(.*a.*b.*c.*d.*e.*f.*g.*h)x", "", "abcdefg", 36, ""],
		["([ab]|[bc])+x", "a", "ab", 126, ""],
		["(?:[ab]c|[bd]c)+x", "ac", "acbc", 63, ""],
		["(?:ab|cb|abcb)+x", "ab", "ababcb", 42, ""],
		["(?:a?b|ab)*x", "", "abab", 63, ""],
	])("%s", (pattern, prefix, pump, times, suffix) => {
		expect(attackOn(pattern)).toEqual({ prefix, pump, times, suffix, steps: expect.any(Number) });
	});
});

describe("the search for an attack", () => {
	const repeats = (count: number) =>
		Array.from({ length: count }, (_, index) => `${"abcdefghijklmnopqrstuvwxyzABCD"[index]}*1`);

	it("counts the steps for the whole name", () => {
		expect(attackOn("[ae]*[be]*[ce]*[de]*x")).toMatchObject({ pump: "e", steps: 357_908_479 });
	});

	it("finds one whose repeat has room in a name only once", () => {
		const prefix = `${"a".repeat(25)}${"c".repeat(227)}b`;
		expect(attackOn("(?:a|a){25}c{227}b+d")).toMatchObject({ prefix, pump: "b", times: 1, suffix: "" });
	});

	it("tries up to 60 texts, of which each repeat that another one follows has two", () => {
		expect(attackOn(`${repeats(29).join("")}(Z+)+!`)).toMatchObject({ pump: "Z" });
		expect(attackOn(`${repeats(30).join("")}(Z+)+!`)).toBeNull();
	});

	it("tries one text for each repeat that no other one follows", () => {
		expect(attackOn(`(?:${repeats(30).join("|")}|E*1|F*1|(Z+)+!)`)).toMatchObject({ pump: "Z" });
	});

	it("finds none if it takes more steps than it may", () => {
		expect(attackOn("(a+)+b", new Work(10))).toBeNull();
	});

	it("does not hide any other error", () => {
		class Broken extends Work {
			override spend(): void {
				throw new RangeError("broken");
			}
		}
		expect(() => attackOn("(a+)+b", new Broken())).toThrow("broken");
	});
});
