/** The positions of a pattern, and the steps between them. */
import { describe, expect, it } from "vitest";
import { ACCEPT, type Machine, machineOf, type Step } from "../../../src/config/automata/machine.ts";
import { TooComplexError } from "../../../src/config/automata/work.ts";
import { treeOf } from "../../../src/config/python-re/compile.ts";
import type { Tree } from "../../../src/config/python-re/tree.ts";

function machine(pattern: string): Machine {
	return machineOf(treeOf(pattern));
}

const to = (target: number, ...looks: readonly number[]): Step => ({ target, looks });

describe("the machine of a pattern", () => {
	it("has a position for each character, and a step for each character that can follow", () => {
		expect(machine("a(?:b|c)?d")).toEqual({
			classes: ["a", "b", "c", "d"],
			steps: [[to(2), to(1), to(3)], [to(3)], [to(3)], [to(ACCEPT)]],
			start: [to(0)],
			looks: [],
			isExact: true,
			paths: [[to(3), to(1), to(2)], [to(3)], [to(3)], [to(ACCEPT)]],
			startPaths: [to(0)],
			hasMorePaths: false,
		});
	});

	it("has each assertion once, and names those that a step depends on in ascending order", () => {
		expect(machine("(?:(?=a)x|(?!b)(?=a)(?=a)y)")).toMatchObject({
			classes: ["a", "x", "b", "y"],
			start: [to(3, 0, 1), to(1, 0)],
			startPaths: [to(1, 0), to(3, 0, 1)],
			looks: [
				{ behind: false, negated: false, start: [to(0)] },
				{ behind: false, negated: true, start: [to(2)] },
			],
		});
	});

	it("takes a repeat that is itself repeated for two ways, as a backtracking search does, but repeats nothing that is empty", () => {
		expect(machine("(?:a*)*b")).toMatchObject({
			steps: [[to(1), to(0)], [to(ACCEPT)]],
			paths: [[to(0), to(0), to(1)], [to(ACCEPT)]],
			startPaths: [to(0), to(1), to(1)],
		});
	});

	it("lists up to 64 ways to take a step, and says whether there are more", () => {
		expect(machine("(?:|)(?:|)a").startPaths).toHaveLength(4);
		const [most, more] = [6, 7].map((times) => machine(`${"(?:|)".repeat(times)}a`));
		expect(most?.startPaths).toHaveLength(64);
		expect(most?.hasMorePaths).toBe(false);
		expect(more?.startPaths).toHaveLength(64);
		expect(more?.hasMorePaths).toBe(true);
	});

	it.each(["{0,3}", "*", "{0,1}"])("reads an assertion with the repeat %s up to once", (repeat) => {
		expect(machine(`(?:(?=a))${repeat}b`)).toEqual(machine("(?:(?=a))?b"));
	});

	it.each([
		["a word boundary", "(?<=\\ba)b", "(?<=a)b"],
		["an assertion in an alternative", "(?<=a(?=c)|b)c", "(?<=a|b)c"],
		["an assertion in a repeat", "(?<=(?:(?!b)a){2})c", "(?<=a{2})c"],
	])("leaves out %s inside a lookbehind, and is then not exact", (_what, pattern, without) => {
		const one = machine(pattern);
		const other = machine(without);
		expect(one.isExact).toBe(false);
		expect(other.isExact).toBe(true);
		expect(one.looks).toHaveLength(1);
		expect(one.classes).toEqual(other.classes);
	});

	it("has up to 4,000 nodes: one for each character, and two around them", () => {
		const character: Tree = { kind: "character", js: "a" };
		const alternatives = (count: number): Tree => ({
			kind: "either",
			parts: Array.from({ length: count }, () => character),
		});
		expect(machineOf(alternatives(3_998)).start).toHaveLength(3_998);
		expect(() => machineOf(alternatives(3_999))).toThrow(TooComplexError);
	});
});
