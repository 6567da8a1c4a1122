// Control and format characters (including those that change the direction of text), characters that readers may ignore,
// line separators, and unpaired surrogates.
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}\p{Zl}\p{Zp}\p{Cs}]/gu;

/** The text on one line, with invisible characters escaped, for example as `\u{1b}`. */
export function visible(text: string): string {
	return text.replace(INVISIBLE, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);
}

/** Maximum length of a name in a message. */
const LONGEST_NAME = 120;

/** A name as a message shows it: on one line, and truncated so that a reader still finds the rest of the message. */
export function shorten(name: string): string {
	return visible(firstCharacters(name, LONGEST_NAME));
}

/** Up to `longest` whole characters of a text. The last one is `…` if the text is truncated. */
export function firstCharacters(text: string, longest: number): string {
	if (text.length <= longest) return text;
	const characters = [...text.slice(0, 2 * longest + 2)];
	return characters.length <= longest ? text : `${characters.slice(0, longest - 1).join("")}…`;
}
