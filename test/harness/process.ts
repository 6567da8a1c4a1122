/** What a process of its own came to. */
import type { ChildProcessByStdio } from "node:child_process";
import type { Readable } from "node:stream";

export interface ProcessOutcome {
	/** Null where it was killed. */
	readonly exitCode: number | null;
	readonly output: string;
	readonly errorOutput: string;
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
