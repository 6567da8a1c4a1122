import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { formatDiagnostic } from "../../src/errors.ts";
import { readSecretsFile } from "../../src/inputs/secrets-file.ts";

const DOCS = readFileSync(resolve(import.meta.dirname, "../../docs/command-line.md"), "utf8");

let folder: string;
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "aws-watch-pending-secrets-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

test("reads the documented file, and names its metrics like the original", () => {
	const [, example = ""] = /```json\n([\s\S]*?)```/.exec(DOCS) ?? [];
	writeFileSync(join(folder, "secrets.json"), example, { mode: 0o600 });
	expect(readSecretsFile("secrets.json", folder)).toEqual({
		kind: "valid",
		db: "mysql+pymysql://buildbot:password@db.example.com/buildbot_schedulers",
		graphiteHosts: [{ host: "graphite.example.com", port: 2003, prefix: "hosts.releng.aws.aws_watch_pending" }],
		warnings: [],
	});
});

test.each([
	[0o600, 0],
	[0o640, 0],
	[0o644, 1],
])("a file of mode %o has %i warnings", (mode, warnings) => {
	writeFileSync(join(folder, "secrets.json"), '{ "db": "sqlite:///a" }');
	chmodSync(join(folder, "secrets.json"), mode);
	const secrets = readSecretsFile("secrets.json", folder);
	expect(secrets).toMatchObject({ kind: "valid", warnings: { length: warnings } });
});

test.each<[string, unknown, string]>([
	["does not exist", undefined, "secrets.json: the file does not exist"],
	["is not JSON", '{\n\t"db": s3cret\n}', "secrets.json:2:8: invalid JSON"],
	["is a list", '["s3cret"]', "secrets.json:1:1: the file must contain a map"],
	["lacks db", { other: "s3cret" }, 'secrets.json:1:1: missing key "db"'],
	["has a db that is no text", { db: 5_317 }, 'secrets.json:2:2: "db" must be text'],
	[
		"has AWS keys",
		{ db: "sqlite:///a", aws_access_key_id: "AKIAs3cret", aws_secret_access_key: "s3cret" },
		'secrets.json:3:2: "aws_access_key_id" is not supported: AWS keys are not read from files.',
	],
	[
		"has a Graphite host without a prefix",
		{ db: "sqlite:///a", graphite_hosts: [{ host: "s3cret", port: 2003 }] },
		'secrets.json:4:3: missing key "graphite_hosts[0].prefix"',
	],
	[
		"has an invalid Graphite port",
		{ db: "sqlite:///a", graphite_hosts: [{ host: "s3cret", port: 65_536, prefix: "a" }] },
		'secrets.json:6:4: "graphite_hosts[0].port" must be a port from 1 to 65535',
	],
])("a file that %s is invalid, and no value is shown", (_what, content, expected) => {
	const text = typeof content === "string" ? content : JSON.stringify(content, null, "\t");
	if (content !== undefined) writeFileSync(join(folder, "secrets.json"), text);
	const secrets = readSecretsFile("secrets.json", folder);
	const messages = secrets.kind === "invalid" ? secrets.diagnostics.map(formatDiagnostic) : [];
	expect(messages[0]).toContain(expected);
	expect(messages.join("\n")).not.toMatch(/s3cret|5317|65536/);
});
