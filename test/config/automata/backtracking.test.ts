/** Patterns that a backtracking search takes too long for. */
import { describe, expect, it } from "vitest";
import { Alphabet } from "../../../src/config/automata/alphabet.ts";
import { Automaton } from "../../../src/config/automata/automaton.ts";
import { type Attack, findAttack } from "../../../src/config/automata/backtracking.ts";
import { machineOf } from "../../../src/config/automata/machine.ts";
import { compilePattern, treeOf } from "../../../src/config/python-re/compile.ts";

function attackOn(pattern: string): Attack | null {
	const machine = machineOf(treeOf(pattern));
	const alphabet = new Alphabet(machine.classes);
	return findAttack(machine, new Automaton(machine, alphabet), alphabet);
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
