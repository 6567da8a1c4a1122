/** Which characters patterns tell apart, and the one that stands for each group of the others. */
import { describe, expect, it, vi } from "vitest";
import { Alphabet, isSlowClass } from "../../../src/config/automata/alphabet.ts";

describe("an alphabet", () => {
	it.each([
		["letters before other characters", ["[x-z]", "\\d"], ["a", "x", "0"]],
		["a digit before a space", ["[ 5]"], ["a", "5"]],
		[
			"one character for those that are in the same classes, in whichever order these start",
			["[byz]", "[abz]"],
			["a", "b", "c", "y"],
		],
		["a visible character rather than a control character before it", ["[\\x7f-\\xff]"], ["a", "¡"]],
		["the first visible character even if it is the last of its range", ["[\\x7f-\\xa1]"], ["a", "¡"]],
		["a visible character rather than a smaller control character apart from it", ["[\\x80é]"], ["a", "é"]],
		["the smallest of visible characters that are apart", ["[¡é]"], ["a", "¡"]],
		["a control character only if nothing else is in its classes", ["\\n"], ["a", "\n"]],
		["a character of the end of Unicode that a class leaves out", ["[^\\u{10fffe}\\u{10ffff}]"], ["a", "\u{10fffe}"]],
		["every character but line ends for a dot", ["."], ["a", "\u2028"]],
	])("has %s", (_what, classes, characters) => {
		expect(new Alphabet(classes).characters).toEqual(characters);
	});

	it("gives the symbols of a name, and -1 for a character that it lacks", () => {
		const alphabet = new Alphabet(["b"]);
		expect(alphabet.characters).toEqual(["a", "b"]);
		expect(alphabet.symbolsOf("bab?")).toEqual([1, 0, 1, -1]);
	});

	it("gives no members of a class that it was not made of", () => {
		const alphabet = new Alphabet(["b"]);
		expect(alphabet.membersOf("b")).toEqual([false, true]);
		expect(alphabet.membersOf("c")).toEqual([]);
	});

	it("finds every character of Unicode at its code, and surrogates nowhere", async () => {
		// The text of all characters is made once. A new module makes it anew.
		vi.resetModules();
		const { Alphabet: NewAlphabet } = await import("../../../src/config/automata/alphabet.ts");
		const codes = [0, 1, 0x41, 0xd7ff, 0xe000, 0xfeff, 0xffff, 0x10000, 0x10001, 0x10400, 0x1f600, 0x10ffff];
		const single = (code: number) => `\\u{${code.toString(16)}}`;
		const alphabet = new NewAlphabet([...codes.map(single), ...codes.map((code) => `[${single(code)}]`)]);
		const symbols = codes.map((code) => alphabet.symbolsOf(String.fromCodePoint(code)));
		const membersOf = (js: string) => alphabet.membersOf(js).flatMap((isMember, symbol) => (isMember ? [symbol] : []));
		expect(codes.map((code) => membersOf(`[${single(code)}]`))).toEqual(symbols);
		expect(codes.map((code) => membersOf(single(code)))).toEqual(symbols);
		expect(new NewAlphabet(["[\\u{d800}-\\u{dfff}]"]).membersOf("[\\u{d800}-\\u{dfff}]")).toEqual([false]);
	});
});

describe("to find out which characters a class has", () => {
	it.each(["a", "☃", "😀", "\\.", "\\u{1f600}"])("is quick for the single character %s", (js) => {
		expect(isSlowClass(js)).toBe(false);
	});

	it.each([".", "\\w", "[ab]", "[^a]", "\\p{L}"])("takes reading all of Unicode for %s", (js) => {
		expect(isSlowClass(js)).toBe(true);
	});
});
