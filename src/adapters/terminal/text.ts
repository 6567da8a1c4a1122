/** Renders Markdown for a terminal. */
import { visible } from "../../core/report/visible.ts";

/**
 * Removes charts, link targets, and HTML tags, and decodes entities. The rest stays, since the tables are padded. Nothing
 * in the result acts on the terminal, and it doesn't end in a line feed.
 */
export function plainText(markdown: string): string {
	const text = markdown
		// Terminals disagree on the width of a sign with a variation selector.
		.replace(/(?<=[⚠⏸])\uFE0F/gu, "")
		.replace(/^```mermaid\n[\s\S]*?\n```$/gm, "")
		.replace(/\[([^[\]]*)\]\(https:[^()]*\)/g, "$1")
		.replace(/<!--.*?-->|<\/?[a-z][^>]*>/g, "")
		.replace(/&#(\d+);/g, (_entity, code: string) => String.fromCodePoint(Number(code)));
	return text
		.split("\n")
		.map(visible)
		.join("\n")
		.replace(/\n{3,}/g, "\n\n")
		.trimEnd();
}
