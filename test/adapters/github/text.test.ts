import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { safeForLog } from "../../../src/adapters/github/text.ts";

describe("text for the log", () => {
	it.each([
		["::error::x", "\\::error::x"],
		["  ::set-env name=a::b", "  \\::set-env name=a::b"],
		["##[group]x", "##\\[group]x"],
		["a ::b:: c", "a ::b:: c"],
		["a\n::stop-commands::x", "a\n\\::stop-commands::x"],
		["\u001b[31mred", "\\u{1b}[31mred"],
		["a\r::error::x", "a\\u{d}::error::x"],
	])("%j becomes %j", (text, expected) => {
		expect(safeForLog(text)).toBe(expected);
	});

	it("holds no line that the runner takes for a command, whatever it is", () => {
		const pieces = fc.array(
			fc.constantFrom("::", "error", "##[", "group]", "\n", "\r", " ", "\t", "\u2028", "\ufeff", "x"),
		);
		fc.assert(
			fc.property(pieces, (some) => {
				const lines = safeForLog(some.join("")).split(/\r\n|\r|\n/);
				// The runner trims a line's start, then looks for `::`; it looks for `##[` anywhere.
				expect(lines.filter((line) => line.trimStart().startsWith("::") || line.includes("##["))).toEqual([]);
			}),
		);
	});
});
