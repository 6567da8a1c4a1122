/** Text from outside, made safe for Markdown. */
import { firstCharacters, visible } from "../core/report/visible.ts";

/** The most characters of a name that are shown. */
const LONGEST_NAME = 200;
/** The same of a message: it says what to do. */
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
 * What Markdown and HTML act on becomes an entity, which acts nowhere, not even where a backslash would. On some of it
 * GitHub acts once more when entities are characters again: mentions, addresses, references to issues, formulas, links,
 * emoji. There an empty comment keeps apart what would belong together. Blanks at the ends, and an empty text, are kept
 * in sight of Markdown.
 */
function escapeUpTo(text: string, longest: number): string {
	return visible(firstCharacters(text === "" ? '""' : text, longest)).replace(
		/[&<>"'`*_{}[\]|~\\@#$]|:(?=\S)|www(?=\.)|^\s|\s$/gi,
		(found) => `${found.length > 1 ? found : `&#${found.codePointAt(0)};`}${/[@#$:w]/i.test(found) ? "<!-- -->" : ""}`,
	);
}
