/** `npm run summary`: any saved report, as the page that the run showed. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { Site } from "../harness/site.ts";

const SCRIPT = resolve(import.meta.dirname, "../../scripts/summary.ts");
let folder: string;
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "aws-watch-pending-report-"));
});
afterEach(() => rmSync(folder, { recursive: true }));
const saved = (text: string) => {
	const path = join(folder, "report.json");
	writeFileSync(path, text);
	return path;
};

it("shows of a saved report what the run itself showed", async () => {
	await using site = await Site.start();
	site.database.submit("Linux x86-64 mozilla-central build", 7, 1_700_000_000);
	site.database.submit("of no type", 2, 1_700_000_000);
	const { report, summary } = await site.run();
	expect(report).not.toBeNull();
	const page = execFileSync(process.execPath, [SCRIPT, saved(report ?? "")], { encoding: "utf8" });
	expect(page.trim()).toBe(summary.trim());
	expect(page).toContain("## ✅ Launched 7 instances");
});

it("reads a report that has no more than the first keys of the contract", () => {
	const first = {
		version: 1,
		mode: "launch",
		startedAt: "2026-01-05T10:00:00.000Z",
		finishedAt: "2026-01-05T10:00:05.000Z",
		pending: { total: 0, matched: 0, unmatched: 0, oldestSubmittedAt: null, builders: [] },
		pools: [],
		launches: [],
		failures: [],
		apiCalls: {},
	};
	const page = execFileSync(process.execPath, [SCRIPT, saved(JSON.stringify(first))], { encoding: "utf8" });
	expect(page).toBe("## ✅ Nothing is pending\n");
});

it.each([
	["{", /report\.json cannot be read: it is not JSON/],
	['{"version": 2}', /report\.json cannot be read: it is not a report of this action:[\s\S]*version/],
])("says of %s what is wrong", (text, expected) => {
	const { status, stderr } = spawnSync(process.execPath, [SCRIPT, saved(text)], { encoding: "utf8" });
	expect(status).toBe(1);
	expect(stderr).toMatch(expected);
});
