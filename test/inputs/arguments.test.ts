import { describe, expect, it } from "vitest";
import { ArgumentError, readArguments } from "../../src/inputs/arguments.ts";
import { given, parseInputs } from "../../src/inputs/given.ts";
import { checkInputs } from "../../src/inputs/inputs.ts";
import { helpText, OPTIONS } from "../../src/inputs/options.ts";
import { readReplayArguments, replayHelp } from "../../src/inputs/replay-command.ts";
import { INPUTS } from "../../src/inputs/table.ts";

const ENVIRONMENT = {
	workspace: "/w",
	temporaryFolder: "/t",
	run: { id: "1", step: "", url: null },
	workflowRun: null,
	certificateFolder: null,
	graphiteHosts: [],
};
const parse = (...args: string[]) => {
	const { inputs } = readArguments(args);
	return parseInputs((name) => (name === "database-url" ? given(["sqlite:///state.sqlite"], "db") : inputs(name)));
};
const inputs = (...args: string[]) => checkInputs(parse(...args), ENVIRONMENT);

describe("the command line", () => {
	it("has an option for every input but those that would be visible to other users or that only workflows have", () => {
		const without = Object.entries(INPUTS).flatMap(([name, { option }]) => (option === null ? [name] : []));
		expect(without).toEqual(["database-url", "github-token", "watch-for", "role-to-assume", "step-key"]);
	});

	it("has the action's defaults", () => {
		expect(inputs("-c", "a.cfg")).toMatchObject({
			config: "a.cfg",
			database: { kind: "sqlite", path: "state.sqlite" },
			databaseTls: "auto",
			databaseCa: null,
			regions: null,
			mode: "launch",
			latestAmiPercentage: 100,
			maxLaunches: 200,
			timeout: 240,
			lock: true,
			failOn: "error",
		});
	});

	it("reads options in their short and long forms", () => {
		const line =
			"-nv -c a.cfg -r us-west-2 --region=us-east-1 --latest-ami-percentage 7 --max-launches=3 --timeout 9 --lock=false --fail-on never --database-tls required --database-ca rds";
		expect(inputs(...line.split(" "))).toMatchObject({
			databaseTls: "required",
			databaseCa: "rds",
			regions: ["us-west-2", "us-east-1"],
			mode: "dry-run",
			latestAmiPercentage: 7,
			maxLaunches: 3,
			timeout: 9,
			lock: false,
			failOn: "never",
		});
	});

	it("reads its own options", () => {
		expect(readArguments(["-v", "-k", "secrets.json", "-l", "a.log", "--cached-cert-dir", "certs"])).toMatchObject({
			help: false,
			verbose: true,
			secretsFile: "secrets.json",
			logFile: "a.log",
			certificateFolder: "certs",
		});
		expect(readArguments(["-h"])).toMatchObject({ help: true, verbose: false, secretsFile: null, logFile: null });
	});

	it("names the option in an error", () => {
		const { diagnostics } = parse("-r", "nowhere", "-r", "us-east-1", "--timeout=1h");
		expect(diagnostics.map(({ message }) => message)).toEqual([
			expect.stringMatching(/^Invalid option --region: "nowhere"\. It must be /),
			expect.stringMatching(/^Invalid option --timeout: "1h"\. It must be /),
		]);
	});

	it.each([["--frobnicate"], ["-k"], ["us-west-2"], ["--dryrun=yes"]])("rejects %s", (...args) => {
		expect(() => readArguments(args)).toThrow(ArgumentError);
	});
});

describe("the line of replay", () => {
	it("sets the mode and names its options in errors", () => {
		const { inputs: source, databaseUrl } = readReplayArguments(["--db", "sqlite:///a", "-c", "b", "--days", "7"]);
		expect(databaseUrl).toBe("sqlite:///a");
		expect(source("mode").texts).toEqual(["replay"]);
		expect(source("replay-days")).toEqual({ texts: ["7"], origin: "option --days" });
	});

	it.each([
		[["--db", "mysql://u:s3cret@host/db"], /^Invalid option --db: it must be the URL of an SQLite file, because/],
		[["--db", "sqlite:///a", "-k", "secrets.json"], /^Use either --db or -k/],
		[["-c", "watch_pending.json"], /^Missing option --db or -k/],
		[["--lock", "true"], /--lock/],
		[["--days", "-1"], /^Missing value after --days: write one that begins with a dash as --days=VALUE$/],
		[["-k", "-c", "b"], /^Missing value after -k: write one that begins with a dash as -kVALUE$/],
	])("rejects %j", (line, message) => {
		expect(() => readReplayArguments(line)).toThrow(message);
	});

	it("has a help that fits a terminal of 100 columns", () => {
		expect(
			Math.max(
				...replayHelp()
					.split("\n")
					.map(({ length }) => length),
			),
		).toBeLessThanOrEqual(100);
	});
});

describe("the help", () => {
	const help = helpText();
	const unwrapped = help.replaceAll(/\n {10,}/g, " ");

	it.each([...OPTIONS.original, ...OPTIONS.inputs])("has --$name", ({ name, short, placeholder, help: phrase }) => {
		const shortForm = short === undefined ? "    " : `-${short}, `;
		const value = placeholder === undefined ? "" : ` ${placeholder}`;
		expect(unwrapped).toContain(`\n  ${shortForm}--${name}${value}  `);
		expect(unwrapped).toContain(phrase);
	});

	it("lists what is allowed, and the default", () => {
		expect(unwrapped).toMatch(/--database-tls MODE .*: auto, disabled, required, or verify-full \(default: auto\)$/m);
		expect(unwrapped).toMatch(/--max-launches N .*\(default: 200\)$/m);
	});

	it("fits a terminal of 100 columns", () => {
		expect(Math.max(...help.split("\n").map(({ length }) => length))).toBeLessThanOrEqual(100);
	});
});
