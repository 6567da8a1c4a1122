/** Python's character classes and escapes as JavaScript's. */
import type { Flags } from "./flags.ts";
import { otherCases } from "./ignore-case.ts";

/** What can stand between the brackets of a class. */
export interface CharacterClasses {
	readonly word: string;
	readonly digit: string;
	readonly notDigit: string;
	readonly space: string;
	readonly notSpace: string;
}

// `str.isalnum()` is letters and everything numeric, without the combining marks that Unicode's own \w has;
// `str.isspace()` has the separators 1C to 1F and 85, and not the byte order mark that JavaScript's \s has.
export const UNICODE: CharacterClasses = {
	word: "\\p{L}\\p{N}_",
	digit: "\\p{Nd}",
	notDigit: "\\P{Nd}",
	space: "\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000",
	notSpace:
		"\\0-\\x08\\x0e-\\x1b\\x21-\\x84\\x86-\\x9f\\xa1-\\u167f\\u1681-\\u1fff\\u200b-\\u2027\\u202a-\\u202e\\u2030-\\u205e\\u2060-\\u2fff\\u3001-\\u{10ffff}",
};
export const ASCII: CharacterClasses = {
	word: "A-Za-z0-9_",
	digit: "0-9",
	notDigit: "\\0-/:-\\u{10ffff}",
	space: "\\t-\\r\\x20",
	notSpace: "\\0-\\x08\\x0e-\\x1f!-\\u{10ffff}",
};

export const SIMPLE_ESCAPES: ReadonlyMap<string, number> = new Map([
	["a", 7],
	["f", 12],
	["n", 10],
	["r", 13],
	["t", 9],
	["v", 11],
]);

/** A character as itself, outside of a class. */
export function literal(code: number, flags: Flags): string {
	const others = flags.ignoreCase ? otherCases(code, code, flags.ascii) : [];
	if (others.length > 0) return `[${[code, ...others].map(classLiteral).join("")}]`;
	const character = String.fromCodePoint(code);
	if (/^[\^$\\.*+?()[\]{}|/]$/.test(character)) {
		return `\\${character}`;
	}
	return code >= 0x20 && code < 0x7f ? character : `\\u{${code.toString(16)}}`;
}

/** Classes give several punctuation marks a meaning. */
export function classLiteral(code: number): string {
	const character = String.fromCodePoint(code);
	return /^[A-Za-z0-9_]$/.test(character) ? character : `\\u{${code.toString(16)}}`;
}
