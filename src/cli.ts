#!/usr/bin/env node
/** The command line's entry: the original's options, for a cron outside GitHub. */
import { tmpdir } from "node:os";
import { TerminalLog } from "./adapters/terminal/log.ts";
import { Redactor } from "./core/report/redaction.ts";
import { errorMessage, InputError } from "./errors.ts";
import { ArgumentError, type Arguments, readArguments } from "./inputs/arguments.ts";
import { awsSecretsIn } from "./inputs/environment.ts";
import { given, type ParsedInputs, parseInputs } from "./inputs/given.ts";
import { checkInputs, type Inputs } from "./inputs/inputs.ts";
import { helpText } from "./inputs/options.ts";
import { policyHelp, readPolicyArguments } from "./inputs/policy-command.ts";
import type { SecretsFile } from "./inputs/secrets-file.ts";

const workspace = process.cwd();

/** Commands by the first word of the line. A line without one is the original's, which runs one tick. */
const COMMANDS: ReadonlyMap<string, (line: readonly string[]) => Promise<void>> = new Map([["policy", policy]]);

async function policy(line: readonly string[]): Promise<void> {
	const args = readPolicyArguments(line);
	if (args === null) {
		process.stdout.write(policyHelp());
		return;
	}
	const { showPolicy } = await import("./run.ts");
	const log = new TerminalLog({ verbose: false, file: null, redactor: new Redactor() });
	process.stdout.write(showPolicy(args, workspace, log) ?? "");
}

async function tick(line: readonly string[]): Promise<void> {
	const args = readArguments(line);
	if (args.help) process.stdout.write(helpText());
	else await start(args);
}

async function start(args: Arguments): Promise<void> {
	const { secretsFile, inputs: options } = args;
	if (secretsFile === null) throw new ArgumentError("Missing option -k (--secrets)");
	if (options("config").texts.length === 0) throw new ArgumentError("Missing option -c (--config)");
	const { readSecretsFile, run, ProcessEnding } = await import("./run.ts");
	const file = readSecretsFile(secretsFile, workspace);
	const db = file.kind === "valid" ? [file.db] : [];
	const parsed = parseInputs((name) =>
		name === "database-url" ? given(db, `key "db" of ${secretsFile}`) : options(name),
	);
	const redactor = new Redactor([...parsed.secrets, ...awsSecretsIn(process.env)]);
	const log = openLog(args, redactor);
	const inputs = checkedInputs(args, file, parsed, log);
	if (inputs === null) return;
	const ending = new ProcessEnding(inputs.timeout);
	await run(inputs, { log, redactor, ending, publish: (tick) => log.publish(tick) });
	await ending.exit();
}

/** The inputs; null if the run has ended with the diagnostics of the secrets file and the options. */
function checkedInputs(
	{ certificateFolder }: Arguments,
	file: SecretsFile,
	parsed: ParsedInputs,
	log: TerminalLog,
): Inputs | null {
	try {
		if (file.kind === "invalid") throw new InputError([...file.diagnostics, ...parsed.diagnostics]);
		for (const warning of file.warnings) log.annotate("warning", warning);
		return checkInputs(parsed, {
			workspace,
			temporaryFolder: tmpdir(),
			run: { id: crypto.randomUUID(), step: "", url: null },
			workflowRun: null,
			certificateFolder,
			graphiteHosts: file.graphiteHosts,
		});
	} catch (error) {
		if (!(error instanceof InputError)) throw error;
		for (const diagnostic of error.diagnostics) log.annotate("error", diagnostic);
		log.end({ kind: "failed", message: "Nothing was read or launched." });
		return null;
	}
}

function openLog({ verbose, logFile }: Arguments, redactor: Redactor): TerminalLog {
	try {
		const log = new TerminalLog({ verbose, file: logFile, redactor });
		process.stdout.on("error", (error) => log.warning(`The summary could not be written: ${errorMessage(error)}`));
		// The log file still gets what the terminal doesn't.
		process.stderr.on("error", () => {});
		return log;
	} catch (error) {
		throw new ArgumentError(`Cannot write the log file (-l): ${errorMessage(error)}`);
	}
}

try {
	const line = process.argv.slice(2);
	const command = COMMANDS.get(line[0] ?? "");
	await (command === undefined ? tick(line) : command(line.slice(1)));
} catch (error) {
	if (!(error instanceof ArgumentError)) throw error;
	process.stderr.write(`error: ${error.message}. See --help.\n`);
	process.exitCode = 1;
}
