/** The command line's entry: the original's options and a few commands, for a cron outside GitHub. */
import { tmpdir } from "node:os";
import { resolve } from "node:path";
import { createFile, writeFiles, writeSummary } from "./adapters/terminal/files.ts";
import { TerminalLog } from "./adapters/terminal/log.ts";
import { Redactor } from "./core/report/redaction.ts";
import { errorMessage, InputError } from "./errors.ts";
import { ArgumentError, type Arguments, readArguments } from "./inputs/arguments.ts";
import { checkHelp, readCheckArguments } from "./inputs/check-command.ts";
import { COMMANDS, type CommandName } from "./inputs/commands.ts";
import { awsSecretsIn } from "./inputs/environment.ts";
import { given, type ParsedInputs, parseInputs } from "./inputs/given.ts";
import { checkInputs, type Inputs } from "./inputs/inputs.ts";
import { listOf } from "./inputs/kinds.ts";
import { helpText } from "./inputs/options.ts";
import { policyHelp, readPolicyArguments } from "./inputs/policy-command.ts";
import { readReplayArguments, replayHelp } from "./inputs/replay-command.ts";
import type { SecretsFile } from "./inputs/secrets-file.ts";
import { readWatchArguments, watchHelp } from "./inputs/watch-command.ts";

/** What each command does with the rest of its line. */
const RUN: Readonly<Record<CommandName, (line: readonly string[]) => Promise<void>>> = { watch, check, replay, policy };

/** Runs the command of the process's line, and sets the exit status. */
export async function cli(): Promise<void> {
	const [first = "", ...rest] = process.argv.slice(2);
	const command = COMMANDS.find(({ name }) => name === first)?.name;
	try {
		if (command !== undefined) await RUN[command](rest);
		else if (first === "" || first.startsWith("-")) await tick(process.argv.slice(2));
		else throw new ArgumentError(`Unknown command "${first}": it must be ${listOf(COMMANDS.map(({ name }) => name))}`);
	} catch (error) {
		if (!(error instanceof ArgumentError)) throw error;
		process.stderr.write(
			`error: ${error.message}. See ${command === undefined ? "" : `aws-watch-pending ${command} `}--help.\n`,
		);
		process.exitCode = 1;
	}
}

async function tick(line: readonly string[]): Promise<void> {
	const args = readArguments(line);
	if (args.help) process.stdout.write(helpText());
	else await startWithSecrets(args, false);
}

async function watch(line: readonly string[]): Promise<void> {
	const args = readWatchArguments(line);
	if (args.help) process.stdout.write(watchHelp());
	else await startWithSecrets(args, true);
}

async function startWithSecrets(args: Arguments, watches: boolean): Promise<void> {
	const { secretsFile } = args;
	if (secretsFile === null) throw new ArgumentError("Missing option -k (--secrets)");
	requireConfig(args);
	const { readSecretsFile } = await import("./run.ts");
	await start(args, readSecretsFile(secretsFile, process.cwd()), { watches });
}

async function check(line: readonly string[]): Promise<void> {
	const args = readCheckArguments(line);
	if (args.help) {
		process.stdout.write(checkHelp());
		return;
	}
	requireConfig(args);
	await start(args, null);
}

async function replay(line: readonly string[]): Promise<void> {
	const args = readReplayArguments(line);
	const { databaseUrl } = args;
	if (args.help) process.stdout.write(replayHelp());
	else if (databaseUrl === null) await startWithSecrets(args, false);
	else {
		requireConfig(args);
		await start(args, null, { databaseUrl });
	}
}

async function policy(line: readonly string[]): Promise<void> {
	const args = readPolicyArguments(line);
	if (args === null) {
		process.stdout.write(policyHelp());
		return;
	}
	const { showPolicy } = await import("./run.ts");
	const log = new TerminalLog({ verbose: false, file: null, redactor: new Redactor() });
	process.stdout.write(showPolicy(args, process.cwd(), log) ?? "");
}

function requireConfig({ inputs }: Arguments): void {
	if (inputs("config").texts.length === 0) throw new ArgumentError("Missing option -c (--config)");
}

interface StartOptions {
	/** Whether the run watches until it is stopped. */
	readonly watches?: boolean;
	/** URL of an SQLite file that a line names; null: the secrets file has the URL. */
	readonly databaseUrl?: string | null;
}

/** @param file null: the command needs none */
async function start(line: Arguments, file: SecretsFile | null, options: StartOptions = {}): Promise<void> {
	const { watches = false, databaseUrl = null } = options;
	const args = { ...line, ...writtenFiles(line) };
	const { run, timeLimitOf, ProcessEnding } = await import("./run.ts");
	const ofFile = given(file?.kind === "valid" ? [file.db] : [], `key "db" of ${args.secretsFile}`);
	const database = databaseUrl === null ? ofFile : given([databaseUrl], "option --db");
	const parsed = parseInputs((name) => (name === "database-url" ? database : args.inputs(name)));
	const redactor = new Redactor([...parsed.secrets, ...awsSecretsIn(process.env)]);
	const log = openLog(args, redactor);
	const inputs = checkedInputs({ ...args, watches }, file, parsed, log);
	if (inputs === null) return;
	const ending = new ProcessEnding(timeLimitOf(inputs));
	const publish = (results: Parameters<typeof writeFiles>[0]) => {
		log.publish(results);
		writeFiles(results, args, log);
	};
	await run(inputs, {
		log,
		redactor,
		ending,
		publish,
		publishReplay: publish,
		publishCheck: (summary) => {
			if (args.summaryFile !== null) writeSummary(summary, args.summaryFile, log);
		},
	});
	await ending.exit();
}

/** The inputs; null if the run has ended with the diagnostics of the secrets file and the options. */
function checkedInputs(
	{ certificateFolder, watches }: Arguments & { readonly watches: boolean },
	file: SecretsFile | null,
	parsed: ParsedInputs,
	log: TerminalLog,
): Inputs | null {
	try {
		if (file?.kind === "invalid") throw new InputError([...file.diagnostics, ...parsed.diagnostics]);
		for (const warning of file?.warnings ?? []) log.annotate("warning", warning);
		return checkInputs(parsed, {
			workspace: process.cwd(),
			temporaryFolder: tmpdir(),
			run: { id: crypto.randomUUID(), step: "", url: null },
			workflowRun: null,
			certificateFolder,
			watchesUntilStopped: watches,
			graphiteHosts: file?.graphiteHosts ?? [],
		});
	} catch (error) {
		if (!(error instanceof InputError)) throw error;
		for (const diagnostic of error.diagnostics) log.annotate("error", diagnostic);
		log.end({ kind: "failed", message: "Nothing was read or launched." });
		return null;
	}
}

/** Absolute paths of the files that the run writes to. */
function writtenFiles({ logFile, reportFile, summaryFile }: Arguments) {
	const absolute = (file: string | null) => (file === null ? null : resolve(process.cwd(), file));
	return { logFile: absolute(logFile), reportFile: absolute(reportFile), summaryFile: absolute(summaryFile) };
}

/** @throws ArgumentError if a file that the run writes to can't be written */
function openLog({ verbose, logFile, reportFile, summaryFile }: Arguments, redactor: Redactor): TerminalLog {
	const log = writable("the log file (-l)", () => new TerminalLog({ verbose, file: logFile, redactor }));
	writable("the report (--report)", () => createFile(reportFile));
	writable("the summary (--summary)", () => createFile(summaryFile));
	process.stdout.on("error", (error) => log.warning(`The summary could not be written: ${errorMessage(error)}`));
	// The log file still gets what the terminal doesn't.
	process.stderr.on("error", () => {});
	return log;
}

function writable<T>(what: string, open: () => T): T {
	try {
		return open();
	} catch (error) {
		throw new ArgumentError(`Cannot write ${what}: ${errorMessage(error)}`);
	}
}
