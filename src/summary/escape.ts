/** Text from outside, made safe for Markdown. */
import { visible } from "../core/visible.ts";

/** The most characters of one text that are shown. */
const LONGEST = 200;

/** The text as it is written, on one line, cut where it is too long, with nothing in it that Markdown or HTML acts on. */
export function escapeMarkdown(text: string): string {
	const shown = visible(text);
	const cut = shown.length > LONGEST ? `${shown.slice(0, LONGEST)}…` : shown;
	return (
		cut
			// An entity acts nowhere, not even where a backslash would. `:` makes links and emoji, `@` mentions, `$` formulas.
			.replace(/[&<>"'`*_{}[\]#|~\\@:$]/g, (character) => `&#${character.codePointAt(0)};`)
			.replace(/www\./gi, (www) => www.replace(".", "&#46;"))
	);
}
