// C0, C1, line separators, and the marks that turn the direction of text or hide in it.
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not reach a reader unseen
const INVISIBLE = /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/** The text on one line, with characters that cannot be seen spelt out as `\u{1b}`. */
export function visible(text: string): string {
	return text.replace(INVISIBLE, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);
}
