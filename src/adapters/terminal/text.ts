/** Markdown for a terminal. */
import { visible } from "../../core/visible.ts";

/**
 * The Markdown as it stands, without the tags that fold it, and with entities as the characters that they are. Its
 * tables are padded, so it reads well. Nothing in it acts on the terminal, and no line feed ends it.
 */
export function plainText(markdown: string): string {
	const text = markdown
		.replaceAll("<!-- -->", "")
		.replace(/<\/?[a-z][^>]*>/g, "")
		.replace(/&#(\d+);/g, (_entity, code: string) => String.fromCodePoint(Number(code)));
	return text
		.split("\n")
		.map(visible)
		.join("\n")
		.replace(/\n{3,}/g, "\n\n")
		.trimEnd();
}
