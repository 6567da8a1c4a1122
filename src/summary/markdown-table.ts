/** A column is padded up to this width; a longer cell stands out rather than widening every row. */
const WIDEST = 60;
const NUMBER = /^[\d,]+(\.\d+)?( \+ [\d,]+)?$/;

export interface Table {
	/** The header row and the delimiter row. */
	readonly head: string;
	readonly rows: readonly string[];
}

/** A Markdown table whose source is as readable as its rendering: cells are padded to their column. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): Table {
	const columns = header.map((title, column) => {
		const cells = rows.map((row) => row[column] ?? "");
		const width = cells.reduce((most, cell) => Math.max(most, cell.length), Math.max(3, title.length));
		// Columns of numbers are right-aligned; blank cells fit either alignment.
		const isNumeric = cells.every((cell) => cell === "" || NUMBER.test(cell)) && cells.some((cell) => cell !== "");
		return { width: Math.min(WIDEST, width), isNumeric };
	});
	const line = (cells: readonly string[]) =>
		`| ${columns
			.map(({ width, isNumeric }, column) => {
				const cell = cells[column] ?? "";
				return isNumeric ? cell.padStart(width) : cell.padEnd(width);
			})
			.join(" | ")} |`;
	const rule = columns.map(({ width, isNumeric }) => (isNumeric ? `${"-".repeat(width - 1)}:` : "-".repeat(width)));
	return { head: `${line(header)}\n| ${rule.join(" | ")} |`, rows: rows.map(line) };
}

/** The first rows as paragraphs of Markdown, and how many more there are; nothing if there is no row. */
export function limitedTable(
	header: readonly string[],
	rows: readonly (readonly string[])[],
	most: number,
	rest = "more.",
): readonly string[] {
	if (rows.length === 0) return [];
	const { head, rows: lines } = table(header, rows.slice(0, most));
	const left = rows.length - most;
	return [[head, ...lines].join("\n"), ...(left <= 0 ? [] : [`${left} ${rest}`])];
}
