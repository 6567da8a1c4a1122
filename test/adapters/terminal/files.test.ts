import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { createFile, writeSummary } from "../../../src/adapters/terminal/files.ts";
import { TerminalLog } from "../../../src/adapters/terminal/log.ts";
import { Redactor } from "../../../src/core/report/redaction.ts";

let folder: string;
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "aws-watch-pending-files-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

it("a named pipe is rejected before the run, and is a warning after it", () => {
	const file = join(folder, "pipe");
	execFileSync("mkfifo", [file]);
	expect(() => createFile(file)).toThrow(`${file} is a named pipe`);
	const lines: string[] = [];
	const log = new TerminalLog({ verbose: false, file: null, redactor: new Redactor([]) });
	log.warning = (line: string) => void lines.push(line);
	writeSummary("## Launched", file, log);
	expect(lines).toEqual([expect.stringContaining(`The summary could not be written: ${file} is a named pipe`)]);
});
