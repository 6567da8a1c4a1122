/** Processes that tests start. */
import type { ChildProcessByStdio } from "node:child_process";
import type { Readable } from "node:stream";

export interface ProcessOutcome {
	/** Null if it was killed. */
	readonly exitCode: number | null;
	readonly output: string;
	readonly errorOutput: string;
}

/** The variables that a process needs besides its own: nothing of the person who runs the tests reaches it. */
export function processEnvironment(home: string): Record<string, string> {
	const { PATH = "", NODE_COMPILE_CACHE: cache } = process.env;
	return { PATH, HOME: home, ...(cache === undefined ? {} : { NODE_COMPILE_CACHE: cache }) };
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
