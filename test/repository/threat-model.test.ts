/** docs/threat-model.md names tests that exist. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, it, test } from "vitest";
import { z } from "zod";
import { tablesOf } from "../harness/document.ts";
import { ROOT, read } from "../harness/repository.ts";
import { nameOf, nodeOf, nodesOf, textOf } from "../harness/syntax.ts";

const [, TEXT = ""] = /<!-- invariants -->\n([\s\S]*)<!-- \/invariants -->/.exec(read("docs/threat-model.md")) ?? [];
const ROWS = tablesOf(TEXT).flatMap(({ rows }) => rows);

/** The titles of a file's tests and of their groups. */
function titlesOf(path: string): readonly string[] {
	return nodesOf(join(ROOT, path)).flatMap((node) => {
		if (node.type !== "CallExpression" || !isTest(node["callee"])) return [];
		const [first] = z.array(z.unknown()).parse(node["arguments"]);
		const title = nodeOf(first);
		return title === null ? [] : (textOf(title) ?? []);
	});
}

/** `it`, `test` or `describe`, also with `.each(…)`; what is skipped or only planned proves nothing. */
function isTest(callee: unknown): boolean {
	const name = nameOf(callee);
	if (name !== null) return ["it", "test", "describe"].includes(name);
	const each = nodeOf(nodeOf(callee)?.["callee"]);
	return each?.type === "MemberExpression" && nameOf(each["property"]) === "each" && isTest(each["object"]);
}

test("the first row of an invariant says it, and each row has its test", () => {
	expect(ROWS.length).toBeGreaterThan(0);
	expect(ROWS[0]?.[0]).not.toBe("");
	for (const row of ROWS) expect(row.slice(1).filter((cell) => cell !== "")).toHaveLength(2);
});

it.each(ROWS.map(([, file = "", title = ""]) => [file, title] as const))("%s: %s", (file, title) => {
	expect(existsSync(join(ROOT, file))).toBe(true);
	expect(titlesOf(file)).toContain(title);
});
