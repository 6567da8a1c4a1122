/** Runs the packaged command line as a cron does: a process of its own, in a folder, with arguments. */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

export const CLI = resolve(import.meta.dirname, "../../dist/cli.js");

export interface CliRun {
	readonly arguments: readonly string[];
	/** The folder that it runs in. */
	readonly folder: string;
	readonly environment?: Readonly<Record<string, string>>;
	/** The script; `dist/cli.js` of this checkout unless given. */
	readonly script?: string;
}

export interface CliResult {
	readonly exitCode: number | null;
	readonly output: string;
	readonly errorOutput: string;
}

/** Runs it once, on this Node. */
export async function runCli(run: CliRun): Promise<CliResult> {
	const home = mkdtempSync(join(tmpdir(), "aws-watch-pending-home-"));
	try {
		const child = spawn(process.execPath, [run.script ?? CLI, ...run.arguments], {
			cwd: run.folder,
			env: { PATH: process.env["PATH"] ?? "", HOME: home, ...run.environment },
			stdio: ["ignore", "pipe", "pipe"],
		});
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
	} finally {
		rmSync(home, { recursive: true, force: true });
	}
}
