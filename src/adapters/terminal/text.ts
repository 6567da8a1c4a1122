/** Markdown for a terminal. */
import { visible } from "../../core/report/visible.ts";

/**
 * The Markdown as it stands, without charts, the targets of links and the tags that fold it, and with entities as the
 * characters that they are. Its tables are padded, so it reads well. Nothing in it acts on the terminal, and no line feed
 * ends it.
 */
export function plainText(markdown: string): string {
	const text = markdown
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
