/**
 * What a reader would not see, or what hides or turns around its neighbours: controls, format characters (bidirectional
 * overrides, zero-width joiners, tags), halves of surrogate pairs, line separators, and all that fonts leave blank.
 */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;

/** The text on one line, with characters that cannot be seen spelt out as `\u{1b}`. */
export function visible(text: string): string {
	return text.replace(INVISIBLE, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);
}
