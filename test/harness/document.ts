/** Parses Markdown, for tests that compare documents with the source. */
import { lexer } from "marked";
import { z } from "zod";

export interface Table {
	/** Texts of the headings above it, the outermost first. */
	readonly headings: readonly string[];
	/** Markdown of the cells. */
	readonly rows: readonly (readonly string[])[];
}

const headingSchema = z.object({ type: z.literal("heading"), depth: z.number(), text: z.string() });
const tableSchema = z.object({ type: z.literal("table"), rows: z.array(z.array(z.object({ text: z.string() }))) });

/** The tables of a document, in order. */
export function tablesOf(markdown: string): readonly Table[] {
	const headings: string[] = [];
	return lexer(markdown).flatMap((token) => {
		const heading = headingSchema.safeParse(token).data;
		if (heading !== undefined) headings.splice(heading.depth - 1, headings.length, heading.text);
		const table = tableSchema.safeParse(token).data;
		if (table === undefined) return [];
		return [{ headings: [...headings], rows: table.rows.map((row) => row.map(({ text }) => text)) }];
	});
}

/** The texts between backticks. */
export function codesIn(markdown: string): readonly string[] {
	return [...markdown.matchAll(/`([^`]+)`/g)].map(([, code = ""]) => code);
}
