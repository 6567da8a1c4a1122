#!/usr/bin/env node
/** The command line's entry: the original's options, for those whose cron is elsewhere. No rule is here. */
import { tmpdir } from "node:os";
import { TerminalLog } from "./adapters/terminal/log.ts";
import { errorMessage, InputError } from "./errors.ts";
import { ArgumentError, type Arguments, HELP, inputsOf, readArguments } from "./inputs/arguments.ts";
import { secretsOf } from "./inputs/database-url.ts";
import { checkInputs, type Inputs } from "./inputs/inputs.ts";

const workspace = process.cwd();

async function start(given: Arguments): Promise<void> {
	if (given.secrets === undefined) throw new ArgumentError("-k (--secrets) is missing");
	if (given.config === undefined) throw new ArgumentError("-c (--config) is missing");
	const { readSecretsFile, run } = await import("./run.ts");
	const secrets = readSecretsFile(given.secrets, workspace);
	const hidden = secretsOf(secrets.db);
	const log = openLog(given, hidden);
	for (const fault of secrets.faults) log.annotate("error", fault);
	for (const warning of secrets.warnings) log.annotate("warning", warning);
	let inputs: Inputs | null = null;
	try {
		inputs = checkInputs(inputsOf(given, given.secrets, secrets), {
			workspace,
			temporaryFolder: tmpdir(),
			run: { id: crypto.randomUUID(), step: "", url: null },
			github: null,
			certificateFolder: given["cached-cert-dir"] ?? null,
			graphiteHosts: secrets.graphiteHosts,
		});
	} catch (error) {
		if (!(error instanceof InputError)) throw error;
		for (const fault of error.diagnostics) log.annotate("error", fault);
	}
	if (inputs === null || secrets.faults.length > 0) {
		log.end({ kind: "failed", message: "Nothing was read or launched." });
		return;
	}
	await run(inputs, { log, secrets: hidden, publish: (tick) => log.publish(tick) });
}

function openLog({ verbose = false, logfile }: Arguments, secrets: readonly string[]): TerminalLog {
	try {
		return new TerminalLog({ verbose, file: logfile ?? null, secrets });
	} catch (error) {
		throw new ArgumentError(`-l (--logfile) cannot be written: ${errorMessage(error)}`);
	}
}

try {
	const given = readArguments(process.argv.slice(2));
	if (given.help === true) process.stdout.write(HELP);
	else await start(given);
} catch (error) {
	if (!(error instanceof ArgumentError)) throw error;
	process.stderr.write(`error: ${error.message}. See --help.\n`);
	process.exitCode = 1;
}
