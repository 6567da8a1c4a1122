/** docs/operations.md has a row for every code that the source can give, and no other; its numbers are the source's. */
import { globSync } from "node:fs";
import { describe, expect, it, test } from "vitest";
import { meaningOf, REFUSALS } from "../../src/adapters/ec2/refusals.ts";
import { loadConfig } from "../../src/config/load.ts";
import { SKIP_REASONS } from "../../src/core/demand/demand.ts";
import { REASON_CODES } from "../../src/core/launch/reasons.ts";
import {
	ALLOCATION_CODES,
	DATABASE_CODES,
	FAILURE_CODES,
	FAILURE_STAGES,
	LAUNCH_CODES,
	MAPPING_CODES,
} from "../../src/core/model/failure.ts";
import { isUnservedThoughAllowed } from "../../src/core/report/fail-on.ts";
import { reduce, reduceByLifecycle } from "../../src/core/supply/heuristic.ts";
import { TIMED_STAGES } from "../../src/tick/stopwatch.ts";
import { HEURISTICS } from "../core/facts.ts";
import { codesIn, tablesOf } from "../harness/document.ts";
import { ROOT, read } from "../harness/repository.ts";

const OPERATIONS = read("docs/operations.md");
const tables = tablesOf(OPERATIONS);

/** Cells of the tables under a heading. */
function rowsUnder(heading: RegExp): readonly (readonly string[])[] {
	const rows = tables.filter(({ headings }) => headings.some((one) => heading.test(one))).flatMap(({ rows }) => rows);
	expect(rows, `rows under ${heading}`).not.toEqual([]);
	return rows;
}

/** Cells of the table between two marks. */
function markedRows(mark: string): readonly (readonly string[])[] {
	const [, text = ""] = new RegExp(`<!-- ${mark} -->\\n([\\s\\S]*?)<!-- /${mark} -->`).exec(OPERATIONS) ?? [];
	return tablesOf(text).flatMap(({ rows }) => rows);
}

const firstCells = (rows: readonly (readonly string[])[]) => rows.flatMap(([first = ""]) => codesIn(first));
/** Codes of the first column that are this action's own: EC2's have capitals. */
const ownCodesUnder = (heading: RegExp) =>
	firstCells(rowsUnder(heading))
		.filter((code) => !/[A-Z]/.test(code))
		.toSorted();
const sorted = (...codes: readonly (readonly string[])[]) => [...new Set(codes.flat())].toSorted();

describe("the codes of", () => {
	it.each<[string, RegExp, readonly string[]]>([
		["the database", /^The database \(/, DATABASE_CODES.filter((code) => code !== "no-worker-tables")],
		[
			"mapping and jacuzzis",
			/^Mapping and jacuzzis \(/,
			sorted(
				MAPPING_CODES,
				ALLOCATION_CODES,
				DATABASE_CODES.filter((code) => code === "no-worker-tables"),
			),
		],
		["launching", /^Launching \(/, LAUNCH_CODES],
		["all failures", /^Failures$/, FAILURE_CODES],
		["reasons", /^Reasons$/, sorted(REASON_CODES, SKIP_REASONS)],
	])("%s are those of the table", (_what, heading, codes) => {
		expect(ownCodesUnder(heading)).toEqual(sorted(codes));
	});

	it("skipped requests are those of docs/report.md", () => {
		expect(reportRow("pending.reasons[]")).toEqual(expect.arrayContaining([...SKIP_REASONS]));
	});

	it("a launch that gave fewer than requested are explained", () => {
		expect(OPERATIONS).toContain("`partial`");
	});
});

describe("the stages of", () => {
	it("failures are those of the headings", () => {
		const headings = [...OPERATIONS.matchAll(/^#+ .*\(stages? (.*)\)$/gm)].map(([, stages = ""]) => stages);
		expect(sorted(headings.flatMap(codesIn))).toEqual(sorted(FAILURE_STAGES));
	});

	it("failures are those of docs/report.md", () => {
		const keys = ["stage", "region", "mozType", "code", "message"];
		expect(sorted(reportRow("failures[]").filter((code) => !keys.includes(code)))).toEqual(sorted(FAILURE_STAGES));
	});

	it("timings are those of docs/report.md, in the order of the tick", () => {
		const keys = ["stage", "seconds"];
		expect(reportRow("timings[]").filter((code) => !keys.includes(code))).toEqual([...TIMED_STAGES]);
	});
});

/** Codes of the second cell of a row of docs/report.md. */
function reportRow(key: string): readonly string[] {
	const row = tablesOf(read("docs/report.md"))
		.flatMap(({ rows }) => rows)
		.find(([first = ""]) => codesIn(first).includes(key));
	expect(row, `the row ${key}`).toBeDefined();
	return codesIn(row?.[1] ?? "");
}

test("the column `fails` agrees with fail-on for every reason of a pool", () => {
	const fails = new Map(rowsUnder(/^Reasons$/).map(([code = "", , , cell = ""]) => [codesIn(code)[0] ?? "", cell]));
	const expected = REASON_CODES.map((code) => [code, isUnservedThoughAllowed(code, null) ? "yes" : "no"]);
	expect(REASON_CODES.map((code) => [code, fails.get(code)])).toEqual(expected);
});

describe("the answers of EC2", () => {
	const KINDS: Readonly<Record<string, string>> = {
		"no capacity": "no-capacity",
		price: "no-price",
		quota: "limit",
		addresses: "no-address",
		"wrong subnet": "rejected",
		"wrong image": "rejected",
		"wrong EC2 instance type": "rejected",
		"volume type": "rejected",
		denied: "rejected",
		"no spot role": "rejected",
		"no call in the region can succeed": "stop-all",
		"no call can succeed": "stop-all",
		"asked before": "unknown",
		"slow down": "rejected",
		unknown: "unknown",
		"wrong request": "rejected",
	};
	const tablesOfAnswers = tables.filter(({ headings }) => headings.includes("Answers of EC2"));
	const [rows = [], byMessage = []] = tablesOfAnswers.map((table) => table.rows);
	const answer = (code: string) => Object.assign(new Error("m"), { name: code });

	it.each(rows.map(([title = "", codes = "", ends = ""]) => [title, codesIn(codes), codesIn(ends)[0]] as const))(
		"%s",
		(title, codes, scope) => {
			expect(codes).not.toEqual([]);
			expect(codes.map((code) => meaningOf(answer(code)))).toEqual(codes.map(() => ({ kind: KINDS[title], scope })));
		},
	);

	const scopesOf = (table: readonly (readonly string[])[], endsAt: number, codesAt: number) =>
		table.flatMap((row) => codesIn(row[codesAt] ?? "").map((code) => `${code} ${codesIn(row[endsAt] ?? "")[0]}`));

	it("are all there", () => {
		const known = REFUSALS.flatMap(({ codes, scope }) => codes.map((code) => `${code} ${scope}`));
		const documented = [...scopesOf(rows, 2, 1), ...scopesOf(byMessage, 2, 0)];
		expect(documented).toEqual(expect.arrayContaining(known));
	});

	it("that depend on the message are the source's", () => {
		const known = REFUSALS.filter(({ message }) => message !== undefined).flatMap(({ codes, scope }) =>
			codes.map((code) => `${code} ${scope}`),
		);
		expect(scopesOf(byMessage, 2, 0).filter((row) => !known.includes(row))).toEqual([]);
	});
});

test("the messages of the tables are the source's", () => {
	const source = globSync("src/**/*.ts", { cwd: ROOT }).map(read).join("\n");
	const parts = firstCells(rowsUnder(/^Inputs and configuration$/)).flatMap((message) =>
		message.split("…").filter((part) => part.trim().length > 3),
	);
	expect(parts.length).toBeGreaterThan(0);
	expect(parts.filter((part) => !source.includes(part.trim()))).toEqual([]);
});

test("the numbers of the heuristic are what the heuristic returns", () => {
	const rows = markedRows("heuristic").map((row) => row.map(Number));
	expect(rows.length).toBeGreaterThan(0);
	for (const [count = 0, running = 0, fresh = 0, oldDivisor = 0, needed] of rows) {
		expect(reduce({ count, fresh, old: running - fresh, oldDivisor }).need).toBe(needed);
	}
});

test("the numbers of the scopes are what the heuristic returns", () => {
	const supply = { running: { spot: 23, "on-demand": 14 }, fresh: { spot: 3, "on-demand": 4 } };
	const rows = (["lifecycle", "pool"] as const).map((scope) => {
		const of = (count: number, lifecycle: "spot" | "on-demand", fellThrough: boolean) =>
			reduceByLifecycle({ count, supply, lifecycle, fellThrough, heuristics: { ...HEURISTICS, scope } }).need;
		const spot = of(30, "spot", false);
		return [`\`${scope}\``, ...[spot, spot, of(spot, "on-demand", true)].map(String)];
	});
	expect(markedRows("scope")).toEqual(rows);
});

test("the maximum cost of the example is the sum of its limits times its bids", () => {
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
	expect(OPERATIONS).toContain(`up to ${onDemand} instances in the example`);
});
