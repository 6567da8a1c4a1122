/** Runs the packaged action as GitHub's runner does: in a process that takes inputs from its environment and writes outputs to files. */
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { outcomeOf, type ProcessOutcome, processEnvironment } from "./process.ts";

export const ACTION = resolve(import.meta.dirname, "../../dist/index.js");

export interface ActionRun {
	/** Action inputs by their names in action.yml. */
	readonly inputs: Readonly<Record<string, string>>;
	/** Variables in addition to the runner's, for example those of the EC2 endpoint. */
	readonly environment?: Readonly<Record<string, string>>;
	readonly workspace: string;
	/** `GITHUB_RUN_ID`. */
	readonly runId?: string;
	/** Called once the process has started, with a function that sends it a signal: SIGKILL unless given. */
	readonly onStart?: (kill: (signal?: NodeJS.Signals) => void) => void;
}

export interface ActionResult {
	/** Null if the process was killed. */
	readonly exitCode: number | null;
	/** Standard output, which the runner searches for commands. */
	readonly log: string;
	readonly errorOutput: string;
	readonly outputs: Readonly<Record<string, string>>;
	/** Markdown. */
	readonly summary: string;
	/** Text of the JSON report; null if none was written. */
	readonly report: string | null;
}

/** Runs `dist/index.js` once, on this Node. */
export async function runAction(run: ActionRun): Promise<ActionResult> {
	return asRunner(run, async (environment) => {
		const child = spawn(process.execPath, [ACTION], {
			cwd: run.workspace,
			env: environment,
			stdio: ["ignore", "pipe", "pipe"],
		});
		run.onStart?.((signal = "SIGKILL") => child.kill(signal));
		return outcomeOf(child);
	});
}

/** What the runner does around an action: gives it an environment and files, and reads what it wrote to them. */
export async function asRunner(
	run: Pick<ActionRun, "inputs" | "environment" | "workspace" | "runId">,
	start: (environment: Readonly<Record<string, string>>) => Promise<ProcessOutcome>,
): Promise<ActionResult> {
	const folder = mkdtempSync(join(tmpdir(), "aws-watch-pending-run-"));
	const outputFile = join(folder, "output");
	const summaryFile = join(folder, "summary.md");
	writeFileSync(outputFile, "");
	writeFileSync(summaryFile, "");
	try {
		const { exitCode, output, errorOutput } = await start({
			...processEnvironment(folder),
			GITHUB_ACTIONS: "true",
			GITHUB_OUTPUT: outputFile,
			GITHUB_STEP_SUMMARY: summaryFile,
			GITHUB_WORKSPACE: run.workspace,
			GITHUB_SERVER_URL: "https://github.com",
			GITHUB_REPOSITORY: "example/builds",
			GITHUB_RUN_ID: run.runId ?? "1",
			RUNNER_TEMP: folder,
			...run.environment,
			...Object.fromEntries(Object.entries(run.inputs).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value])),
		});
		const outputs = parseOutputs(readFileSync(outputFile, "utf8"));
		const report = outputs["report"] === undefined ? null : readFileSync(outputs["report"], "utf8");
		return {
			exitCode,
			log: output,
			errorOutput,
			outputs,
			summary: readFileSync(summaryFile, "utf8"),
			report,
		};
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
}

/** The runner's file format: `name<<delimiter`, lines, `delimiter`. */
function parseOutputs(text: string): Record<string, string> {
	const outputs: Record<string, string> = {};
	for (const [, name, , value] of text.matchAll(/^(.+?)<<(.+)\n([\s\S]*?)\n\2$/gm)) {
		if (name !== undefined && value !== undefined) outputs[name] = value;
	}
	return outputs;
}
