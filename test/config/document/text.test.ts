import { describe, expect, it } from "vitest";
import { cut, quote } from "../../../src/config/document/text.ts";

describe("a text in a message", () => {
	it.each([
		["the query of a URL", "https://host/path?token=secret", "https://host/path?***"],
		["the user of a URL", "mysql://user:pass@host/db", "mysql://***@host/db"],
		["the user before a host", "user:p@ss@host", "***@host"],
		["each URL of several", "http://a:b@c or http://d?e=f", "http://***@c or http://d?***"],
	])("does not show %s", (_what, text, shown) => {
		expect(cut(text)).toBe(shown);
	});

	// An emoji has two UTF-16 code units.
	it.each(["x", "😀"])("has up to 80 characters, such as %s", (character) => {
		expect(cut(character.repeat(80))).toBe(character.repeat(80));
		expect(cut(character.repeat(81))).toBe(`${character.repeat(79)}…`);
	});

	it("is quoted on one line", () => {
		expect(quote('a\n"b"')).toBe('"a\\n\\"b\\""');
	});
});
