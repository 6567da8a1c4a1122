/** The command `policy` of the command line. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type CliRun, runCli } from "../harness/cli.ts";
import { runCliInProcess } from "../harness/in-process.ts";
import { ROOT, read } from "../harness/repository.ts";

const ROLE = "arn:aws:iam::111111111111:role/watch-pending";
let folder: string;
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "aws-watch-pending-policy-"));
	cpSync(join(ROOT, "configs"), folder, { recursive: true });
});
afterEach(() => rmSync(folder, { recursive: true }));

const lineOf = (line: readonly string[]): CliRun => ({ folder, arguments: ["policy", ...line] });
const policy = (...line: readonly string[]) => runCliInProcess(lineOf(line));
const GIVEN = ["-c", "watch_pending.json", "--account", "123456789012"];

function configure(keys: object): void {
	const path = join(folder, "watch_pending.json");
	writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, "utf8")), ...keys }));
}

it("prints the policy and nothing else", async () => {
	const expected = { exitCode: 0, output: read("configs/iam/permission-policy.json"), errorOutput: "" };
	expect(await policy(...GIVEN)).toEqual(expected);
	expect(await runCli(lineOf(GIVEN))).toEqual(expected);
});

it("prints its own help, which the help of a tick mentions", async () => {
	for (const flag of ["-h", "--help"]) {
		const { exitCode, output } = await policy(flag);
		expect(exitCode).toBe(0);
		expect(output).toMatch(/^Usage: aws-watch-pending policy -c FILE --account ID/);
		for (const line of output.split("\n")) expect(line.length).toBeLessThanOrEqual(100);
	}
	const { output } = await runCliInProcess({ folder, arguments: ["--help"] });
	expect(output).toMatch(/^ {2}policy +print the IAM permission policy/m);
});

describe("fails without printing a policy", () => {
	it.each([
		[
			"without a configuration",
			["--account", "123456789012"],
			"error: Missing option -c (--config). See aws-watch-pending policy --help.",
		],
		[
			"without an account",
			["-c", "watch_pending.json"],
			"error: Missing option --account. See aws-watch-pending policy --help.",
		],
		["for an account that is none", [...GIVEN.slice(0, 3), "1234"], "--account: it must have 12 digits"],
		["in an unknown format", [...GIVEN, "--format", "yaml"], "--format: it must be json, terraform, or cloudformation"],
		["for an unknown option", [...GIVEN, "--secrets", "x"], "error: Unknown option '--secrets'"],
		["for an account and a role", [...GIVEN, "--role", ROLE], "error: Use either --account or --role"],
		[
			"for a role that is not configured",
			["-c", "watch_pending.json", "--role", ROLE],
			"launches nothing with the role",
		],
		[
			"in a partition without a region",
			[...GIVEN, "--partition", "aws-cn"],
			"No region in use is in the partition aws-cn",
		],
		[
			"for a file that does not exist",
			["-c", "x.json", ...GIVEN.slice(2)],
			"error: x.json: the file does not exist\nerror: Invalid configuration (1 error). No policy was printed.\n",
		],
	])("%s", async (_what, line, message) => {
		const { exitCode, output, errorOutput } = await policy(...line);
		expect(exitCode).toBe(1);
		expect(output).toBe("");
		expect(errorOutput).toContain(message);
	});
});

it("has a policy for each role that the configuration names", async () => {
	configure({ roles: { "us-east-1": ROLE } });
	const own = await policy(...GIVEN);
	expect(own.errorOutput).toBe(`warning: ${ROLE} needs a policy of its own: print it with --role ${ROLE}\n`);
	expect(own.output).toContain("sts:AssumeRole");
	expect(own.output).not.toContain(":us-east-1:");
	const { exitCode, output } = await policy("-c", "watch_pending.json", "--role", ROLE);
	expect(exitCode).toBe(0);
	expect(output).toContain("arn:aws:ec2:us-east-1:111111111111:subnet/");
	expect(output).not.toMatch(/:us-west-2:|123456789012|sts:/);
});

it("uses the regions that the line names", async () => {
	const { output } = await policy(...GIVEN, "-r", "us-west-2");
	expect(output).toContain(":us-west-2:");
	expect(output).not.toContain(":us-east-1:");
});
