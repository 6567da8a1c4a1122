/** The outputs of a run with many launches. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { publish } from "../../../src/adapters/github/outputs.ts";
import { largeReport } from "../../summary/large-report.ts";
import { Journal } from "../../tick/world.ts";

let folder: string;
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "aws-watch-pending-outputs-"));
	writeFileSync(join(folder, "output"), "");
	vi.stubEnv("GITHUB_OUTPUT", join(folder, "output"));
});
afterEach(() => {
	vi.unstubAllEnvs();
	rmSync(folder, { recursive: true });
});

it("of up to 1 MB has the first launches, and says how many", () => {
	const report = largeReport({ pools: 10, regions: 4, unmatched: 0, launches: 5_000 });
	const journal = new Journal();
	publish(
		{ report, summary: "" },
		{
			temporaryFolder: folder,
			summaryFile: undefined,
			outputFile: undefined,
			log: journal.log,
		},
	);
	const text = readFileSync(join(folder, "output"), "utf8");
	const [, value = ""] = /^launches<<.+\n(.*)\n/m.exec(text) ?? [];
	// GitHub counts two bytes a character.
	expect(text.length * 2).toBeLessThan(1_000_000);
	const launches: unknown[] = JSON.parse(value);
	expect(launches).toEqual(report.launches.slice(0, launches.length));
	expect(journal.lines.join("\n")).toContain(
		`warning: The output "launches" has only the first ${launches.length} of 5000 launches`,
	);
	expect(JSON.parse(readFileSync(join(folder, "aws-watch-pending-report.json"), "utf8")).launches).toHaveLength(5_000);
});

it("waits for nobody if every file is a named pipe that nobody reads, and warns of each", () => {
	const [outputFile, summaryFile, report] = ["out", "summary", "aws-watch-pending-report.json"].map((name) => {
		const path = join(folder, name);
		execFileSync("mkfifo", [path]);
		return path;
	});
	const journal = new Journal();
	const published = { report: largeReport({ pools: 1, regions: 1, unmatched: 0, launches: 1 }), summary: "# Text" };
	publish(published, { temporaryFolder: folder, summaryFile, outputFile, log: journal.log });
	const warnings = journal.lines.filter((line) => line.startsWith("warning: "));
	expect(warnings).toEqual([
		expect.stringContaining(`The job summary could not be written to ${summaryFile}: ${summaryFile} is a named pipe`),
		expect.stringContaining(`The outputs could not be set: ${outputFile} is a named pipe`),
		expect.stringContaining(`The report could not be written to ${report}: ${report} is a named pipe`),
	]);
});
