/** The rows that a benchmark prints, and statistics for them. */

/** One measurement. */
export interface Row {
	readonly what: string;
	readonly measured: string;
	/** Empty: the row is for comparison. */
	readonly bound: string;
	/** Whether the measurement keeps the bound. */
	readonly kept: boolean;
}

/** A part of the benchmark, which can be run alone. */
export interface Part {
	readonly name: string;
	/** What it measures, and how; one or two sentences. */
	readonly about: string;
	readonly measure: () => Promise<readonly Row[]>;
}

/** @throws RangeError without numbers */
export function median(numbers: readonly number[]): number {
	return percentile(0.5, numbers);
}

/**
 * The least of the numbers that this share of them does not exceed (nearest rank).
 * @throws RangeError without numbers
 */
export function percentile(share: number, numbers: readonly number[]): number {
	const found = numbers.toSorted((a, b) => a - b)[Math.max(0, Math.ceil(share * numbers.length) - 1)];
	if (found === undefined) throw new RangeError("no numbers");
	return found;
}

/** What a person reads as the verdict of a row. */
export function verdict({ bound, kept }: Row): string {
	return kept ? (bound === "" ? "" : "ok") : "EXCEEDED";
}

/** Columns of equal width. */
export function textTable(rows: readonly Row[]): string {
	const cells = rows.map((row) => [row.what, row.measured, row.bound, verdict(row)]);
	const widths = [0, 1, 2].map((column) => Math.max(...cells.map((line) => line[column]?.length ?? 0)));
	return cells.map((line) => line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ")).join("\n");
}
