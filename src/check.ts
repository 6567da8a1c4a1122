/** Mode `check`: validates the configuration without contacting the database or AWS. */
import { analyze, type Findings } from "./config/analysis/analysis.ts";
import { maximumOf, type TypeMaximum } from "./config/analysis/machines.ts";
import { type Config, loadConfig, loadSources } from "./config/load.ts";
import { ConfigError, type Diagnostic } from "./errors.ts";
import type { Inputs } from "./inputs/inputs.ts";
import { summarizeCheck } from "./summary/check.ts";
import type { Host, RunLog, RunOutcome } from "./tick/ports.ts";

/**
 * Examines the configuration beyond what a run does, annotates every error and warning, and publishes a summary of them.
 */
export async function checkConfig(inputs: Inputs, { log, redactor, publishCheck }: Host): Promise<RunOutcome> {
	const masked = (problems: readonly Diagnostic[]) =>
		problems.map((problem) => ({ ...problem, message: redactor.redact(problem.message) }));
	return log.group("Configuration", async () => {
		const { errors, warnings, types, counts, invalid } = findProblems(inputs);
		for (const problem of errors) log.annotate("error", problem);
		for (const problem of warnings) log.annotate("warning", problem);
		const { config, run } = inputs;
		const problems = { errors: masked(errors), warnings: masked(warnings) };
		publishCheck(
			summarizeCheck({
				config,
				...problems,
				...(invalid === null ? {} : { errorCount: invalid.count }),
				types,
				filesUrl: run.filesUrl ?? null,
			}),
		);
		if (invalid !== null) return { kind: "failed", message: invalid.headline };
		if (counts !== null) log.info(counts);
		return { kind: "succeeded" };
	});
}

interface Problems extends Findings {
	readonly types: readonly TypeMaximum[];
	/** What a valid configuration contains. */
	readonly counts: string | null;
	/** Null: there is no error. */
	readonly invalid: ConfigError | null;
}

function findProblems(inputs: Inputs): Problems {
	try {
		const { config, ...files } = loadSources(inputs.config, { workspace: inputs.workspace, regions: inputs.regions });
		const { policy, regions } = config;
		const { errors, warnings } = analyze({ policy, regions, ...files });
		const types = Object.keys(policy.types).map((mozType) => maximumOf(policy, mozType, regions));
		const invalid = errors.length === 0 ? null : new ConfigError(errors);
		return { errors, warnings: [...config.warnings, ...warnings], types, counts: countsOf(config), invalid };
	} catch (error) {
		if (!(error instanceof ConfigError)) throw error;
		return { errors: error.diagnostics, warnings: [], types: [], counts: null, invalid: error };
	}
}

function countsOf({ policy, regions }: Config): string {
	return `Configuration OK: ${policy.builderMap.length} patterns, ${Object.keys(policy.types).length} instance types, regions ${regions.join(", ")}.`;
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
	log.info(countsOf(config));
	return config;
}
