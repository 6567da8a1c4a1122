/** A replay by the packaged command line and by the packaged action, without AWS and without credentials. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { replayReportSchema } from "../../scripts/replay-report.ts";
import { runAction } from "../harness/action.ts";
import { runCli } from "../harness/cli.ts";
import { ROOT, read } from "../harness/repository.ts";

const HISTORY = "sqlite:///docs/examples/history.sqlite";
const CONFIG = "configs/watch_pending.json";

let folder: string;
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "aws-watch-pending-replay-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

it("the command replays the shipped history as docs/tuning.md says", async () => {
	const [reportFile, summaryFile] = [join(folder, "report.json"), join(folder, "summary.md")];
	const line = ["replay", "--db", HISTORY, "-c", CONFIG, "--report", reportFile, "--summary", summaryFile];
	const { exitCode, output, errorOutput } = await runCli({ folder: ROOT, arguments: line });
	expect(errorOutput).toContain("Simulating 72 settings for ");
	expect(exitCode).toBe(0);
	const report = replayReportSchema.parse(JSON.parse(readFileSync(reportFile, "utf8")));
	expect(read("docs/tuning.md")).toContain(`\n> ${report.advice}\n`);
	expect(output).toContain(report.advice);
	const summary = readFileSync(summaryFile, "utf8");
	expect(summary).toContain(`**${report.advice}**`);
	expect(summary).toContain("```mermaid\n");
});

it("the action replays it in its mode, and writes summary and report", async () => {
	const inputs = { mode: "replay", config: CONFIG, "database-url": HISTORY, "replay-boot": "5m", "replay-days": "3" };
	const { exitCode, summary, outputs, report } = await runAction({ workspace: ROOT, inputs });
	expect(exitCode).toBe(0);
	expect(summary).toContain("## Replay of ");
	expect(Object.keys(outputs)).toEqual(["report"]);
	const { assumptions, requests } = replayReportSchema.parse(JSON.parse(report ?? ""));
	expect(assumptions).toMatchObject({ shortestBoot: 300, longestBoot: 300, idleStop: 600 });
	expect(requests.replayed).toBeLessThan(1_000);
});

it("a history that can't be read fails the replay with the cause", async () => {
	const line = ["replay", "--db", "sqlite:///missing.sqlite", "-c", join(ROOT, CONFIG)];
	const { exitCode, errorOutput } = await runCli({ folder, arguments: line });
	expect(errorOutput).toMatch(/^error: .*missing\.sqlite/m);
	expect(errorOutput).toContain("error: Nothing was replayed; see the error above.\n");
	expect(exitCode).toBe(1);
});
