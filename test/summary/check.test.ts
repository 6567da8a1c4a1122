import { expect, it } from "vitest";
import { summarizeCheck } from "../../src/summary/check.ts";

const CONFIG = "configs/watch_pending.json";
const problem = (line: number | null, message: string) => ({ file: CONFIG, line, message });
/** As GitHub shows it. */
const shown = (markdown: string) =>
	markdown.replaceAll("<!-- -->", "").replaceAll(/&#(\d+);/g, (_all, code) => String.fromCodePoint(Number(code)));

it("says that a configuration is valid", () => {
	const summary = shown(summarizeCheck({ config: CONFIG, errors: [], warnings: [] }));
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
	});
	expect(summary).not.toMatch(/<img|@team|`x`|"[^"]*\|/);
});

it("lists at most 100 problems of a kind, and counts the rest", () => {
	const errors = Array.from({ length: 250 }, (_, index) => problem(index + 1, "m".repeat(5_000)));
	const summary = summarizeCheck({ config: CONFIG, errors, warnings: errors });
	expect(summary).toContain("## ❌ Invalid configuration: 250 errors, 250 warnings");
	expect(summary.match(/^150 more: see the log of this step\.$/gm)).toHaveLength(2);
	expect(Buffer.byteLength(summary)).toBeLessThan(1_000_000);
});
