import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { z } from "zod";
import { compilePattern } from "../../../src/config/python-re/compile.ts";
import { PatternError } from "../../../src/config/python-re/scanner.ts";

/** Written by scripts/python-re.ts. */
const table = z
	.object({
		names: z.array(z.string()),
		patterns: z.array(z.tuple([z.string(), z.string()])),
		cases: z.array(z.string()),
	})
	.parse(JSON.parse(readFileSync(join(import.meta.dirname, "table.json"), "utf8")));

/** In Python's notation: "error", or "name:end" for each name that the pattern matches. */
function result(pattern: string): string {
	let regex: RegExp;
	try {
		regex = compilePattern(pattern);
	} catch (error) {
		if (!(error instanceof PatternError)) throw error;
		return error.message.includes("not supported") ? "unsupported" : "error";
	}
	return table.names
		.flatMap((name, index) => {
			regex.lastIndex = 0;
			const text = regex.exec(name)?.[0];
			return text === undefined ? [] : [`${index}:${[...text].length}`];
		})
		.join(" ");
}

const differences = () =>
	table.patterns.flatMap(([pattern, expected]) => {
		const actual = result(pattern);
		return actual === expected ? [] : [{ pattern, expected, actual }];
	});

it("compares enough patterns with Python", () => {
	expect(table.patterns.length).toBeGreaterThan(1000);
});

it("matches what Python matches, and rejects what Python rejects", () => {
	expect(differences().filter(({ actual }) => actual !== "unsupported")).toEqual([]);
});

it("supports all that Python accepts but these", () => {
	const unsupported = differences().filter(({ expected, actual }) => actual === "unsupported" && expected !== "error");
	expect(unsupported.map(({ pattern }) => pattern)).toEqual([
		"\\N{DIGIT ONE}",
		"(a)|\\1",
		"(a)?\\1",
		"(a)?(?(1)b|c)",
		"(?<=(?>a))b",
	]);
});

it("ignores the case of each letter as Python does", () => {
	const letters = [...new Set(table.cases.join(""))].join("");
	const equal = new Map<string, Set<string>>();
	for (const row of table.cases)
		for (const letter of row) equal.set(letter, new Set([...(equal.get(letter) ?? []), ...row]));
	const wrong = [...equal].filter(([letter, expected]) => {
		const { source } = compilePattern(`(?i)${letter}`);
		const matched = letters.match(new RegExp(source, "gu")) ?? [];
		return matched.length !== expected.size || matched.some((match) => !expected.has(match));
	});
	expect(wrong).toEqual([]);
});
