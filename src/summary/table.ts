/** A Markdown table whose source is as readable as its rendering: cells are padded to their column. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
	const widths = header.map((title, column) =>
		Math.max(3, title.length, ...rows.map((row) => row[column]?.length ?? 0)),
	);
	// Columns of numbers stand to the right.
	const isNumeric = header.map((_, column) => rows.every((row) => /^\d+$/.test(row[column] ?? "")));
	const line = (cells: readonly string[]) =>
		`| ${widths.map((width, column) => pad(cells[column] ?? "", width, isNumeric[column] ?? false)).join(" | ")} |`;
	const rule = widths.map((width, column) => (isNumeric[column] ? `${"-".repeat(width - 1)}:` : "-".repeat(width)));
	return [line(header), `| ${rule.join(" | ")} |`, ...rows.map(line)].join("\n");
}

function pad(cell: string, width: number, right: boolean): string {
	return right ? cell.padStart(width) : cell.padEnd(width);
}
