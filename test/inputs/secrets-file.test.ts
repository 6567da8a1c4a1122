import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
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
