import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { readAuthorities } from "../../src/inputs/database-tls.ts";

let folder: string;
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "aws-watch-pending-ca-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

it.each<[string, (path: string) => void, string]>([
	["does not exist", () => {}, "the file does not exist"],
	["is a folder", (path) => mkdirSync(path), "expected a file but found a folder"],
	["is a named pipe", (path) => execFileSync("mkfifo", [path]), "found a device, a pipe, or a socket"],
	["is an endless device", (path) => symlinkSync("/dev/zero", path), "found a device, a pipe, or a socket"],
	["is too large", (path) => writeFileSync(path, "x".repeat(1024 * 1024 + 1)), "the maximum is 1048576"],
])("rejects at once a file of CA certificates that %s", async (_what, make, why) => {
	make(join(folder, "ca.pem"));
	await expect(readAuthorities("ca.pem", folder)).rejects.toThrow(`"ca.pem" can't be used: `);
	await expect(readAuthorities("ca.pem", folder)).rejects.toThrow(why);
});
