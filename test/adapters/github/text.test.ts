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

	it("contains no line that the runner treats as a command", () => {
		const pieces = fc.array(
			fc.constantFrom("::", "error", "##[", "group]", "\n", "\r", " ", "\t", "\u2028", "\ufeff", "x"),
		);
		fc.assert(
			fc.property(pieces, (some) => {
				const lines = safeForLog(some.join("")).split(/\r\n|\r|\n/);
				// The runner looks for `::` after leading whitespace, and for `##[` anywhere.
				expect(lines.filter((line) => line.trimStart().startsWith("::") || line.includes("##["))).toEqual([]);
			}),
		);
	});
});
