/**
 * Writes the generated tables: inputs and outputs in README.md from action.yml, options in docs/command-line.md from the
 * table of inputs.
 * Usage: node scripts/readme.ts
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { CHECK_OPTIONS } from "../src/inputs/check-command.ts";
import { OPTIONS, type Option, optionsOf } from "../src/inputs/options.ts";
import { POLICY_OPTIONS } from "../src/inputs/policy-command.ts";
import { REPLAY_OPTIONS } from "../src/inputs/replay-command.ts";

const root = resolve(import.meta.dirname, "..");
const actionSchema = z.object({
	inputs: z.record(z.string(), z.object({ description: z.string(), default: z.string().optional() })),
	outputs: z.record(z.string(), z.object({ description: z.string() })),
});

/** README.md with its tables updated from action.yml. */
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

/** docs/command-line.md with its tables updated. */
export function commandLineWithTables(document: string): string {
	const rows = (options: readonly Option[]) =>
		options.map((option) => `| ${usageOf(option)} | ${cell(option.documentation)} |`);
	const header = ["| option | meaning |", "|---|---|"];
	const withOriginal = between(document, "original options", [...header, ...rows(OPTIONS.original)]);
	const withOutput = between(withOriginal, "output options", [...header, ...rows(OPTIONS.output)]);
	const withInputs = between(withOutput, "input options", [...header, ...rows(OPTIONS.inputs)]);
	const withWatch = between(withInputs, "watch options", [...header, ...rows(optionsOf(["watch-interval"]))]);
	const withReplay = between(withWatch, "replay options", [...header, ...rows(REPLAY_OPTIONS)]);
	const withCheck = between(withReplay, "check options", [...header, ...rows(CHECK_OPTIONS)]);
	return between(withCheck, "policy options", [...header, ...rows(POLICY_OPTIONS)]);
}

function usageOf({ name, short, placeholder }: Option): string {
	const value = placeholder === undefined ? "" : ` ${placeholder}`;
	return `${short === undefined ? "" : `\`-${short}\`, `}\`--${name}${value}\``;
}

function cell(text: string): string {
	return text.trim().replace(/\s+/g, " ").replaceAll("|", "\\|");
}

/** A document with other lines between the two marks of a table. */
export function between(text: string, name: string, lines: readonly string[]): string {
	const pattern = new RegExp(`(<!-- ${name}: [^>]*-->\\n)[\\s\\S]*?(<!-- /${name} -->)`);
	if (!pattern.test(text))
		throw new Error(`Missing marks for the table of ${name}: <!-- ${name}: ... --> and <!-- /${name} -->`);
	return text.replace(pattern, (_all, start: string, end: string) => `${start}${lines.join("\n")}\n${end}`);
}

if (import.meta.main) {
	const read = (path: string) => readFileSync(join(root, path), "utf8");
	writeFileSync(join(root, "README.md"), readmeWithTables(read("README.md"), read("action.yml")));
	writeFileSync(join(root, "docs/command-line.md"), commandLineWithTables(read("docs/command-line.md")));
}
