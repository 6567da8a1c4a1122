#!/usr/bin/env node
/** The command line's entry: the original's options, for a cron outside GitHub. */
import { tmpdir } from "node:os";
import { TerminalLog } from "./adapters/terminal/log.ts";
import { errorMessage, InputError } from "./errors.ts";
import { ArgumentError, type Arguments, readArguments } from "./inputs/arguments.ts";
import { given, type ParsedInputs, parseInputs } from "./inputs/given.ts";
import { checkInputs, type Inputs } from "./inputs/inputs.ts";
import { helpText } from "./inputs/options.ts";
import type { SecretsFile } from "./inputs/secrets-file.ts";

const workspace = process.cwd();

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
	const { secrets } = parsed;
	const log = openLog(args, secrets);
	const inputs = checkedInputs(args, file, parsed, log);
	if (inputs === null) return;
	const ending = new ProcessEnding(inputs.timeout);
	await run(inputs, { log, secrets, ending, publish: (tick) => log.publish(tick) });
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

function openLog({ verbose, logFile }: Arguments, secrets: readonly string[]): TerminalLog {
	try {
		const log = new TerminalLog({ verbose, file: logFile, secrets });
		process.stdout.on("error", (error) => log.warning(`The summary could not be written: ${errorMessage(error)}`));
		// The log file still gets what the terminal doesn't.
		process.stderr.on("error", () => {});
		return log;
	} catch (error) {
		throw new ArgumentError(`Cannot write the log file (-l): ${errorMessage(error)}`);
	}
}

try {
	const args = readArguments(process.argv.slice(2));
	if (args.help) process.stdout.write(helpText());
	else await start(args);
} catch (error) {
	if (!(error instanceof ArgumentError)) throw error;
	process.stderr.write(`error: ${error.message}. See --help.\n`);
	process.exitCode = 1;
}
