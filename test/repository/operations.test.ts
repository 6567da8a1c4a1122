/** docs/operations.md knows every code that the source can give, and its numbers are the source's. */
import { globSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, test } from "vitest";
import { z } from "zod";
import { refusalKind } from "../../src/adapters/ec2/errors.ts";
import { loadConfig } from "../../src/config/load.ts";
import { isUnservedThoughAllowed } from "../../src/core/report/fail-on.ts";
import { reduce, reduceByLifecycle } from "../../src/core/supply/heuristic.ts";
import { HEURISTICS } from "../core/facts.ts";
import { codesIn, tablesOf } from "../harness/document.ts";
import { ROOT, read } from "../harness/repository.ts";
import { type Node, nameOf, nodeOf, nodesIn, nodesOf, textOf, textsIn } from "../harness/syntax.ts";

const OPERATIONS = read("docs/operations.md");
const SOURCES = globSync("src/**/*.ts", { cwd: ROOT }).toSorted();
const EC2_ERRORS = "src/adapters/ec2/errors.ts";
const tables = tablesOf(OPERATIONS);
const tree = (path: string) => nodesOf(join(ROOT, path));

/** Cells of the tables under a heading. */
function rowsUnder(heading: string): readonly (readonly string[])[] {
	const rows = tables.filter(({ headings }) => headings.includes(heading)).flatMap(({ rows }) => rows);
	expect(rows, `rows under "${heading}"`).not.toEqual([]);
	return rows;
}

/** Cells of the table between two marks. */
function markedRows(mark: string): readonly (readonly string[])[] {
	const [, text = ""] = new RegExp(`<!-- ${mark} -->\\n([\\s\\S]*?)<!-- /${mark} -->`).exec(OPERATIONS) ?? [];
	return tablesOf(text).flatMap(({ rows }) => rows);
}

const firstCells = (rows: readonly (readonly string[])[]) => rows.flatMap(([first = ""]) => codesIn(first));

/** The texts that an expression may come to, as far as it says them itself. */
function outcomes(expression: unknown): readonly string[] {
	const node = nodeOf(expression);
	switch (node?.type) {
		case "ConditionalExpression":
			return [...outcomes(node["consequent"]), ...outcomes(node["alternate"])];
		case "TSAsExpression":
			return outcomes(node["expression"]);
		case "Literal":
			return textsIn(node);
		default:
			return [];
	}
}

/** Where the source says what a code is: under `code`, in a type of codes, or as the first word of an error's making. */
function codesOf(node: Node): readonly string[] {
	switch (node.type) {
		case "Property":
			return nameOf(node["key"]) === "code" ? outcomes(node["value"]) : [];
		case "TSPropertySignature":
			return nameOf(node["key"]) === "code" ? textsIn(node["typeAnnotation"]) : [];
		case "VariableDeclarator":
			return nameOf(node["id"]) === "code" ? outcomes(node["init"]) : [];
		case "TSTypeAliasDeclaration":
			return nameOf(node["id"])?.endsWith("Code") ? textsIn(node["typeAnnotation"]) : [];
		case "NewExpression":
		case "CallExpression": {
			const makes = ["DatabaseError", "FleetError", "fail"].includes(nameOf(node["callee"]) ?? "");
			return makes ? outcomes(z.array(z.unknown()).parse(node["arguments"])[0]) : [];
		}
		default:
			return [];
	}
}

/** The keys of the map of advice, which the compiler holds to all reasons. */
const REASONS = tree("src/core/report/advice.ts").flatMap((node) => {
	if (node.type !== "VariableDeclarator" || nameOf(node["id"]) !== "ADVICE") return [];
	return nodesIn(node["init"]).flatMap((one) =>
		one.type === "Property" ? [nameOf(one["key"]) ?? textsIn(one["key"])[0] ?? ""] : [],
	);
});
/** The share of images is a ceiling that is never told. */
const INTERNAL = ["image-share"];
const CODES = [...new Set(SOURCES.flatMap(tree).flatMap(codesOf))].filter((code) => !INTERNAL.includes(code));

test("the source's codes are found where they are known to be", () => {
	expect(CODES).toEqual(
		expect.arrayContaining(["lock-lost", "query-failed", "no-worker-tables", "pattern-timeout", "user-data-too-long"]),
	);
	expect(CODES).toEqual(expect.arrayContaining(["cap-tick", "error", "partial", "no-certificate", "tls-untrusted"]));
	expect(REASONS).toEqual(expect.arrayContaining(["launched", "covered-by-fresh", "no-rules", "timeout"]));
});

describe("every code has a row", () => {
	const documented = tables.flatMap(({ rows }) => rows.flatMap((row) => codesIn(row.slice(0, 2).join(" "))));
	it.each([...new Set([...CODES, ...REASONS])].toSorted())("%s", (code) => {
		const elsewhere = code === "partial" && OPERATIONS.includes("`partial`");
		expect(documented.includes(code) || elsewhere).toBe(true);
	});

	it.each(REASONS)("reason %s", (code) => {
		expect(firstCells(rowsUnder("Reasons"))).toContain(code);
	});
});

test("no row is of a code that the source does not know", () => {
	const known = SOURCES.flatMap(tree).flatMap((node) => textOf(node) ?? nameOf(node) ?? []);
	const ours = firstCells([...rowsUnder("Reasons"), ...rowsUnder("Failures")]).filter((code) => !/[A-Z]/.test(code));
	expect(ours.filter((code) => !known.includes(code))).toEqual([]);
});

test("what a reason does to a run is what is told", () => {
	for (const [code = "", , , fails] of rowsUnder("Reasons")) {
		const [name = ""] = codesIn(code);
		if (!REASONS.includes(name)) continue;
		expect(fails, name).toBe(isUnservedThoughAllowed(name, null) ? "yes" : "no");
	}
});

describe("the answers of EC2", () => {
	const KINDS: Readonly<Record<string, string>> = {
		"no capacity": "no-capacity",
		price: "no-price",
		quota: "limit",
		addresses: "no-address",
		"no call can succeed": "stop-all",
		"asked before": "unknown",
		"slow down": "rejected",
		"may pass": "unknown",
		"denied or malformed": "rejected",
	};
	const rows = rowsUnder("Answers of EC2");
	const answer = (code: string) => Object.assign(new Error("m"), { code, $metadata: { httpStatusCode: 400 } });

	it.each(rows.map(([title = "", codes = ""]) => [title, codesIn(codes)] as const))("%s", (title, codes) => {
		expect(codes).not.toEqual([]);
		expect(codes.map((code) => refusalKind(answer(code)))).toEqual(codes.map(() => KINDS[title]));
	});

	it("are all there", () => {
		// What advice looks for is the beginning of a code.
		const known = tree(EC2_ERRORS)
			.filter((node) => node.type === "VariableDeclarator" && /^[A-Z_]+$/.test(nameOf(node["id"]) ?? ""))
			.filter((node) => nameOf(node["id"]) !== "LOOK_AT")
			.flatMap((node) => textsIn(node["init"]))
			.filter((code) => /^[A-Z]/.test(code));
		expect(known.length).toBeGreaterThan(0);
		expect(rows.flatMap(([, codes = ""]) => codesIn(codes))).toEqual(expect.arrayContaining(known));
	});
});

test("the messages that are told of are the source's", () => {
	const source = SOURCES.map(read).join("\n");
	const parts = firstCells(rowsUnder("Inputs and configuration")).flatMap((message) =>
		message.split("…").filter((part) => part.trim().length > 3),
	);
	expect(parts.length).toBeGreaterThan(0);
	expect(parts.filter((part) => !source.includes(part.trim()))).toEqual([]);
});

test("the numbers of the heuristic are its own", () => {
	const rows = markedRows("heuristic").map((row) => row.map(Number));
	expect(rows.length).toBeGreaterThan(0);
	for (const [count = 0, running = 0, fresh = 0, oldDivisor = 0, needed] of rows) {
		expect(reduce({ count, fresh, old: running - fresh, oldDivisor }).need).toBe(needed);
	}
});

test("so are those of its scopes", () => {
	const supply = { running: { spot: 23, "on-demand": 14 }, fresh: { spot: 3, "on-demand": 4 } };
	const rows = (["lifecycle", "pool"] as const).map((scope) => {
		const of = (count: number, lifecycle: "spot" | "on-demand", fellThrough: boolean) =>
			reduceByLifecycle({ count, supply, lifecycle, fellThrough, heuristics: { ...HEURISTICS, scope } }).need;
		const spot = of(30, "spot", false);
		return [`\`${scope}\``, ...[spot, spot, of(spot, "on-demand", true)].map(String)];
	});
	expect(markedRows("scope")).toEqual(rows);
});

test("what the example can cost is what its limits and bids come to", () => {
	const { policy } = loadConfig("configs/watch_pending.json", { workspace: ROOT, regions: null });
	const bounds = Object.entries(policy.spotLimits.global).map(([mozType, limit]) => {
		const bid = Math.max(...(policy.spotRules[mozType] ?? []).map(({ bidPrice }) => bidPrice));
		return { mozType, limit, bid };
	});
	const total = bounds.reduce((sum, { limit, bid }) => sum + limit * bid, 0);
	const limits = bounds.reduce((sum, { limit }) => sum + limit, 0);
	expect(markedRows("bound")).toEqual([
		...bounds.map(({ mozType, limit, bid }) => [`\`${mozType}\``, `${limit}`, `${bid}`, (limit * bid).toFixed(2)]),
		["all", `${limits}`, "", total.toFixed(2)],
	]);
	const onDemand = Object.values(policy.onDemandLimits.global).reduce((sum, limit) => sum + limit, 0);
	expect(OPERATIONS).toContain(`up to ${onDemand} machines in the example`);
});
