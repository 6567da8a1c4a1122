/** Mode `check`: validates the configuration without contacting the database or AWS. */
import { type Config, loadConfig } from "./config/load.ts";
import { ConfigError, type Diagnostic } from "./errors.ts";
import type { Inputs } from "./inputs/inputs.ts";
import { summarizeCheck } from "./summary/check.ts";
import type { Host, RunLog, RunOutcome } from "./tick/ports.ts";

/** Annotates every error and warning of the configuration, and publishes a summary of them. */
export async function checkConfig(inputs: Inputs, { log, redactor, publishCheck }: Host): Promise<RunOutcome> {
	const masked = (problems: readonly Diagnostic[]) =>
		problems.map((problem) => ({ ...problem, message: redactor.redact(problem.message) }));
	try {
		const { warnings } = await readConfig(inputs, log);
		publishCheck(summarizeCheck({ config: inputs.config, errors: [], warnings: masked(warnings) }));
		return { kind: "succeeded" };
	} catch (error) {
		if (!(error instanceof ConfigError)) throw error;
		for (const problem of error.diagnostics) log.annotate("error", problem);
		publishCheck(summarizeCheck({ config: inputs.config, errors: masked(error.diagnostics), warnings: [] }));
		return { kind: "failed", message: error.headline };
	}
}

/**
 * Reads the configuration, and logs its warnings and what it contains.
 * @throws ConfigError
 */
export function readConfig(inputs: Inputs, log: RunLog): Promise<Config> {
	return log.group("Configuration", async () => loadFrom(inputs, log));
}

/**
 * The same without a group of the log.
 * @throws ConfigError
 */
export function loadFrom({ config: path, workspace, regions: chosen }: Inputs, log: RunLog): Config {
	const config = loadConfig(path, { workspace, regions: chosen });
	for (const warning of config.warnings) log.annotate("warning", warning);
	const { policy, regions } = config;
	log.info(
		`Configuration OK: ${policy.builderMap.length} patterns, ${Object.keys(policy.types).length} instance types, regions ${regions.join(", ")}.`,
	);
	return config;
}
