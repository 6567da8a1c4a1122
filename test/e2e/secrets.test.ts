/** What a run does with secrets: it shows none, and none changes what a reader compares. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Report } from "../../src/core/report/report.ts";
import type { ActionResult } from "../harness/action.ts";
import { runCli } from "../harness/cli.ts";
import { CLOSED_PORT } from "../harness/listen.ts";
import { ROOT, read } from "../harness/repository.ts";
import { readCommands } from "../harness/runner-commands.ts";
import { Site } from "../harness/site.ts";

let site: Site;
beforeEach(async () => {
	site = await Site.start();
	site.database.submit("Linux x86-64 mozilla-central build", 3, 1_700_000_000);
});
afterEach(() => site[Symbol.asyncDispose]());

const WORDS = ["pending", "spot", "launch", "read", "us-west-2", "bld-linux64", "connection-refused", "1", "null"];

function reportOf({ report, log }: ActionResult): Report {
	if (report === null) throw new Error(log);
	return JSON.parse(report);
}

/** Everything a run writes, but for the commands by which it tells the runner what to mask. */
function writtenBy({ log, errorOutput, outputs, summary, report }: ActionResult): string {
	return [log.replace(/^::add-mask::.*$/gm, ""), errorOutput, ...Object.values(outputs), summary, report].join("\n");
}

describe("a secret that is a word of the report", () => {
	it("leaves a database that can't be read what it is", async () => {
		// All at once: each run waits several seconds between its attempts to connect.
		const results = await Promise.all(
			WORDS.map(async (word) => {
				const url = `mysql://buildbot:${word}@127.0.0.1:${CLOSED_PORT}/buildbot`;
				return { word, url, result: await site.tick({ "database-url": url, "database-tls": "disabled" }) };
			}),
		);
		for (const { word, url, result } of results) {
			expect(result.exitCode, word).toBe(1);
			expect(Object.keys(result.outputs), word).toEqual(["report"]);
			expect(reportOf(result), word).toMatchObject({
				mode: "launch",
				regions: ["us-east-1", "us-west-2"],
				failures: [{ stage: "pending", code: "connection-refused" }],
			});
			expect(writtenBy(result), word).not.toContain(url);
		}
	});

	it.each(WORDS)("changes no launch: token %s", async (word) => {
		const result = await site.tick({ "github-token": word });
		expect(result.exitCode).toBe(0);
		expect(result.outputs).toMatchObject({ pending: "3", matched: "3", needed: "3", launched: "3", shortfall: "0" });
		const { launches, pools, pending } = reportOf(result);
		expect(pending.builders[0]?.mozType).toBe("bld-linux64");
		expect(pools).toMatchObject([{ mozType: "bld-linux64", launched: 3, phases: [{ lifecycle: "spot" }] }]);
		for (const { lifecycle, region, name } of launches) {
			expect(lifecycle).toBe("spot");
			expect(["us-east-1", "us-west-2"]).toContain(region);
			expect(name).toMatch(word === "bld-linux64" ? /^\*\*\*-ec2-\d+$/ : /^bld-linux64-ec2-\d+$/);
		}
		expect(JSON.parse(result.outputs["launches"] ?? "")).toEqual(launches);
		const masked = readCommands(result.log).commands.filter(({ name }) => name === "add-mask");
		expect(masked.some(({ data }) => data === word)).toBe(word.length >= 4);
	});
});

describe("AWS credentials", () => {
	const keys = { AWS_SECRET_ACCESS_KEY: "wJalr/XUtn+FEMI", AWS_SESSION_TOKEN: "IQoJb3JpZ2lu//token==" };
	const repeated = Object.values(keys).join(" ");

	it("of the environment are masked, also if EC2 repeats them", async () => {
		const error = { code: "SignatureDoesNotMatch", status: 403, message: `The canonical string has ${repeated}` };
		site.endpoint.faults.add({ action: "RunInstances", error });
		const result = await site.run({}, { environment: keys });
		expect(result.exitCode).toBe(1);
		const masked = readCommands(result.log).commands.filter(({ name }) => name === "add-mask");
		expect(masked.map(({ data }) => data)).toEqual(expect.arrayContaining(Object.values(keys)));
		expect(writtenBy(result)).toContain("The canonical string has *** ***");
		for (const secret of Object.values(keys)) expect(writtenBy(result)).not.toContain(secret);
	});

	it("of an assumed role are masked, also if EC2 repeats them", async () => {
		const configs = mkdtempSync(join(tmpdir(), "aws-watch-pending-secrets-"));
		cpSync(join(ROOT, "configs"), configs, { recursive: true });
		const roles = { "us-east-1": "arn:aws:iam::111111111111:role/watch-pending" };
		const main = { ...JSON.parse(read("configs/watch_pending.json")), roles };
		writeFileSync(join(configs, "watch_pending.json"), JSON.stringify(main));
		await using withRoles = await Site.start(configs);
		rmSync(configs, { recursive: true });
		withRoles.database.submit("Linux x86-64 mozilla-central build", 1, 1_700_000_000);
		// The simulator's token of its first session.
		const error = { code: "SignatureDoesNotMatch", status: 403, message: "The canonical string has token-1" };
		withRoles.endpoint.faults.add({ region: "us-east-1", action: "DescribeInstances", error });
		const result = await withRoles.tick();
		expect(withRoles.endpoint.journal.actions).toContain("AssumeRole");
		expect(writtenBy(result)).toContain("The canonical string has ***");
		expect(writtenBy(result)).not.toContain("token-1");
	});

	it("are shown nowhere by the command line", async () => {
		const error = { code: "SignatureDoesNotMatch", status: 403, message: `The canonical string has ${repeated}` };
		site.endpoint.faults.add({ action: "DescribeInstances", error });
		writeFileSync(join(site.workspace, "secrets.json"), JSON.stringify({ db: "sqlite:///state.sqlite" }));
		const { exitCode, output, errorOutput } = await runCli({
			folder: site.workspace,
			arguments: ["-k", "secrets.json", "-c", "configs/watch_pending.json", "-v", "-l", "log"],
			environment: { ...site.endpoint.environment, ...keys },
		});
		expect(exitCode).toBe(1);
		const written = [output, errorOutput, readFileSync(join(site.workspace, "log"), "utf8")].join("\n");
		expect(written).toContain("The canonical string has *** ***");
		for (const secret of Object.values(keys)) expect(written).not.toContain(secret);
	});
});

it("credentials in a URL of the configuration end the run, and are shown nowhere", async () => {
	const path = join(site.workspace, "configs/watch_pending.json");
	const jacuzzi = { url: "http://buildbot:hunter2@allocator.example/v1" };
	const config = JSON.parse(readFileSync(path, "utf8"));
	rmSync(path);
	writeFileSync(path, JSON.stringify({ ...config, jacuzzi }, null, "\t"));
	const result = await site.tick();
	expect(result.exitCode).toBe(1);
	expect(result.log).toMatch(/^::error file=configs\/watch_pending\.json,line=\d+,col=\d+::.*"jacuzzi\.url" must not/m);
	expect(writtenBy(result)).not.toContain("hunter2");
	expect(site.endpoint.journal.calls()).toEqual([]);
});
