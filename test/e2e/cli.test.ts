/**
 * The command line: options and files in, output, log, and exit status out. Most run its sources; the packaged command line
 * runs the original's line, shows its help, and fails.
 */
import { execFileSync } from "node:child_process";
import {
	chmodSync,
	cpSync,
	existsSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	rmSync,
	writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Ec2Endpoint } from "../ec2-endpoint/endpoint.ts";
import { createWorld } from "../ec2-endpoint/world.ts";
import { Carbon } from "../harness/carbon.ts";
import { runCli } from "../harness/cli.ts";
import { urlOf } from "../harness/database-server.ts";
import { runCliInProcess } from "../harness/in-process.ts";
import { createMariaDbDatabase } from "../harness/mariadb.ts";
import { DATABASES } from "../harness/scheduler-databases.ts";
import { rowsOf, schemaOf } from "../harness/scheduler-rows.ts";
import { mariaDb } from "../harness/shared-servers.ts";
import { Site } from "../harness/site.ts";

const PEM = readFileSync(resolve(import.meta.dirname, "../harness/tls/server.crt"), "utf8");

const ROOT = resolve(import.meta.dirname, "../..");
const REFERENCE = resolve(import.meta.dirname, "../config/fixtures/reference");
const BUILD = "Linux x86-64 mozilla-central build";
/** The documented line, which is the original's but for the name of the program. */
const USAGE = documentedLine();

let site: Site;
let folder: string;
beforeEach(async () => {
	const configs = mkdtempSync(join(tmpdir(), "aws-watch-pending-original-"));
	cpSync(REFERENCE, configs, { recursive: true });
	cpSync(join(REFERENCE, "watch_pending.cfg"), join(configs, "watch_pending.json"));
	site = await Site.start(configs);
	rmSync(configs, { recursive: true });
	folder = join(site.workspace, "scripts");
	mkdirSync(join(folder, "secrets"), { recursive: true });
	writeSecrets({ db: "sqlite:///../state.sqlite" });
	site.database.submit(BUILD, 4, 1_700_000_000);
});
afterEach(() => site[Symbol.asyncDispose]());

function documentedLine(): string {
	const docs = readFileSync(join(ROOT, "docs/command-line.md"), "utf8");
	const [, line = ""] = /^aws-watch-pending (-k .*\\\n.*)$/m.exec(docs) ?? [];
	return line.replace(/\\\n\s*/, "");
}
function writeSecrets(content: unknown): void {
	const file = join(folder, "secrets/aws-secrets.json");
	writeFileSync(file, typeof content === "string" ? content : JSON.stringify(content, null, "\t"));
	chmodSync(file, 0o600);
}
const lineOf = (line: string, more: readonly string[] = []) => ({
	folder,
	arguments: [...line.split(/\s+/), ...more],
	environment: site.endpoint.environment,
});
const cli = (line: string, more: readonly string[] = []) => runCliInProcess(lineOf(line, more));
const packagedCli = (line: string, more: readonly string[] = []) => runCli(lineOf(line, more));
const logFile = () => readFileSync(join(folder, "aws_watch_pending.log"), "utf8");

describe("the original's line", () => {
	it("launches what is needed and no more, shows the summary, and keeps a log", async () => {
		const { exitCode, output, errorOutput } = await packagedCli(USAGE);
		expect(errorOutput).not.toMatch(/^(error|warning)/m);
		expect(exitCode).toBe(0);
		expect(site.world.live()).toHaveLength(4);
		expect(output).toContain("4 pending requests = 4 launched");
		expect(output).toMatch(/^\| bld-linux64 +\|/m);
		expect(errorOutput).toContain("bld-linux64: launched 4 of 4 spot");
		// Every line of both, and debug lines, each with its time and level.
		const lines = logFile().trimEnd().split("\n");
		for (const line of lines) expect(line).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z (DEBUG|INFO|NOTICE|WARNING|ERROR) /);
		for (const line of [...output.split("\n"), ...errorOutput.split("\n")].filter((text) => text !== "")) {
			expect(logFile()).toContain(line.replace(/^\w+: /, ""));
		}
		expect(lines.some((line) => line.includes(" DEBUG "))).toBe(true);
		expect(errorOutput).not.toContain("debug:");

		// The instances are on their way, and the log is appended to.
		const before = logFile();
		expect((await cli(USAGE)).output).toContain("covered by");
		expect(logFile().startsWith(before)).toBe(true);
		expect(logFile().length).toBeGreaterThan(before.length);
		expect(site.world.live()).toHaveLength(4);
	});

	it("uses only the regions that it names", async () => {
		await cli(USAGE.replace("-r us-east-1", ""));
		expect(Object.keys(site.endpoint.journal.counts())).toEqual(["us-west-2"]);
	});

	it("sends its metrics to the hosts in the secrets file", async () => {
		await using carbon = await Carbon.start();
		const graphite_hosts = [{ host: "127.0.0.1", port: carbon.port, prefix: "hosts.here" }];
		writeSecrets({ db: "sqlite:///../state.sqlite", graphite_hosts });
		const { exitCode } = await cli(USAGE);
		expect(exitCode).toBe(0);
		expect(carbon.received.join("")).toMatch(/^hosts\.here\.releng\.aws\.aws_watch_pending\.pending 4 \d{10}$/m);
	});

	it("caches certificates in the given folder instead of the configured one", async () => {
		const main = join(site.workspace, "configs/watch_pending.cfg");
		const config = JSON.parse(readFileSync(main, "utf8"));
		config.certs = { url: "https://127.0.0.1:9/{fqdn}", cache_dir: "elsewhere" };
		writeFileSync(main, JSON.stringify(config));
		writeFileSync(join(site.workspace, "configs/bld-linux64.user-data"), "certificate={certs}");
		const cache = join(folder, "secrets/cached_certs");
		mkdirSync(cache);
		const { domain } = site.policy.types["bld-linux64"]?.regions["us-west-2"] ?? {};
		for (let number = 1; number <= 4; number += 1) {
			writeFileSync(join(cache, `bld-linux64-ec2-00${number}.${domain}`), PEM);
		}
		const { exitCode } = await cli(USAGE.replace("-r us-east-1", ""));
		expect(exitCode).toBe(0);
		const userData = site.world.live().map((machine) => Buffer.from(machine.userData ?? "", "base64").toString());
		expect(userData).toEqual(Array.from({ length: 4 }, () => `certificate=${PEM}`));
		expect(existsSync(join(folder, "elsewhere"))).toBe(false);
	});
});

it.each([
	["-n", false],
	["--dryrun -v", true],
])("%s reads everything and launches nothing, with debug lines: %s", async (flags, debugs) => {
	const { exitCode, output, errorOutput } = await cli(USAGE, flags.split(" "));
	expect(exitCode).toBe(0);
	expect(output).toContain("4 pending requests = 4 to launch");
	expect(Object.keys(site.endpoint.journal.counts()["us-west-2"] ?? {})).toContain("DescribeInstances");
	expect(site.world.live()).toEqual([]);
	expect(/^debug: /m.test(errorOutput)).toBe(debugs);
});

it("--latest-ami-percentage splits instances between the newest image and the previous one", async () => {
	const region = "us-west-2";
	const images = ["ami-old", "ami-new"].map((imageId, index) => ({
		imageId,
		mozType: "bld-linux64",
		name: `spot-${imageId}`,
		createdAt: 1_700_000_000 + index,
	}));
	const subnets = [...site.world.region(region).subnets.values()];
	await using endpoint = await Ec2Endpoint.start(createWorld({ regions: { [region]: { subnets, images } } }));
	const { exitCode } = await runCliInProcess({
		folder,
		arguments: [...USAGE.replace("-r us-east-1", "").split(/\s+/), "--latest-ami-percentage=25"],
		environment: endpoint.environment,
	});
	expect(exitCode).toBe(0);
	expect(endpoint.world.live().map(({ imageId }) => imageId)).toEqual(["ami-new", "ami-old", "ami-old", "ami-old"]);
});

describe("its database", () => {
	it.each(DATABASES)("comes from the secrets file: $name", async ({ create, dialect }) => {
		const rows = rowsOf("3.7", dialect, [{ builder: BUILD }]);
		writeSecrets({ db: await create("3.7", rows) });
		expect((await cli(USAGE, ["-n"])).output).toContain("Dry run: 1 pending request = 1 to launch");
	});

	it("is named without its secrets if it fails", async () => {
		const server = mariaDb();
		const url = new URL(urlOf(server, await createMariaDbDatabase(server, schemaOf("3.7", "mysql"))));
		url.password = "s3cret@word";
		writeSecrets({ db: url.href, other_password: "0ther-s3cret" });
		const { exitCode, output, errorOutput } = await cli(USAGE, ["-v"]);
		expect(exitCode).toBe(1);
		expect(output).toContain("The scheduler database could not be read");
		for (const text of [output, errorOutput, logFile()]) {
			expect(text).not.toMatch(/s3cret/);
		}
	});
});

describe("an invalid secrets file", () => {
	it.each([
		["that is not JSON", '{\n\t"db": s3cret\n}', "error: secrets/aws-secrets.json:2:8: invalid JSON"],
		[
			"whose db is not a URL",
			{ db: "s3cret" },
			'error: Invalid key "db" of secrets/aws-secrets.json: it must be the URL of',
		],
	])("%s", async (_what, content, expected) => {
		writeSecrets(content);
		const { exitCode, output, errorOutput } = await cli(USAGE, ["-v"]);
		expect(errorOutput).toContain(expected);
		expect(exitCode).toBe(1);
		for (const text of [output, errorOutput, logFile()]) expect(text).not.toMatch(/s3cret/);
		expect(site.endpoint.journal.calls()).toEqual([]);
	});

	it("is reported together with invalid options", async () => {
		writeSecrets({});
		const { errorOutput } = await packagedCli(USAGE, ["-r", "nowhere", "--fail-on=x"]);
		expect(errorOutput.match(/^error: .*/gm)).toEqual([
			expect.stringContaining('missing key "db"'),
			expect.stringMatching(/^error: Invalid option --region: "nowhere"/),
			expect.stringMatching(/^error: Invalid option --fail-on: "x"\. It must be error, shortfall, or never/),
			"error: Nothing was read or launched.",
		]);
	});

	it("causes a warning if every user can read it", async () => {
		chmodSync(join(folder, "secrets/aws-secrets.json"), 0o644);
		const { exitCode, errorOutput } = await cli(USAGE, ["-n"]);
		expect(errorOutput).toMatch(/^warning: secrets\/aws-secrets\.json: every user .* chmod o-r on it\.$/m);
		expect(exitCode).toBe(0);
	});
});

describe("options", () => {
	it.each([
		["--frobnicate", /^error: Unknown option '--frobnicate'\. See --help\.\n$/],
		["-k", /^error: .*-k, --secrets.*argument missing\. See --help\.\n$/],
		["us-west-2", /^error: Unknown command "us-west-2": it must be watch, check, replay, or policy\. See --help\.\n$/],
		["-v us-west-2", /^error: Unexpected argument 'us-west-2'\. See --help\.\n$/],
		["-c watch_pending.cfg", /^error: Missing option -k \(--secrets\)\. See --help\.\n$/],
		["-k secrets/aws-secrets.json", /^error: Missing option -c \(--config\)\. See --help\.\n$/],
		[
			"-k secrets/aws-secrets.json -c x --latest-ami-percentage 101",
			/^error: Invalid option --latest-ami-percentage: "101"\. It must be a whole number from 0 to 100 \(percent\)/,
		],
		["-k secrets/aws-secrets.json -c x -l no/such/file", /^error: Cannot write the log file \(-l\): ENOENT/],
		["-k secrets/aws-secrets.json -c x --report no/such/file", /^error: Cannot write the report \(--report\): ENOENT/],
		[
			"-k secrets/aws-secrets.json -c x --summary no/such/file",
			/^error: Cannot write the summary \(--summary\): ENOENT/,
		],
		[
			"-k secrets/aws-secrets.json -c nosuch.cfg",
			/^Configuration:\nerror: nosuch\.cfg: the file does not exist\nerror: .*Nothing was read/,
		],
	])("%s exits with 1 and a clear message", async (line, expected) => {
		const { exitCode, output, errorOutput } = await cli(line);
		expect(errorOutput).toMatch(expected);
		expect([exitCode, output]).toEqual([1, ""]);
	});

	it("are all in the help, the original's first and under their own names", async () => {
		const { exitCode, output, errorOutput } = await packagedCli("-h");
		expect([exitCode, errorOutput]).toEqual([0, ""]);
		const options = [...output.matchAll(/^ {2}(-\w| {2}),? +--([\w-]+)/gm)].map(
			([, short, long]) => `${short?.trim()} ${long}`,
		);
		expect(options.slice(0, 9)).toEqual([
			"-k secrets",
			"-c config",
			"-r region",
			"-n dryrun",
			"-v verbose",
			"-l logfile",
			" cached-cert-dir",
			" latest-ami-percentage",
			"-h help",
		]);
		for (const line of output.split("\n")) expect(line.length).toBeLessThanOrEqual(100);
	});

	it("named like the action's inputs have the same effect", async () => {
		const { exitCode, output } = await cli(USAGE, ["--max-launches", "1", "--fail-on", "shortfall"]);
		expect(output).toContain("= 1 launched");
		expect(exitCode).toBe(1);
	});
});

describe("files of results", () => {
	const files = ["--report", "report.json", "--summary", "summary.md"];
	const written = (name: string) => readFileSync(join(folder, name), "utf8");

	it("hold the JSON report and the summary in Markdown, each of the last tick, also if a run fails before its tick", async () => {
		await cli(USAGE, ["-n", ...files]);
		const { exitCode, output } = await cli(USAGE, files);
		expect(exitCode).toBe(0);
		expect(JSON.parse(written("report.json"))).toMatchObject({ version: 1, mode: "launch", pending: { total: 4 } });
		expect(written("summary.md")).toMatch(/^## .*4 pending requests = 4 launched/);
		expect(written("summary.md")).not.toContain("Would launch");
		expect(output).toContain("4 pending requests = 4 launched");
		const before = written("report.json");
		expect((await cli(USAGE.replace("watch_pending.cfg", "nosuch.cfg"), files)).exitCode).toBe(1);
		expect(written("report.json")).toBe(before);
	});

	it("that fill the disk are a warning each, as is the log, and the other one is still written", async () => {
		const line = USAGE.replace("aws_watch_pending.log", "/dev/full");
		const { exitCode, errorOutput } = await cli(line, ["--report", "/dev/full", "--summary", "summary.md"]);
		expect(errorOutput.match(/^warning: .*/gm)).toEqual([
			expect.stringMatching(/^warning: Writing the log file failed, so it ends here: ENOSPC/),
			expect.stringMatching(/^warning: The report could not be written: ENOSPC.* Check the disk/),
		]);
		expect(exitCode).toBe(0);
		expect(site.world.live()).toHaveLength(4);
		expect(written("summary.md")).toContain("4 pending requests = 4 launched");
	});
});

it("no outside text acts on the terminal or breaks a line of the log", async () => {
	site.database.submit("evil\u001b[31m\nline <b>&#27;</b>", 1, 1_700_000_000);
	const { output, errorOutput } = await cli(USAGE, ["-n", "-v"]);
	expect(output).toContain("evil\\u{1b}[31m\\u{a}line <b>&#27;</b>");
	expect(`${output}${errorOutput}${logFile()}`).not.toContain("\u001b");
});

it("names the credentials it needs on a machine outside GitHub", async () => {
	const { AWS_ENDPOINT_URL_EC2 = "" } = site.endpoint.environment;
	const environment = { AWS_ENDPOINT_URL_EC2, AWS_EC2_METADATA_DISABLED: "true" };
	const { exitCode, errorOutput } = await runCliInProcess({ folder, arguments: USAGE.split(/\s+/), environment });
	expect(errorOutput).toMatch(
		/^error: .*CredentialsProviderError.*Outside GitHub, give the machine a role or set AWS_PROFILE/m,
	);
	expect(exitCode).toBe(1);
});

it("works from a packed tarball, alone in a folder and without a network", async () => {
	const place = mkdtempSync(join(tmpdir(), "aws-watch-pending-pack-"));
	try {
		const npm = (cwd: string, ...rest: string[]) =>
			execFileSync("npm", [...rest, "--offline", "--cache", join(place, "cache"), "--loglevel=error"], {
				cwd,
				encoding: "utf8",
			});
		npm(ROOT, "pack", "--pack-destination", place);
		const [tarball = ""] = readdirSync(place).filter((file) => file.endsWith(".tgz"));
		const installed = join(place, "installed");
		mkdirSync(installed);
		npm(installed, "install", "--no-audit", "--no-fund", join(place, tarball));
		expect(readdirSync(join(installed, "node_modules")).filter((name) => !name.startsWith("."))).toEqual([
			"aws-watch-pending",
		]);
		const script = join(installed, "node_modules/.bin/aws-watch-pending");
		const { exitCode, output } = await runCli({
			folder,
			script,
			arguments: USAGE.split(/\s+/),
			environment: site.endpoint.environment,
		});
		expect(output).toContain("= 4 launched");
		expect(exitCode).toBe(0);
	} finally {
		rmSync(place, { recursive: true, force: true });
	}
});
