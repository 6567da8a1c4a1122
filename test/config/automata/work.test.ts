/** The steps that the examination of patterns may take. */
import { describe, expect, it } from "vitest";
import { Alphabet } from "../../../src/config/automata/alphabet.ts";
import { Automaton } from "../../../src/config/automata/automaton.ts";
import { findAttack } from "../../../src/config/automata/backtracking.ts";
import { machineOf } from "../../../src/config/automata/machine.ts";
import { shortestName } from "../../../src/config/automata/search.ts";
import { TooComplexError, Work } from "../../../src/config/automata/work.ts";
import { treeOf } from "../../../src/config/python-re/compile.ts";

describe("work", () => {
	it("may take all of its steps, and throws at the first one beyond them", () => {
		const work = new Work(3);
		work.spend(2);
		expect(work.left).toBe(1);
		work.spend(1);
		expect(work.left).toBe(0);
		expect(() => work.spend(1)).toThrow(TooComplexError);
		expect(work.left).toBe(-1);
	});

	it("is given up with an error that says so by its name", () => {
		expect(() => new Work(0).spend(1)).toThrow(expect.objectContaining({ name: "TooComplexError" }));
	});
});

/** Steps that a part of the examination takes. */
function stepsOf<T>(part: (work: Work) => T): { readonly result: T; readonly steps: number } {
	const work = new Work();
	const { left } = work;
	const result = part(work);
	return { result, steps: left - work.left };
}

function read(pattern: string, name: string) {
	const machine = stepsOf((work) => machineOf(treeOf(pattern), work));
	const alphabet = new Alphabet([...machine.result.classes, ..."abcxyz"]);
	const symbols = alphabet.symbolsOf(name);
	const work = new Work();
	const start = work.left;
	const automaton = new Automaton(machine.result, alphabet, work);
	const made = start - work.left;
	automaton.run(symbols);
	const ran = start - work.left - made;
	automaton.run(symbols);
	automaton.countSteps(symbols);
	const counted = start - work.left - made - ran;
	return { machine: machine.result, alphabet, automaton, steps: [machine.steps, made, ran, counted] };
}

function stepsFor(pattern: string, name: string): readonly number[] {
	const { machine, alphabet, automaton, steps } = read(pattern, name);
	const attack = stepsOf((work) => findAttack(machine, automaton, alphabet, work));
	const search = stepsOf((work) => shortestName({ all: [automaton], none: [automaton] }, alphabet, work));
	return [...steps, attack.steps, search.steps];
}

// The bounds on patterns are numbers of such steps. Other counts make other patterns too complex.
describe("the steps to make a machine, an automaton, to read a name, to count its ways, and to search, are the same everywhere", () => {
	it.each<[string, string, readonly number[]]>([
		["abc", "abc", [20, 303, 208, 7, 5, 26]],
		["(?:a|b)*(?:ab)+c", "abaab", [106, 307, 349, 47, 547, 34]],
		["(?=.*a)(?!.*b)[^c]*x", "aacax", [95, 417, 125, 24, 42, 86]],
		["[abc]*(?<=ab)(?<!bc)x", "abcabx", [71, 306, 236, 21, 18, 52]],
		["(?:(?=.*b)|)(?:|(?=.*b))xy", "xyb", [71, 358, 105, 36, 5, 22]],
		["(?:(?=.*a)(?=.*b)|(?=.*b)|(?=.*a))[xy]*z", "xyxza", [134, 431, 149, 106, 27, 26]],
		["(?:(?=.*b)|(?=.*c))(?:(?=.*c)|(?=.*b))[xy]*z", "xyxzcb", [152, 431, 149, 124, 27, 26]],
		["(?:a?){5}(?:\\b|x)*z", "aaaaz", [842, 376, 701, 133, 95, 62]],
		["(?:(?!b)|(?!a))(?:(?=.*c)(?=.*b)|(?=.*a))x*y", "xxybac", [211, 607, 411, 93, 29, 72]],
		["(a|aa|b)*c[^\\s\\S]*x", "aaaab", [127, 309, 137, 64, 1006, 32]],
		["(?:a*|b)*", "ab", [87, 204, 0, 18, 74, 2]],
		["(?!a)x(?<!a)y", "xy", [37, 356, 109, 6, 1, 18]],
		["(?:(?=[ab]*x)(?=[ab]*y)|(?=[ab]*y)(?=[ab]*x)b|(?=b))[ab]*c", "abac", [150, 480, 152, 48, 37, 38]],
	])("for %s and %j", (pattern, name, steps) => {
		expect(stepsFor(pattern, name)).toEqual(steps);
	});
});

it.each<[string, string, readonly number[]]>([
	["(?!.*c)(?:(?=[bx]*a)|(?=[ab]*x))(?=.*a)[abx]*(?!.*c)(?:(?=[bx]*a)|(?=.*ab))x", "xxxbbb", [265, 613, 241, 353]],
	[
		"(?:(?!.*c)(?=.*b)|(?=[ab]*x)(?!.*c))[abx]*(?:(?!.*c)|(?=.*b))(?:(?=[bx]*a)(?=[ab]*x)|(?=[bx]*a)(?=.*a))(?:(?=[bx]*a)|(?=.*a))x",
		"bbbaaa",
		[477, 620, 353, 1118],
	],
])(
	"assertions that are made in another order lead to the same states, which takes fewer steps: %s",
	(pattern, name, steps) => {
		expect(read(pattern, name).steps).toEqual(steps);
	},
);
