/** What mode `check` says of the builders that a file names. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { checkBuilders } from "../../src/config/analysis/builders.ts";
import { readDocument } from "../../src/config/document/document.ts";
import { compilePattern } from "../../src/config/python-re/compile.ts";
import type { Match } from "../../src/core/demand/mapping.ts";
import type { BuilderPattern } from "../../src/core/model/policy.ts";
import { formatDiagnostic } from "../../src/errors.ts";

let folder: string;
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "aws-watch-pending-builders-"));
	writeFileSync(join(folder, "watch.yml"), "region_priorities: {}\nbuildermap:\n  ^Linux: bld\n  ^Mac: mac\n");
});
afterEach(() => rmSync(folder, { recursive: true }));

const patternOf = (source: string): BuilderPattern => ({
	source,
	mozType: "bld",
	line: 1,
	regex: compilePattern(source),
});
const LINUX = patternOf("^Linux");
const MAC = patternOf("^Mac");

/** Errors and warnings for builders, each with what the patterns decide for it. */
function findings(builders: readonly (readonly [name: string, match: Match])[], useless: readonly BuilderPattern[]) {
	const read = readDocument(join(folder, "watch.yml"), "watch.yml");
	if (read.kind === "unreadable") throw new Error("the document can't be read");
	const names = builders.map(([name]) => name);
	const matches = builders.map(([, match]) => match);
	const { errors, warnings } = checkBuilders(read.document, { file: "builders.txt", names, matches, useless });
	return { errors: errors.map(formatDiagnostic), warnings: warnings.map(formatDiagnostic) };
}

const timeout = (pattern: BuilderPattern): Match => ({ kind: "timeout", pattern });
const mapped: Match = { kind: "mapped", pattern: LINUX };
const unmatched: Match = { kind: "unmatched" };

it("a pattern that times out on builders is one error, which names the first of them and counts the others", () => {
	expect(
		findings(
			[
				["Linux a", mapped],
				["Linux b", timeout(LINUX)],
				["Mac a", timeout(MAC)],
				["Linux c", timeout(LINUX)],
				["Win", unmatched],
				["Linux d", timeout(LINUX)],
			],
			[],
		),
	).toEqual({
		errors: [
			'watch.yml:3:3: the pattern "^Linux" timed out on the builder "Linux b" and 2 more of builders.txt; simplify it',
			'watch.yml:4:3: the pattern "^Mac" timed out on the builder "Mac a" of builders.txt; simplify it',
		],
		warnings: [],
	});
});

it("a builder's name in an error is short, quoted, and readable", () => {
	expect(findings([[`"\udcef${"x".repeat(200)}`, timeout(LINUX)]], []).errors).toEqual([
		`watch.yml:3:3: the pattern "^Linux" timed out on the builder ${JSON.stringify(`"\\xef${"x".repeat(114)}…`)} of builders.txt; simplify it`,
	]);
});

it.each<[string, readonly (readonly [string, Match])[]]>([
	["1 builder", [["Win", unmatched]]],
	[
		"2 builders",
		[
			["Win a", unmatched],
			["Win b", unmatched],
		],
	],
])("a pattern that matches none of %s is a warning", (count, builders) => {
	const end = `matches none of the ${count} in builders.txt; correct it, or remove it if no other builder needs it`;
	expect(findings(builders, [MAC, LINUX])).toEqual({
		errors: [],
		warnings: [`watch.yml:4:3: the pattern "^Mac" ${end}`, `watch.yml:3:3: the pattern "^Linux" ${end}`],
	});
});
