import { expect, it } from "vitest";
import { summarizeCheck } from "../../src/summary/check.ts";

const CONFIG = "configs/watch_pending.json";
const problem = (line: number | null, message: string) => ({ file: CONFIG, line, message });
const REST = { subject: "configuration", types: [], builders: null, changes: null, filesUrl: null };
/** As GitHub shows it. */
const shown = (markdown: string) =>
	markdown.replaceAll("<!-- -->", "").replaceAll(/&#(\d+);/g, (_all, code) => String.fromCodePoint(Number(code)));

it("says that a configuration is valid", () => {
	const summary = shown(summarizeCheck({ config: CONFIG, errors: [], warnings: [], ...REST }));
	expect(summary).toBe(
		`## ✅ Configuration OK\n\nChecked ${CONFIG} and the files of its instance types. Neither the database nor AWS was contacted.`,
	);
});

it("counts errors and warnings, and lists each with its file and line", () => {
	const summary = shown(
		summarizeCheck({
			config: CONFIG,
			errors: [problem(3, "unknown key")],
			warnings: [problem(null, "a"), problem(7, "b")],
			...REST,
		}),
	);
	expect(summary).toMatch(/^## ❌ Invalid configuration: 1 error, 2 warnings$/m);
	expect(summary).toMatch(/^### Errors\n\n.*\n.*\n\| configs\/watch_pending\.json:3 +\| unknown key +\|$/m);
	expect(summary).toMatch(/^\| configs\/watch_pending\.json +\| a +\|\n\| configs\/watch_pending\.json:7 +\| b +\|$/m);
});

it("makes the configuration's text inert", () => {
	const summary = summarizeCheck({
		config: CONFIG,
		errors: [problem(1, 'key "<img src=x> | @team" `x`')],
		warnings: [],
		...REST,
	});
	expect(summary).not.toMatch(/<img|@team|`x`|"[^"]*\|/);
});

it("lists at most 100 problems of a kind, and counts the rest", () => {
	const errors = Array.from({ length: 250 }, (_, index) => problem(index + 1, "m".repeat(5_000)));
	const summary = summarizeCheck({ config: CONFIG, errors, warnings: errors, ...REST });
	expect(summary).toContain("## ❌ Invalid configuration: 250 errors, 250 warnings");
	expect(summary).toMatch(/^150 more\.$/m);
	expect(summary).toMatch(/^150 more: see the log of this step\.$/m);
	expect(Buffer.byteLength(summary)).toBeLessThan(1_000_000);
});

it("links each location to its line at the commit", () => {
	const errors = [{ file: "a b/c(1).json", line: 3, message: "unknown key" }];
	const filesUrl = "https://github.example/o/r/blob/abc";
	expect(summarizeCheck({ ...REST, config: CONFIG, errors, warnings: [], filesUrl })).toContain(
		"](https://github.example/o/r/blob/abc/a%20b/c%281%29.json?plain=1#L3) | ",
	);
});

it("links no file outside the workspace", () => {
	const errors = ["/srv/names", "../names"].map((file) => ({ file, line: 3, message: "unknown key" }));
	const summary = summarizeCheck({ ...REST, config: CONFIG, errors, warnings: [], filesUrl: "https://github.example" });
	expect(summary).not.toContain("](");
});

it("shows how many machines a type may have where, and what they may cost", () => {
	const regions = (one: number, other: number) => [
		{ region: "us-east-1", limit: one },
		{ region: "us-west-2", limit: other },
	];
	const spot = { regions: regions(100, 80), most: 150 };
	const types = [
		{ mozType: "bld", spot, onDemand: { regions: regions(40, 0), most: 40 }, hourlyCost: 61.5 },
		{ mozType: "tst", spot, onDemand: { regions: regions(0, 0), most: 0 }, hourlyCost: null },
	];
	const summary = shown(summarizeCheck({ ...REST, config: CONFIG, errors: [], warnings: [], types }));
	expect(summary).toMatch(/^\| bld +\| 150 \(us-east-1 100, us-west-2 80\) \| 40 \(us-east-1 40\) +\| 61\.50 +\|$/m);
	expect(summary).toMatch(/^\| tst +\| 150 \(us-east-1 100, us-west-2 80\) \| none +\| unknown +\|$/m);
});
