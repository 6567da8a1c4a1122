import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { parseReport } from "../../scripts/saved-report.ts";
import { summarize } from "../../src/summary/summary.ts";
import { report, reportedPool } from "../core/reports.ts";
import { someReport } from "../summary/arbitrary-report.ts";

const SCRIPT = resolve(import.meta.dirname, "../../scripts/summary.ts");
/** The first version of the report, without keys that were added later. */
const FIRST = {
	version: 1,
	mode: "launch",
	startedAt: "2026-01-05T10:04:10.000Z",
	finishedAt: "2026-01-05T10:04:12.000Z",
	pending: {
		total: 3,
		matched: 3,
		unmatched: 0,
		oldestSubmittedAt: null,
		builders: [{ builder: "b", count: 3, mozType: "bld", slaveset: null }],
	},
	pools: [
		{
			mozType: "bld",
			slaveset: null,
			pending: 3,
			running: { spot: 0, onDemand: 0 },
			fresh: { spot: 0, onDemand: 0 },
			needed: 3,
			launched: 1,
			shortfall: 2,
			reasons: [
				{ code: "launched", message: "launched", count: 1 },
				{ code: "no-capacity", message: "none in us-west-2a", count: 2 },
			],
		},
	],
	launches: [
		{
			mozType: "bld",
			slaveset: null,
			region: "us-west-2",
			availabilityZone: "us-west-2a",
			subnetId: "subnet-1",
			instanceType: "c6i.xlarge",
			lifecycle: "spot",
			imageId: "ami-1",
			maxPrice: 0.2,
			instanceId: "i-1",
			name: null,
		},
	],
	failures: [],
	apiCalls: { "us-west-2": { RunInstances: 1 } },
};
const folder = mkdtempSync(join(tmpdir(), "aws-watch-pending-saved-"));
afterAll(() => rmSync(folder, { recursive: true }));
const saved = (text: string) => {
	const path = join(folder, "report.json");
	writeFileSync(path, text);
	return path;
};

describe("a saved report", () => {
	it("is read back unchanged, whatever it contains", () => {
		fc.assert(
			fc.property(someReport, (some) => {
				const json = JSON.stringify(some);
				expect(parseReport(json)).toEqual(JSON.parse(json));
			}),
			{ numRuns: 50 },
		);
	});

	it("of the first version is rendered as far as its keys allow", () => {
		const page = summarize(parseReport(JSON.stringify(FIRST)));
		expect(page).toMatch(/^## ⚠️ 3 pending requests = 1 launched \+ 2 short$/m);
		expect(page).toContain(
			"- **bld** — 3 pending; 1 launched; **2 short**\n  - 2 without EC2 capacity: none in us-west-2a.",
		);
		expect(page).toContain("1 spot, 0 on-demand · cost unknown");
	});

	it("of a later version is read, and its unknown keys are ignored", () => {
		const later = { ...report(), more: 1, pools: [{ ...reportedPool(), more: 1 }] };
		expect(parseReport(JSON.stringify(later))).toEqual(report({ pools: [reportedPool()] }));
	});

	it.each([
		["{", /it is not JSON: /],
		['{"version": 2}', /not a report of this action:[\s\S]*version/],
		[JSON.stringify({ ...FIRST, pools: [{ ...FIRST.pools[0], pending: "3" }] }), /pools\[0\]\.pending/],
	])("that is invalid is rejected with the reason: %s", (text, reason) => {
		expect(() => parseReport(text)).toThrow(reason);
	});
});

describe("npm run summary", () => {
	const run = (...parameters: readonly string[]) =>
		spawnSync(process.execPath, [SCRIPT, ...parameters], { encoding: "utf8" });

	it("prints the summary of a saved report", () => {
		const text = execFileSync(process.execPath, [SCRIPT, saved(JSON.stringify(FIRST))], { encoding: "utf8" });
		expect(text).toBe(`${summarize(parseReport(JSON.stringify(FIRST)))}\n`);
	});

	it.each([
		["no file", [], /Usage/],
		["a missing file", [join(folder, "none.json")], /none\.json cannot be read: ENOENT/],
	])("given %s, reports the error and fails", (_what, parameters, message) => {
		const { status, stderr, stdout } = run(...parameters);
		expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
		expect(stderr).toMatch(message);
	});
});
