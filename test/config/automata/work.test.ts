/** The steps that the examination of patterns may take. */
import { describe, expect, it } from "vitest";
import { TooComplexError, Work } from "../../../src/config/automata/work.ts";

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

	it("is given up with an error of its own name", () => {
		expect(() => new Work(0).spend(1)).toThrow(expect.objectContaining({ name: "TooComplexError" }));
	});
});
