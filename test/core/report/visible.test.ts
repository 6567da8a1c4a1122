import { expect, it } from "vitest";
import { firstCharacters, shorten, visible } from "../../../src/core/report/visible.ts";

it.each([
	["a line feed", "a\nb", "a\\u{a}b"],
	["an escape sequence", "\u001b[31mred", "\\u{1b}[31mred"],
	["a change of direction", "a\u202eb", "a\\u{202e}b"],
	["a zero-width space", "a\u200bb", "a\\u{200b}b"],
	["a variation selector", "a\ufe0fb", "a\\u{fe0f}b"],
	["a line separator", "a\u2028b\u2029", "a\\u{2028}b\\u{2029}"],
	["an unpaired surrogate", "a\udc80b", "a\\u{dc80}b"],
	["an invisible tag", "a\u{e0041}b", "a\\u{e0041}b"],
	["every one of several", "\r\n\t", "\\u{d}\\u{a}\\u{9}"],
])("%s is made visible", (_what, text, expected) => {
	expect(visible(text)).toBe(expected);
});

it("visible text stays as it is", () => {
	expect(visible("Grüße, 日本 😀 <b>\\u{a}")).toBe("Grüße, 日本 😀 <b>\\u{a}");
});

it.each([
	["abc", 3, "abc"],
	["abcd", 3, "ab…"],
	["", 3, ""],
	["😀😀😀", 3, "😀😀😀"],
	["😀😀😀😀", 3, "😀😀…"],
	["😀".repeat(9), 3, "😀😀…"],
	["ab😀", 3, "ab😀"],
])("of %j the first %i characters are %j", (text, longest, expected) => {
	expect(firstCharacters(text, longest)).toBe(expected);
});

it("a name is shortened to 120 characters, on one line", () => {
	expect(shorten("a\n::error::b\u202e")).toBe("a\\u{a}::error::b\\u{202e}");
	expect(shorten("x".repeat(120))).toBe("x".repeat(120));
	expect(shorten("x".repeat(121))).toBe(`${"x".repeat(119)}…`);
});
