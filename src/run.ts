/** Wires inputs and adapters into one tick, or the ticks of a watch, and publishes the report. */
import { timeLimit } from "./adapters/time-limit.ts";
import { checkConfig, readConfig } from "./check.ts";
import { DiagnosticsError, StoppedError } from "./errors.ts";
import type { Inputs } from "./inputs/inputs.ts";
import { clock, openDatabaseOf, openPorts, openProxies, ownCredentials } from "./run/adapters.ts";
import { conclude } from "./run/conclude.ts";
import { runReplay } from "./run/replay.ts";
import { tickOptions } from "./run/tick-options.ts";
import { runWatch } from "./run/watch.ts";
import type { Ending, Host, RunOutcome } from "./tick/ports.ts";
import { tick } from "./tick/tick.ts";

/** Code that the entries load late. */
export { ProcessEnding } from "./adapters/ending.ts";
export { readSecretsFile } from "./inputs/secrets-file.ts";
export { showPolicy } from "./policy.ts";

/** Runs one tick, or watches. Never throws: every error becomes a message and sets the exit status. */
export async function run(inputs: Inputs, host: Host): Promise<void> {
	const { log } = host;
	try {
		const outcome = await runOnce(inputs, host);
		log.end(interruption(inputs, host.ending) ?? outcome);
	} catch (error) {
		if (error instanceof DiagnosticsError) {
			for (const problem of error.diagnostics) log.annotate("error", problem);
			log.end({ kind: "failed", message: error.headline });
			return;
		}
		// A bug. Only the message and the stack are shown, since other fields may hold secrets.
		log.error(error instanceof Error ? (error.stack ?? error.message) : String(error));
		const message = "Internal error. This is a bug in aws-watch-pending: please report it with this step's log.";
		log.end({ kind: "failed", message });
	}
}

/** Seconds after which a run is stopped; null: it has no limit, or its ticks have limits of their own. */
export function timeLimitOf({ watch, mode, timeout }: Inputs): number | null {
	return watch === null && mode !== "replay" ? timeout : null;
}

/** How a run ends that a signal stopped; null: none did. */
function interruption({ mode }: Inputs, { stop }: Ending): RunOutcome | null {
	if (!(stop.reason instanceof StoppedError) || stop.reason.code !== "interrupted") return null;
	const rest = mode === "replay" ? "Nothing was replayed." : "The next run launches what is still needed.";
	return { kind: "failed", message: `${stop.reason.message} ${rest}` };
}

/** @throws DiagnosticsError if the configuration or an input is invalid */
async function runOnce(inputs: Inputs, host: Host): Promise<RunOutcome> {
	const { log } = host;
	const { mode, database } = inputs;
	if (mode === "check" || database === null) return checkConfig(inputs, { ...host, timeLimit, clock });
	const config = await readConfig(inputs, log);
	log.debug(
		`Inputs: mode ${mode}, max-launches ${inputs.maxLaunches}, max-hourly-cost ${inputs.maxHourlyCost ?? "none"}, timeout ${inputs.timeout} s, latest-ami-percentage ${inputs.latestAmiPercentage}, fail-on ${inputs.failOn}, lock ${inputs.lock}, database-tls ${inputs.databaseTls}.`,
	);
	const proxies = openProxies();
	const credentials = ownCredentials(inputs, config, { ...host, proxies });
	const opened = {
		...host,
		proxies,
		credentials,
		database: await openDatabaseOf(inputs, database, config.policy, { log, credentials }),
	};
	if (mode === "replay") return runReplay(inputs, config, opened);
	if (inputs.watch !== null) return runWatch(inputs.watch, { mode, inputs, config }, opened);
	const ports = openPorts(inputs, config.policy, opened);
	const result = await tick(tickOptions(mode, inputs, config), ports);
	return conclude(result, inputs, config.policy, host);
}
