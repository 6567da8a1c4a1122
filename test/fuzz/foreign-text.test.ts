/**
 * Everything that reads foreign text, on texts that were valid once. Each either accepts a text or says what is wrong with
 * it, in bounded time. FUZZ_RUNS=100000 runs longer, with other texts each time; a failure prints its seed.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, it, vi } from "vitest";
import { parseReport } from "../../scripts/saved-report.ts";
import { assertOwnAnswer } from "../../src/adapters/ec2/answer.ts";
import { UnreadAnswer } from "../../src/adapters/ec2/errors.ts";
import { zonesWithCapacity } from "../../src/adapters/ec2/refusals.ts";
import { Allocator } from "../../src/adapters/jacuzzi/allocator.ts";
import { timeLimit } from "../../src/adapters/time-limit.ts";
import { Alphabet } from "../../src/config/automata/alphabet.ts";
import { Automaton } from "../../src/config/automata/automaton.ts";
import { machineOf } from "../../src/config/automata/machine.ts";
import { shortestName } from "../../src/config/automata/search.ts";
import { TooComplexError, Work } from "../../src/config/automata/work.ts";
import { readBuilderNames } from "../../src/config/builder-names.ts";
import { parseJson } from "../../src/config/document/json.ts";
import type { Parsed } from "../../src/config/document/node.ts";
import { parseYaml } from "../../src/config/document/yaml.ts";
import { readSources } from "../../src/config/load.ts";
import { compilePattern, treeOf } from "../../src/config/python-re/compile.ts";
import { PatternError } from "../../src/config/python-re/scanner.ts";
import { isUrl, isWithoutCredentials } from "../../src/config/url.ts";
import { parseUserData } from "../../src/config/user-data.ts";
import { namesInTags } from "../../src/core/model/batch-names.ts";
import { type Diagnostic, errorMessage, formatDiagnostic } from "../../src/errors.ts";
import { parseDatabaseUrl } from "../../src/inputs/database-url.ts";
import { readSecretsFile } from "../../src/inputs/secrets-file.ts";
import { report } from "../core/reports.ts";
import { listen } from "../harness/listen.ts";
import { someReport } from "../summary/arbitrary-report.ts";
import { mutated, mutatedBytes } from "./mutations.ts";

const CONFIGS = resolve(import.meta.dirname, "../../configs");
const REFERENCE = resolve(import.meta.dirname, "../config/fixtures/reference");
const filesIn = (folder: string, pattern: RegExp) =>
	readdirSync(folder)
		.filter((name) => pattern.test(name))
		.map((name) => readFileSync(join(folder, name), "utf8"));

const folder = mkdtempSync(join(tmpdir(), "aws-watch-pending-fuzz-"));
afterAll(() => rmSync(folder, { recursive: true }));

const given = process.env["FUZZ_RUNS"];
/** @param runs unless more are asked for */
const parametersOf = (runs: number) => (given === undefined ? { numRuns: runs, seed: 19 } : { numRuns: Number(given) });

/** Milliseconds for all texts of a property, on a busy machine. */
const LIMIT = given === undefined ? 50_000 : 3_600_000;
if (given !== undefined) vi.setConfig({ testTimeout: LIMIT + 10_000 });

/** Runs `read`, which may throw only what `isClear` accepts. */
function fails(read: () => void, isClear: (error: unknown) => boolean): void {
	try {
		read();
	} catch (error) {
		if (!isClear(error)) throw error;
	}
}

/** @throws Error with the text, if reading one takes too long */
function property<T>(texts: fc.Arbitrary<T>, runs: number, read: (text: T) => void): void {
	let last: T | undefined;
	let failure: unknown = null;
	const remembering = fc.property(texts, (text) => {
		last = text;
		read(text);
	});
	const isInTime = timeLimit(() => {
		try {
			fc.assert(remembering, parametersOf(runs));
		} catch (error) {
			failure = error;
		}
	}, LIMIT);
	if (failure !== null) throw failure;
	if (!isInTime) throw new Error(`Not read in time: ${JSON.stringify(last)?.slice(0, 2_000)}`);
}

/** Of thousands of problems, the first tell enough. */
function expectClear(problems: readonly Diagnostic[]): void {
	for (const { file, line, column, message } of problems.slice(0, 20)) {
		expect(file).not.toBeNull();
		expect(message.length).toBeGreaterThan(5);
		// What a person typed is shortened in it.
		expect(message.length).toBeLessThan(3_000);
		expect([line ?? 1, column ?? 1].every((number) => number > 0)).toBe(true);
	}
}

const JSON_FILES = [...filesIn(CONFIGS, /\.json$/), ...filesIn(REFERENCE, /watch_pending|bld-linux64$/)];
const YAML_FILES = [
	...filesIn(CONFIGS, /\.yml$/),
	"a: &a [1, 2]\nb: *a\nc: { <<: *d, e: 1 }\nd: &d { f: 'x' }\n",
	"buildermap:\n  ^Linux.*: bld\n  ? >-\n    folded\n  : tst\nregion_priorities: {us-east-1: 1}\n",
];
const PATTERNS = Object.keys(JSON.parse(readFileSync(join(CONFIGS, "watch_pending.json"), "utf8")).buildermap);

describe("the configuration", () => {
	it.each([
		["JSON", parseJson, JSON_FILES],
		["YAML", parseYaml, YAML_FILES],
	] as const)("as %s is parsed, or rejected at a location", (_what, parse, files) => {
		property(mutated(...files), 150, (text) => {
			const parsed: Parsed = parse(text);
			if (parsed.kind === "unreadable") expect(parsed.diagnostics).not.toEqual([]);
			expectClear(parsed.diagnostics.map(({ location, message }) => ({ file: "f", ...location, message })));
		});
	});

	it("of several files is loaded, or rejected with the file of each error", () => {
		const main = readFileSync(join(CONFIGS, "watch_pending.json"), "utf8");
		const type = readFileSync(join(CONFIGS, "bld-linux64.json"), "utf8");
		const userData = readFileSync(join(CONFIGS, "bld-linux64.user-data"), "utf8");
		for (const name of ["try-linux64.json", "tst-linux64.yml"]) {
			writeFileSync(join(folder, name), readFileSync(join(CONFIGS, name)));
		}
		const either = (text: string) => fc.oneof(fc.constant(Buffer.from(text)), mutatedBytes(text));
		property(fc.tuple(either(main), either(type), either(userData)), 100, ([mainFile, typeFile, userDataFile]) => {
			writeFileSync(join(folder, "watch_pending.json"), mainFile);
			writeFileSync(join(folder, "bld-linux64.json"), typeFile);
			writeFileSync(join(folder, "bld-linux64.user-data"), userDataFile);
			const { errors, sources } = readSources("watch_pending.json", { workspace: folder, regions: null });
			if (sources === null) expect(errors).not.toEqual([]);
			expectClear([...errors, ...(sources?.config.warnings ?? [])]);
		});
	});

	it("has templates of user data that are parsed, or rejected at a location", () => {
		property(mutated(...filesIn(CONFIGS, /user-data$/), "{hostname} {{x}} {fqdn}"), 150, (text) => {
			expectClear(parseUserData(text, "x.user-data").diagnostics);
		});
	});

	it("has patterns that compile as an expression and as an automaton, or are rejected", () => {
		property(mutated(...PATTERNS, "(?P<a>x|y)(?P=a){2,3}(?<!z)$", "(?i:[^a-f\\w]+?)|\\bx\\Z"), 300, (source) => {
			fails(
				() => {
					compilePattern(source);
					const machine = machineOf(treeOf(source), new Work(20_000));
					if (new Set(machine.classes).size > 5) return;
					const alphabet = new Alphabet(machine.classes);
					const automaton = new Automaton(machine, alphabet, new Work(20_000));
					shortestName({ all: [automaton], none: [] }, alphabet, new Work(20_000));
				},
				(error) => error instanceof PatternError || error instanceof TooComplexError,
			);
		});
	});

	it("has URLs that are accepted or not", () => {
		property(mutated("http://allocator/v1", "https://certs.example/{fqdn}.pem?x=1"), 300, (text) => {
			expect(typeof isUrl(text)).toBe("boolean");
			expect(typeof isWithoutCredentials(text)).toBe("boolean");
		});
	});
});

it("URLs of databases are parsed, or rejected with a sentence that lacks the password", () => {
	const urls = [
		"mysql+pymysql://buildbot:hunter2hunter2@db.example.com:3306/buildbot?charset=utf8",
		"postgresql://u:hunter2hunter2@[::1]:5432/db?options=-csearch_path=x&host=/tmp",
		"sqlite:////var/lib/state.sqlite",
	];
	property(mutated(...urls), 500, (text) => {
		const parsed = parseDatabaseUrl(text);
		if (parsed.kind === "invalid") expect(parsed.problem).toMatch(/\.$/);
		if (parsed.kind === "invalid") expect(parsed.problem).not.toContain("hunter2hunter2");
	});
});

it("secrets files are read, or rejected without their content", () => {
	const file = JSON.stringify({
		db: "mysql://u:hunter2hunter2@h/d",
		graphite_hosts: [{ host: "g", port: 1, prefix: "p" }],
	});
	property(mutatedBytes(file), 200, (bytes) => {
		writeFileSync(join(folder, "secrets.json"), bytes, { mode: 0o600 });
		const read = readSecretsFile("secrets.json", folder);
		if (read.kind === "valid") return;
		expect(read.diagnostics).not.toEqual([]);
		expectClear(read.diagnostics);
		expect(read.diagnostics.map(formatDiagnostic).join("\n")).not.toContain("hunter2");
	});
});

describe("saved reports and files of builders", () => {
	const saved = JSON.stringify(report({}));

	it("give names, or are rejected", () => {
		property(mutatedBytes(saved, "Linux a\nUbuntu b\n"), 200, (bytes) => {
			writeFileSync(join(folder, "names"), bytes);
			const read = readBuilderNames("names", folder);
			if (read.kind === "names") expect(read.names.length).toBeGreaterThan(0);
			else expectClear(read.diagnostics);
			if (read.kind === "invalid") expect(read.diagnostics).not.toEqual([]);
		});
	});

	it("give the builders of any report that a run writes", () => {
		property(someReport, 50, (some) => {
			writeFileSync(join(folder, "report.json"), JSON.stringify(some));
			const read = readBuilderNames("report.json", folder);
			const names = [...new Set(some.pending.builders.map(({ builder }) => builder))];
			if (names.length === 0) expect(read.kind).toBe("invalid");
			else expect(read).toEqual({ kind: "names", names });
		});
	});

	it("are summarized, or rejected with the reason", () => {
		property(mutated(saved), 200, (text) => {
			fails(
				() => parseReport(text),
				(error) => /^it is not (?:JSON|a report)/.test(errorMessage(error)),
			);
		});
	});
});

describe("answers of EC2", () => {
	const documents = [
		`<?xml version="1.0" encoding="UTF-8"?>\n<Response><Errors><Error><Code>InsufficientInstanceCapacity</Code><Message>You can get capacity by choosing us-west-2b, us-west-2c.</Message></Error></Errors><RequestID>1</RequestID></Response>`,
		`<RunInstancesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><instancesSet><item><instanceId>i-1</instanceId></item></instancesSet></RunInstancesResponse>`,
		"<html><body>502 Bad Gateway</body></html>",
	];

	it("are EC2's own, or nothing is concluded from them", () => {
		property(fc.tuple(mutatedBytes(...documents), fc.constantFrom(200, 400, 500, 503)), 500, ([body, status]) => {
			fails(
				() => assertOwnAnswer("RunInstances", status, body),
				(error) => error instanceof UnreadAnswer,
			);
		});
	});

	it("suggest zones only by their names", () => {
		property(
			mutated("You can get capacity by not specifying a zone, or by choosing us-west-2b, us-west-2c."),
			200,
			(text) => {
				for (const zone of zonesWithCapacity(text)) expect(zone).toMatch(/^[a-z0-9-]+$/);
			},
		);
	});

	it("have tags with names, or without", () => {
		property(mutated("bld-:007-019: bld-30", "a b c"), 300, (value) => {
			const names = namesInTags(new Map([["moz-names", value]]));
			expect((names ?? []).length).toBeLessThanOrEqual(1_000);
		});
	});
});

it("answers of an allocator are machines, or say why not", async () => {
	let body: Uint8Array = new Uint8Array();
	const server = createServer((_request, response) => response.end(body));
	const port = await listen(server);
	const never = new AbortController().signal;
	const allocator = new Allocator({
		url: `http://127.0.0.1:${port}/v1`,
		timeout: 60_000,
		total: 60_000,
		pauses: [],
		ending: { stop: never, end: never },
	});
	try {
		await fc.assert(
			fc.asyncProperty(mutatedBytes('{"machines": ["bld-1", "bld-2"]}'), async (bytes) => {
				body = bytes;
				const { slavesets, unknown } = await allocator.read(["b"]);
				expect(slavesets.size + unknown.size).toBe(1);
				for (const { reason } of unknown.values()) expect(reason).toContain("the response is not");
			}),
			parametersOf(60),
		);
	} finally {
		server.closeAllConnections();
		server.close();
	}
});
