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
	return inHome(run, async (env) => {
		const child = spawn(process.execPath, [run.script ?? CLI, ...run.arguments], {
			cwd: run.folder,
			env,
			stdio: ["ignore", "pipe", "pipe"],
		});
		run.onStart?.((signal) => child.kill(signal));
		return outcomeOf(child);
	});
}

/** Gives a run its environment, with an empty home that is removed afterwards. */
export async function inHome<T>(
	{ environment }: CliRun,
	start: (environment: Readonly<Record<string, string>>) => Promise<T>,
): Promise<T> {
	const home = mkdtempSync(join(tmpdir(), "aws-watch-pending-home-"));
	try {
		return await start({ ...processEnvironment(home), ...environment });
	} finally {
		rmSync(home, { recursive: true, force: true });
	}
}
