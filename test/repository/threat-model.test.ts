/** Every test that docs/threat-model.md names exists. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, it, test } from "vitest";
import { z } from "zod";
import { tablesOf } from "../harness/document.ts";
import { ROOT, read } from "../harness/repository.ts";
import { nameOf, nodeOf, nodesOf, textOf } from "../harness/syntax.ts";

const [, TEXT = ""] = /<!-- invariants -->\n([\s\S]*)<!-- \/invariants -->/.exec(read("docs/threat-model.md")) ?? [];
const ROWS = tablesOf(TEXT).flatMap(({ rows }) => rows);

/** Titles of the tests and groups of a file. */
function titlesOf(path: string): readonly string[] {
	return nodesOf(join(ROOT, path)).flatMap((node) => {
		if (node.type !== "CallExpression" || !isTest(node["callee"])) return [];
		const [first] = z.array(z.unknown()).parse(node["arguments"]);
		const title = nodeOf(first);
		return title === null ? [] : (textOf(title) ?? []);
	});
}

/** `it`, `test`, or `describe`, also with `.each(…)`. A skipped or planned test proves nothing. */
function isTest(callee: unknown): boolean {
	const name = nameOf(callee);
	if (name !== null) return ["it", "test", "describe"].includes(name);
	const each = nodeOf(nodeOf(callee)?.["callee"]);
	return each?.type === "MemberExpression" && nameOf(each["property"]) === "each" && isTest(each["object"]);
}

test("the first row names its invariant, and each row has a test", () => {
	expect(ROWS.length).toBeGreaterThan(0);
	expect(ROWS[0]?.[0]).not.toBe("");
	for (const row of ROWS) expect(row.slice(1).filter((cell) => cell !== "")).toHaveLength(2);
});

it.each(ROWS.map(([, file = "", title = ""]) => [file, title] as const))("%s: %s", (file, title) => {
	expect(existsSync(join(ROOT, file))).toBe(true);
	expect(titlesOf(file)).toContain(title);
});
