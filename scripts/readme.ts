/**
 * Writes the tables of inputs and outputs in README.md from action.yml.
 * Usage: node scripts/readme.ts
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parse } from "yaml";
import { z } from "zod";

const root = resolve(import.meta.dirname, "..");
const actionSchema = z.object({
	inputs: z.record(z.string(), z.object({ description: z.string(), default: z.string().optional() })),
	outputs: z.record(z.string(), z.object({ description: z.string() })),
});

/** README.md with its tables made anew from action.yml. */
export function readmeWithTables(readme: string, action: string): string {
	const { inputs, outputs } = actionSchema.parse(parse(action));
	const inputRows = Object.entries(inputs).map(
		([name, input]) =>
			`| \`${name}\` | ${input.default === undefined ? "" : `\`${input.default}\``} | ${cell(input.description)} |`,
	);
	const outputRows = Object.entries(outputs).map(([name, output]) => `| \`${name}\` | ${cell(output.description)} |`);
	const withInputs = between(readme, "inputs", ["| input | default | meaning |", "|---|---|---|", ...inputRows]);
	return between(withInputs, "outputs", ["| output | meaning |", "|---|---|", ...outputRows]);
}

function cell(text: string): string {
	return text.trim().replace(/\s+/g, " ").replaceAll("|", "\\|");
}

function between(text: string, name: string, lines: readonly string[]): string {
	const pattern = new RegExp(`(<!-- ${name}: [^>]*-->\\n)[\\s\\S]*?(<!-- /${name} -->)`);
	if (!pattern.test(text)) throw new Error(`README.md lacks the place for the table of ${name}`);
	return text.replace(pattern, (_all, start: string, end: string) => `${start}${lines.join("\n")}\n${end}`);
}

if (import.meta.main) {
	const path = join(root, "README.md");
	writeFileSync(path, readmeWithTables(readFileSync(path, "utf8"), readFileSync(join(root, "action.yml"), "utf8")));
}
