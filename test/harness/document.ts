/** Markdown, for tests that hold documents to the source. */
import { lexer, type Tokens } from "marked";

export interface Table {
	/** Texts of the headings that it stands under, the outermost first. */
	readonly headings: readonly string[];
	/** Cells as they are written. */
	readonly rows: readonly (readonly string[])[];
}

/** The tables of a document, in its order. */
export function tablesOf(markdown: string): readonly Table[] {
	const headings: string[] = [];
	return lexer(markdown).flatMap((token) => {
		if (token.type === "heading") {
			const { depth, text } = token as Tokens.Heading;
			headings.splice(depth - 1, headings.length, text);
		}
		if (token.type !== "table") return [];
		return [{ headings: [...headings], rows: (token as Tokens.Table).rows.map((row) => row.map(({ text }) => text)) }];
	});
}

/** The texts between backticks. */
export function codesIn(markdown: string): readonly string[] {
	return [...markdown.matchAll(/`([^`]+)`/g)].map(([, code = ""]) => code);
}
