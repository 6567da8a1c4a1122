/** Processes that tests start. */
import type { ChildProcessByStdio } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";

/** The folder for temporary files that all processes of a test share, as on a machine. */
const TEMPORARY = mkdtempSync(join(tmpdir(), "aws-watch-pending-tmp-"));
process.once("exit", () => rmSync(TEMPORARY, { recursive: true, force: true }));

export interface ProcessOutcome {
	/** Null if it was killed. */
	readonly exitCode: number | null;
	readonly output: string;
	readonly errorOutput: string;
}

/** The variables that a process needs besides its own: nothing of the person who runs the tests reaches it. */
export function processEnvironment(home: string): Record<string, string> {
	const { PATH = "", NODE_COMPILE_CACHE: cache } = process.env;
	return { PATH, HOME: home, TMPDIR: TEMPORARY, ...(cache === undefined ? {} : { NODE_COMPILE_CACHE: cache }) };
}

export async function outcomeOf(child: ChildProcessByStdio<null, Readable, Readable>): Promise<ProcessOutcome> {
	const text = { output: "", errorOutput: "" };
	child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
		text.output += chunk;
	});
	child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
		text.errorOutput += chunk;
	});
	const exitCode = await new Promise<number | null>((done, fail) => {
		child.on("error", fail).on("close", done);
	});
	return { exitCode, ...text };
}
