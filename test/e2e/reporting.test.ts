/** What the action and the packaged command line report when a file or stream can't be written. */
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CLI } from "../harness/cli.ts";
import { processEnvironment } from "../harness/process.ts";
import { Site } from "../harness/site.ts";

let site: Site;
let folder: string;
beforeEach(async () => {
	site = await Site.start();
	site.database.submit("Linux x86-64 mozilla-central build", 2, site.world.now() - 600);
	folder = mkdtempSync(join(tmpdir(), "aws-watch-pending-files-"));
});
afterEach(async () => {
	await site[Symbol.asyncDispose]();
	rmSync(folder, { recursive: true });
});

const REPORT = "aws-watch-pending-report.json";
const launched = () => ["us-east-1", "us-west-2"].flatMap((region) => site.world.instances(region)).length;

describe("a file that can't be written is a warning with its path and cause, and nothing else is lost", () => {
	it.each<[string, () => string, string]>([
		["is on a full disk", () => "/dev/full", "ENOSPC"],
		["is a folder", () => folder, "EISDIR"],
	])("job summary that %s", async (_what, file, cause) => {
		const { exitCode, log, outputs, report } = await site.tick({}, { environment: { GITHUB_STEP_SUMMARY: file() } });
		expect(exitCode).toBe(0);
		expect(log).toMatch(new RegExp(`^::warning::The job summary could not be written to ${file()}: ${cause}`, "m"));
		expect(outputs).toMatchObject({ needed: "2", launched: "2" });
		expect(JSON.parse(report ?? "{}").launches).toHaveLength(2);
	});

	it.each<[string, () => string, string]>([
		["are on a full disk", () => "/dev/full", "ENOSPC"],
		["are missing", () => join(folder, "none"), "Missing file"],
	])("outputs that %s", async (_what, file, cause) => {
		const environment = { GITHUB_OUTPUT: file(), RUNNER_TEMP: folder };
		const { exitCode, log, summary } = await site.tick({}, { environment });
		expect(exitCode).toBe(0);
		expect(log).toMatch(new RegExp(`^::warning::The outputs could not be set: ${cause}`, "m"));
		expect(summary).toContain("2 pending requests = 2 launched");
		expect(JSON.parse(readFileSync(join(folder, REPORT), "utf8")).launches).toHaveLength(2);
	});

	it.each<[string, () => string, string]>([
		["whose folder is a file", () => join(folder, "file"), "EEXIST|ENOTDIR"],
		["whose path is a folder", () => folder, "EISDIR"],
	])("report %s, with a warning before anything is launched if possible", async (_what, temporary, cause) => {
		writeFileSync(join(folder, "file"), "");
		mkdirSync(join(folder, REPORT));
		const { exitCode, log, outputs, summary } = await site.tick({}, { environment: { RUNNER_TEMP: temporary() } });
		expect(exitCode).toBe(0);
		expect(log).toMatch(new RegExp(`^::warning::The report could not be written to .*${REPORT}: (${cause})`, "m"));
		if (temporary() !== folder) expect(log.indexOf("The report can't be written")).toBeLessThan(log.indexOf("Launch"));
		expect(outputs).toMatchObject({ launched: "2" });
		expect(outputs["report"]).toBeUndefined();
		expect(summary).toContain("2 pending requests = 2 launched");
		expect(log).not.toContain("Internal error");
	});
});

it("the command line launches and logs although its standard output is full", async () => {
	writeFileSync(join(site.workspace, "secrets.json"), JSON.stringify({ db: "sqlite:///state.sqlite" }));
	const line = [process.execPath, CLI, "-c", "configs/watch_pending.json", "-k", "secrets.json", "-l", "log.txt"];
	const { stderr } = await promisify(execFile)("sh", ["-c", '"$0" "$@" > /dev/full', ...line], {
		cwd: site.workspace,
		env: { ...processEnvironment(folder), ...site.endpoint.environment },
	});
	expect(stderr).toContain("warning: The summary could not be written: ENOSPC");
	expect(launched()).toBe(2);
	expect(readFileSync(join(site.workspace, "log.txt"), "utf8")).toContain("2 pending requests = 2 launched");
});
