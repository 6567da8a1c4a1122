/**
 * Measures speed, size, and behavior over simulated time, and prints one table. Exits with 1 if a bound is exceeded.
 * Usage: node bench/bench.ts [--write] [part …]
 */
import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { describeMachine, renderPage, type Section } from "./page.ts";
import { PARTS } from "./parts.ts";
import { textTable } from "./table.ts";

const { values, positionals } = parseArgs({ options: { write: { type: "boolean" } }, allowPositionals: true });
const names = PARTS.map(({ name }) => name);
const unknown = positionals.filter((name) => !names.includes(name));
if (unknown.length > 0) {
	console.error(`There is no part ${unknown.join(", ")}. The parts are ${names.join(", ")}.`);
	process.exit(1);
}
if (values.write && positionals.length > 0) {
	console.error("--write needs a run of all parts. Leave out the names of parts.");
	process.exit(1);
}

const sections: Section[] = [];
for (const { name, about, measure } of PARTS) {
	if (positionals.length > 0 && !positionals.includes(name)) continue;
	const start = performance.now();
	sections.push({ name, about, rows: await measure() });
	// Progress, so that the table alone is on standard output.
	console.error(`Measured ${name} in ${((performance.now() - start) / 1000).toFixed(0)} s.`);
}
const rows = sections.flatMap((section) => section.rows);
console.log(textTable(rows));
if (values.write) {
	const date = new Date().toISOString().slice(0, 10);
	const page = resolve(import.meta.dirname, "../docs/bench.md");
	writeFileSync(page, renderPage({ date, machine: describeMachine(), sections }));
}
process.exitCode = rows.every(({ kept }) => kept) ? 0 : 1;
