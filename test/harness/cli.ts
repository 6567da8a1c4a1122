/** Runs the packaged command line as cron does: a process in a folder, with arguments. */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { outcomeOf, type ProcessOutcome, processEnvironment } from "./process.ts";

export const CLI = resolve(import.meta.dirname, "../../dist/cli.js");

export interface CliRun {
	readonly arguments: readonly string[];
	/** The working folder. */
	readonly folder: string;
	readonly environment?: Readonly<Record<string, string>>;
	/** Called once the process has started, with a function that sends it a signal. */
	readonly onStart?: (kill: (signal: NodeJS.Signals) => void) => void;
	/** Default: `dist/cli.js` of this checkout. */
	readonly script?: string;
}

/** Runs it once, on this Node. */
export async function runCli(run: CliRun): Promise<ProcessOutcome> {
	const home = mkdtempSync(join(tmpdir(), "aws-watch-pending-home-"));
	try {
		const child = spawn(process.execPath, [run.script ?? CLI, ...run.arguments], {
			cwd: run.folder,
			env: { ...processEnvironment(home), ...run.environment },
			stdio: ["ignore", "pipe", "pipe"],
		});
		run.onStart?.((signal) => child.kill(signal));
		return await outcomeOf(child);
	} finally {
		rmSync(home, { recursive: true, force: true });
	}
}
