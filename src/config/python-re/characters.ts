/** Python's character classes and escapes as JavaScript's. */

export interface CharacterClasses {
	readonly word: string;
	readonly notWord: string;
	readonly digit: string;
	readonly notDigit: string;
	readonly space: string;
	readonly notSpace: string;
}

// `str.isalnum()` is letters and everything numeric, without the combining marks that Unicode's own \w has;
// `str.isspace()` has the separators 1C to 1F and 85, and not the byte order mark that JavaScript's \s has.
export const UNICODE: CharacterClasses = {
	word: "[\\p{L}\\p{N}_]",
	notWord: "[^\\p{L}\\p{N}_]",
	digit: "\\p{Nd}",
	notDigit: "\\P{Nd}",
	space: "[\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]",
	notSpace: "[^\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]",
};
export const ASCII: CharacterClasses = {
	word: "[A-Za-z0-9_]",
	notWord: "[^A-Za-z0-9_]",
	digit: "[0-9]",
	notDigit: "[^0-9]",
	space: "[\\t-\\r ]",
	notSpace: "[^\\t-\\r ]",
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
export function literal(code: number): string {
	const character = String.fromCodePoint(code);
	if (/^[\^$\\.*+?()[\]{}|/]$/.test(character)) {
		return `\\${character}`;
	}
	return code >= 0x20 && code < 0x7f ? character : `\\u{${code.toString(16)}}`;
}

/** Classes give nearly every punctuation mark a meaning, alone or doubled. */
export function classLiteral(code: number): string {
	const character = String.fromCodePoint(code);
	return /^[A-Za-z0-9_]$/.test(character) ? character : `\\u{${code.toString(16)}}`;
}
