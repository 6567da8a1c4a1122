// Controls, formats (among them the marks that turn the direction of text), what is ignorable and so hides in a text or
// hides text, line separators, and halves of characters.
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}\p{Zl}\p{Zp}\p{Cs}]/gu;

/** The text on one line, with characters that cannot be seen spelt out as `\u{1b}`. */
export function visible(text: string): string {
	return text.replace(INVISIBLE, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);
}

/** The most characters of a name that a message shows. */
const LONGEST_NAME = 120;

/** A name as a message shows it: cut where it is so long that the rest of the message would be lost behind it. */
export function shorten(name: string): string {
	return firstCharacters(name, LONGEST_NAME);
}

/** At most so many characters of a text, none of them halved; where some are left out, the last is `…`. */
export function firstCharacters(text: string, longest: number): string {
	if (text.length <= longest) return text;
	const characters = [...text.slice(0, 2 * longest + 2)];
	return characters.length <= longest ? text : `${characters.slice(0, longest - 1).join("")}…`;
}
