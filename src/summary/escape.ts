/** Escapes foreign text for Markdown. */
import { firstCharacters, visible } from "../core/report/visible.ts";

/** Characters of a name that are shown. */
const LONGEST_NAME = 200;
/** Characters of a message that are shown: more, because it ends with the remedy. */
const LONGEST_MESSAGE = 2_000;

/** A name as it is written, on one line, truncated if it is too long, and inert in Markdown and HTML. */
export function escapeMarkdown(name: string): string {
	return escapeUpTo(name, LONGEST_NAME);
}

/** The same for text that may be long. */
export function escapeMessage(message: string): string {
	return escapeUpTo(message, LONGEST_MESSAGE);
}

/**
 * Replaces characters that Markdown or HTML would interpret with entities, which are inert even where a backslash is
 * not. GitHub interprets mentions, addresses, issue references, formulas, links, and emoji after it has decoded the
 * entities, so an empty comment splits these. Spaces at the ends become entities and an empty text becomes `""`, because
 * Markdown would drop them.
 */
function escapeUpTo(text: string, longest: number): string {
	return visible(firstCharacters(text === "" ? '""' : text, longest)).replace(
		/[&<>"'`*_{}[\]|~\\@#$]|:(?=\S)|www(?=\.)|^\s|\s$/gi,
		(found) => `${found.length > 1 ? found : `&#${found.codePointAt(0)};`}${/[@#$:w]/i.test(found) ? "<!-- -->" : ""}`,
	);
}
