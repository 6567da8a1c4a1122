/**
 * Runs the sources of the action and of the command line in this process, as often as a test likes: a run takes a small
 * part of a process's CPU time. Each has an environment, a log, signals, and an exit code of its own, also beside others.
 * What is packaged is for what only a process has: its start and end, kills, and what Node reads when it starts.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { EventEmitter } from "node:events";
import { cli } from "../../src/cli.ts";
import { main } from "../../src/main.ts";
import { type ActionResult, type ActionRun, asRunner } from "./action.ts";
import { CLI, type CliRun, inHome } from "./cli.ts";
import type { ProcessOutcome } from "./process.ts";

const own = globalThis.process;
/** The process as each run sees it. */
const processes = new AsyncLocalStorage<NodeJS.Process>();
Object.defineProperty(globalThis, "process", { configurable: true, get: () => processes.getStore() ?? own });

/** Runs the action once. */
export async function runInProcess(run: ActionRun): Promise<ActionResult> {
	return asRunner(run, (env) => outcomeInProcess(main, { env, onStart: run.onStart }));
}

/** Runs the command line once. */
export async function runCliInProcess(run: CliRun): Promise<ProcessOutcome> {
	const argv = [own.execPath, CLI, ...run.arguments];
	return inHome(run, (env) => outcomeInProcess(cli, { env, argv, cwd: () => run.folder }));
}

interface Seen {
	readonly env?: Readonly<Record<string, string>>;
	readonly argv?: readonly string[];
	readonly cwd?: () => string;
	/** Gets a function that sends signals. */
	readonly onStart?: ActionRun["onStart"];
}

/** Runs `body` as a process would that sees this. */
export async function outcomeInProcess(
	body: () => Promise<void>,
	{ onStart = () => {}, env = {}, ...others }: Seen = {},
): Promise<ProcessOutcome> {
	const output: string[] = [];
	const errorOutput: string[] = [];
	const signals = new EventEmitter();
	const seen = processWith({
		env,
		...others,
		exitCode: 0,
		stdout: writingTo(output),
		stderr: writingTo(errorOutput),
		on: signals.on.bind(signals),
		// What would end a process ends nothing here: a run has nothing more to do.
		exit: () => {},
	});
	onStart((signal = "SIGTERM") => signals.emit(signal));
	await processes.run(seen, body);
	return { exitCode: Number(seen.exitCode), output: output.join(""), errorOutput: errorOutput.join("") };
}

/** This process, with other values for some properties. */
function processWith(properties: Readonly<Record<string, unknown>>): NodeJS.Process {
	const values = new Map<string | symbol, unknown>(Object.entries(properties));
	return new Proxy(own, {
		get: (_, name) => {
			if (values.has(name)) return values.get(name);
			const value: unknown = Reflect.get(own, name);
			return typeof value === "function" ? value.bind(own) : value;
		},
		set: (_, name, value) => {
			values.set(name, value);
			return true;
		},
	});
}

function writingTo(texts: string[]) {
	// As UTF-8, in which an unpaired surrogate is another character.
	return { write: (text: string) => texts.push(text.toWellFormed()) > 0, on: () => {} };
}
