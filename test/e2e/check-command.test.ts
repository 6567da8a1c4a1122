/** Mode `check`: the command of the command line, packaged for a valid configuration, and the packaged action. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { runAction } from "../harness/action.ts";
import { type CliRun, runCli } from "../harness/cli.ts";
import { runCliInProcess } from "../harness/in-process.ts";
import { ROOT } from "../harness/repository.ts";

const CONFIG = "configs/watch_pending.json";
const OK = "Configuration OK: 11 patterns, 3 instance types, regions us-west-2, us-east-1.";

let folder: string;
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "aws-watch-pending-check-"));
	cpSync(join(ROOT, "configs"), join(folder, "configs"), { recursive: true });
});
afterEach(() => rmSync(folder, { recursive: true }));

const lineOf = (line: readonly string[]): CliRun => ({
	folder,
	arguments: ["check", ...line],
	environment: { GITHUB_ACTIONS: "true" },
});
const check = (...line: readonly string[]) => runCliInProcess(lineOf(line));
const action = (inputs: Readonly<Record<string, string>> = {}) =>
	runAction({ workspace: folder, inputs: { mode: "check", config: CONFIG, ...inputs } });
const shown = (markdown: string) =>
	markdown.replaceAll("<!-- -->", "").replaceAll(/&#(\d+);/g, (_all, code) => String.fromCodePoint(Number(code)));

/** Puts a mistake into each of two files, and returns where, as `FILE:LINE`. */
function breakConfig(): readonly [main: string, type: string] {
	const lineOf = (file: string, from: string, to: string) => {
		const text = readFileSync(join(folder, file), "utf8");
		expect(text).toContain(from);
		writeFileSync(join(folder, file), text.replace(from, to));
		return `${file}:${text.slice(0, text.indexOf(from)).split("\n").length}`;
	};
	return [
		lineOf(CONFIG, '"scope"', '"skope"'),
		lineOf("configs/bld-linux64.json", '"security_group_ids": [', '"security_group_ids": 7, "x": ['),
	];
}

describe("aws-watch-pending check", () => {
	it("accepts a valid configuration, without a secrets file, and writes the summary to a file", async () => {
		const { exitCode, output, errorOutput } = await runCli(lineOf(["-c", CONFIG, "--summary", "check.md"]));
		expect([exitCode, output]).toEqual([0, ""]);
		expect(errorOutput).toContain(OK);
		expect(errorOutput).not.toMatch(/^error/m);
		expect(readFileSync(join(folder, "check.md"), "utf8")).toMatch(/^## ✅ Configuration OK, 2 warnings$/m);
	});

	it("reports every error at its line, also in the summary, without workflow commands, and exits with 1", async () => {
		const places = breakConfig();
		writeFileSync(join(folder, "check.md"), "✅");
		const { exitCode, errorOutput } = await check("-c", CONFIG, "--summary", "check.md");
		expect(exitCode).toBe(1);
		for (const place of places) expect(errorOutput).toMatch(new RegExp(`^error: ${place}:\\d+: `, "m"));
		expect(errorOutput).toMatch(/^error: Invalid configuration \(\d+ errors\)\. Nothing was read or launched\.$/m);
		expect(errorOutput).not.toMatch(/^::/m);
		const summary = shown(readFileSync(join(folder, "check.md"), "utf8"));
		expect(summary).toMatch(/^## ❌ Invalid configuration: 2 errors, \d+ warnings$/m);
		for (const place of places) expect(summary).toContain(`| ${place}`);
		expect(summary).not.toContain("✅");
	});

	it("writes the summary to a file, with known builders and what differs from another version", async () => {
		cpSync(join(folder, "configs"), join(folder, "base"), { recursive: true });
		const text = readFileSync(join(folder, CONFIG), "utf8");
		writeFileSync(
			join(folder, CONFIG),
			text.replace(/"\^Linux\.\* valgrind": "[\w-]+"/, '"^Linux.* valgrind": "tst-linux64"'),
		);
		writeFileSync(join(folder, "builders.txt"), "Linux mozilla-central valgrind\nSolaris\n");
		const line = ["--check-builders", "builders.txt", "--check-against", "base/watch_pending.json"];
		const { exitCode, errorOutput } = await check("-c", CONFIG, "--summary", "check.md", ...line);
		expect(exitCode).toBe(0);
		expect(errorOutput).toMatch(/^No pattern matches 1 of the 2 builders in builders\.txt:\n {2}"Solaris"$/m);
		const changes = shown(readFileSync(join(folder, "check.md"), "utf8"));
		expect(changes).toMatch(/^## ✅ Configuration OK, \d+ warnings$/m);
		expect(changes).toMatch(/^1 builder moves from bld-linux64 to tst-linux64\.$/m);
	});

	it("finds what a valid configuration gets wrong", async () => {
		const path = join(folder, CONFIG);
		const text = readFileSync(path, "utf8");
		writeFileSync(path, text.replace('"^Linux.* valgrind"', '"^Linux.* nightly valgrind"'));
		const { exitCode, errorOutput } = await check("-c", CONFIG);
		expect(exitCode).toBe(1);
		expect(errorOutput).toMatch(
			/^error: configs\/watch_pending\.json:13:3: the pattern ".*" is never used, because line 12 matches/m,
		);
	});

	it("checks the regions that it names", async () => {
		expect((await check("-c", CONFIG, "-r", "us-east-1")).errorOutput).toContain("regions us-east-1.");
		expect(await check("-c", CONFIG, "-r", "nowhere")).toMatchObject({
			exitCode: 1,
			errorOutput: expect.stringMatching(/^error: Invalid option --region: "nowhere"/),
		});
	});

	it.each([
		["without a configuration", [], "error: Missing option -c (--config). See aws-watch-pending check --help.\n"],
		["with an option of a tick", ["-k", "x"], "error: Unknown option '-k'. See aws-watch-pending check --help.\n"],
	])("fails %s", async (_what, line, errorOutput) => {
		expect(await check(...line)).toEqual({ exitCode: 1, output: "", errorOutput });
	});

	it("prints its own help, with the exit status", async () => {
		const { exitCode, output } = await check("--help");
		expect(exitCode).toBe(0);
		expect(output).toMatch(/^Usage: aws-watch-pending check -c FILE/);
		expect(output).toMatch(/^Exit status:\n {2}0 .*\n {2}1 /m);
		for (const line of output.split("\n")) expect(line.length).toBeLessThanOrEqual(100);
	});
});

describe("the action in mode check", () => {
	it("has a job summary of a valid configuration", async () => {
		const { exitCode, log, summary, report } = await action({ "check-against": CONFIG });
		expect(exitCode).toBe(0);
		expect(log).toContain(OK);
		expect(summary).toMatch(/^No builder moves to another instance type\.$/m);
		expect(summary).toMatch(/^## ✅ Configuration OK, 2 warnings$/m);
		expect(report).toBeNull();
	});

	it("annotates each error, and lists it in the job summary with its file and line", async () => {
		const places = breakConfig();
		const { exitCode, log, summary } = await action();
		expect(exitCode).toBe(1);
		for (const place of places) {
			const [file, line] = place.split(":");
			expect(log).toMatch(new RegExp(`^::error file=${file},line=${line},col=\\d+::`, "m"));
			expect(shown(summary)).toContain(`| ${place}`);
		}
	});
});
