import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { TerminalLog } from "../../../src/adapters/terminal/log.ts";
import { Redactor } from "../../../src/core/report/redaction.ts";

let folder: string;
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "aws-watch-pending-log-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

it("never shows a secret, in lines or in the summary", () => {
	const file = join(folder, "log");
	const log = new TerminalLog({ verbose: false, file, redactor: new Redactor(["p@ss|word"]) });
	log.debug("Connecting with p@ss|word");
	log.publish({ summary: "It said p&#64;ss&#124;word\n" });
	expect(readFileSync(file, "utf8").replace(/^\S+/gm, "TIME")).toBe(
		"TIME DEBUG   Connecting with ***\nTIME INFO    It said ***\n",
	);
});

it("rejects a log file that is a named pipe", () => {
	const file = join(folder, "pipe");
	execFileSync("mkfifo", [file]);
	expect(() => new TerminalLog({ verbose: false, file, redactor: new Redactor([]) })).toThrow("is a named pipe");
});
