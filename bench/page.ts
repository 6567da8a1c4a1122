/** The page `docs/bench.md`: the results of a run of all parts, with its date and machine. */
import { availableParallelism, cpus, release, totalmem, type } from "node:os";
import { type Part, type Row, verdict } from "./table.ts";

export interface Section extends Pick<Part, "name" | "about"> {
	readonly rows: readonly Row[];
}

export interface Page {
	/** ISO 8601, without the time. */
	readonly date: string;
	readonly machine: string;
	readonly sections: readonly Section[];
}

const HEADER = "| measurement | result | bound | verdict |\n|---|---|---|---|";

/** For example `2 × AMD EPYC, 24 GB of memory, Linux 6.1.0, Node 24.21.0`. */
export function describeMachine(): string {
	const model = cpus()[0]?.model.trim() ?? "unknown processor";
	const memory = Math.round(totalmem() / 2 ** 30);
	return `${availableParallelism()} × ${model}, ${memory} GB of memory, ${type()} ${release()}, Node ${process.versions.node}`;
}

export function renderPage({ date, machine, sections }: Page): string {
	const text = sections.map(
		({ name, about, rows }) => `## ${capitalized(name)}\n\n${about}\n\n${HEADER}\n${rows.map(line).join("\n")}\n`,
	);
	return `# Benchmarks

\`npm run bench\` measures everything on this page and exits with 1 if a bound is exceeded. \`npm run bench -- --write\` also writes this page. To run only some parts, name them: \`npm run bench -- scale watch\`.

Measured on ${date}: ${machine}.

${text.join("\n")}`;
}

/**
 * Reads a page that `renderPage` made.
 * @throws RangeError if it has another form
 */
export function parsePage(text: string): Page {
	const [, date, machine] = /^Measured on (\d{4}-\d\d-\d\d): (.+)\.$/m.exec(text) ?? [];
	if (date === undefined || machine === undefined) throw new RangeError("the page has no date and machine");
	return { date, machine, sections: text.split(/^## /m).slice(1).map(parseSection) };
}

function parseSection(text: string): Section {
	const [title = "", , about = "", , ...rest] = text.split("\n");
	const rows = rest
		.slice(2)
		.filter((row) => row !== "")
		.map(parseRow);
	return { name: title.toLowerCase(), about, rows };
}

function parseRow(text: string): Row {
	const cells = text.slice(2, -2).split(" | ");
	const [what, measured, bound, found] = cells;
	if (cells.length !== 4 || what === undefined || measured === undefined || bound === undefined) {
		throw new RangeError(`not a row of the table: ${text}`);
	}
	return { what, measured, bound: bound.trim(), kept: found !== "EXCEEDED" };
}

function line(row: Row): string {
	return `| ${[row.what, row.measured, row.bound, verdict(row)].join(" | ")} |`;
}

function capitalized(text: string): string {
	return text.charAt(0).toUpperCase() + text.slice(1);
}
