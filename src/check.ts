/** Mode `check`: validates the configuration without contacting the database or AWS. */
import { analyze, type Findings, joined } from "./config/analysis/analysis.ts";
import { checkBuilders } from "./config/analysis/builders.ts";
import { maximumOf, type TypeMaximum } from "./config/analysis/machines.ts";
import { type Moves, movesOf, possibleMoves } from "./config/analysis/moves.ts";
import { analyzePatterns } from "./config/analysis/patterns.ts";
import { changedSettings, changedTypes } from "./config/analysis/settings.ts";
import { readBuilderNames } from "./config/builder-names.ts";
import { type Config, loadConfig, type Reading, readSources, type Sources } from "./config/load.ts";
import { ownRoleElsewhere } from "./config/roles.ts";
import type { Match } from "./core/demand/mapping.ts";
import { readableName } from "./core/model/builder-name.ts";
import type { BuilderPattern, MozType } from "./core/model/policy.ts";
import { ConfigError, type Diagnostic, formatDiagnostic, InputError } from "./errors.ts";
import type { Inputs } from "./inputs/inputs.ts";
import { type Changes, changeLines } from "./summary/changes.ts";
import { builderLines, type CheckedBuilders, summarizeCheck } from "./summary/check.ts";
import { type MatchArguments, matchNames } from "./tick/map-builders.ts";
import type { Host, RunLog, RunOutcome } from "./tick/ports.ts";

type Matching = Pick<MatchArguments, "timeLimit" | "clock">;

/**
 * Examines the configuration beyond what a run does, annotates every error and warning, and publishes a summary of them.
 */
export async function checkConfig(
	inputs: Inputs,
	{ log, redactor, publishCheck, ...matching }: Host & Matching,
): Promise<RunOutcome> {
	const mask: Mask = (text) => redactor.redact(text);
	const masked = (problems: readonly Diagnostic[]) =>
		problems.map((problem) => ({ ...problem, message: mask(problem.message) }));
	return log.group("Configuration", async () => {
		const { errors, inputErrors, warnings, types, counts, builders, changes } = examine(inputs, matching, mask);
		const all = [...errors, ...inputErrors];
		const failure = errors.length > 0 ? new ConfigError(all) : new InputError(all);
		for (const problem of failure.diagnostics) log.annotate("error", problem);
		for (const problem of warnings) log.annotate("warning", problem);
		const { config, run } = inputs;
		publishCheck(
			summarizeCheck({
				config,
				subject: failure.subject,
				errors: masked(all),
				warnings: masked(warnings),
				types,
				builders,
				changes,
				filesUrl: run.filesUrl ?? null,
			}),
		);
		for (const line of [...builderLines(builders), ...changeLines(changes)]) log.info(line);
		if (all.length > 0) return { kind: "failed", message: failure.headline };
		if (counts !== null) log.info(counts);
		return { kind: "succeeded" };
	});
}

interface Examined extends Findings {
	/** Errors in inputs, and in a file that an input other than `config` names. */
	readonly inputErrors: readonly Diagnostic[];
	readonly types: readonly TypeMaximum[];
	/** What a valid configuration contains. */
	readonly counts: string | null;
	readonly builders: CheckedBuilders | null;
	readonly changes: Changes | null;
}

type Mask = (text: string) => string;

function examine(inputs: Inputs, matching: Matching, mask: Mask): Examined {
	const { workspace, regions, checkAgainst } = inputs;
	const reading = readSources(inputs.config, { workspace, regions });
	const { errors, document, patterns, sources } = reading;
	const valid = errors.length === 0 ? sources : null;
	const { known, inputErrors } = readKnown(inputs, reading, matching);
	const findings = [
		{ errors, warnings: sources?.config.warnings ?? [] },
		findingsIn(reading, matching),
		...(known === null || document === null
			? []
			: [checkBuilders(document, { ...known, useless: uselessPatterns(known, patterns, matching) })]),
	];
	return {
		...joined(findings),
		inputErrors: [...inputErrors, ...ownRoleElsewhere(inputs.roleToAssume, valid?.config.regions ?? [])],
		types: valid === null ? [] : maximaOf(valid.config),
		counts: valid === null ? null : countsOf(valid.config),
		builders: known === null ? null : { file: known.file, names: namesByType(known, mask) },
		changes:
			checkAgainst === null || valid === null
				? null
				: changesSince(checkAgainst, valid, { inputs, matching, mask, known }),
	};
}

interface Known {
	readonly file: string;
	readonly names: readonly string[];
	readonly matches: readonly Match[];
}

/** The builders of `check-builders`; null: there are none, or some patterns are invalid, so that matches mean nothing. */
function readKnown(
	{ checkBuilders: file, workspace }: Inputs,
	{ document, patterns, sources }: Reading,
	matching: Matching,
): { readonly known: Known | null; readonly inputErrors: readonly Diagnostic[] } {
	if (file === null) return { known: null, inputErrors: [] };
	const read = readBuilderNames(file, workspace);
	if (read.kind === "invalid") return { known: null, inputErrors: read.diagnostics };
	const isWhole = sources !== null && patterns.length === document?.entries(["buildermap"]).length;
	if (!isWhole) return { known: null, inputErrors: [] };
	const { names } = read;
	return { known: { file, names, matches: matchAll(names, patterns, matching) }, inputErrors: [] };
}

function findingsIn({ document, patterns, sources }: Reading, matching: Matching): Findings {
	if (document === null) return { errors: [], warnings: [] };
	if (sources === null) return analyzePatterns(patterns, document);
	const { config, ...files } = sources;
	const { policy, regions } = config;
	return analyze({ policy, regions, ...files, workers: workersByType(config, matching) });
}

/** Workers that the configuration itself assigns to builders, by the type that the builder maps to. */
function workersByType({ policy }: Config, matching: Matching): ReadonlyMap<MozType, readonly string[]> {
	const { jacuzzi, builderMap } = policy;
	const builders = jacuzzi !== null && "builders" in jacuzzi ? Object.entries(jacuzzi.builders) : [];
	const names = builders.map(([name]) => name);
	const workers = new Map<MozType, readonly string[]>();
	for (const [index, match] of matchAll(names, builderMap, matching).entries()) {
		if (match.kind !== "mapped") continue;
		const { mozType } = match.pattern;
		workers.set(mozType, [...(workers.get(mozType) ?? []), ...(builders[index]?.[1] ?? [])]);
	}
	return workers;
}

/** Milliseconds for matching all names. */
const BUDGET = 10_000;

function matchAll(
	names: readonly string[],
	patterns: readonly BuilderPattern[],
	matching: Matching,
	budget = BUDGET,
): readonly Match[] {
	// As in a tick, no pattern matches a name that can't be decoded.
	const matches = matchNames({
		names: names.filter((name) => name.isWellFormed()),
		patterns,
		budget,
		...matching,
	}).values();
	return names.map((name) => (name.isWellFormed() ? matches.next().value : undefined) ?? { kind: "unmatched" });
}

/** Patterns that match no name, even without the earlier ones. */
function uselessPatterns(
	{ names, matches }: Known,
	patterns: readonly BuilderPattern[],
	matching: Matching,
): readonly BuilderPattern[] {
	const end = matching.clock.elapsed() + BUDGET;
	const used = new Set(matches.map((match) => (match.kind === "unmatched" ? null : match.pattern)));
	return patterns
		.filter((pattern) => !used.has(pattern))
		.filter((pattern) => {
			const budget = end - matching.clock.elapsed();
			return budget > 0 && matchAll(names, [pattern], matching, budget).every(({ kind }) => kind === "unmatched");
		});
}

function namesByType({ names, matches }: Known, mask: Mask): ReadonlyMap<MozType | null, readonly string[]> {
	const known = names.flatMap((name, index) => {
		const match = matches[index];
		if (match === undefined || match.kind === "timeout") return [];
		return [{ name: mask(readableName(name)), mozType: match.kind === "mapped" ? match.pattern.mozType : null }];
	});
	const groups = Map.groupBy(known, ({ mozType }) => mozType);
	return new Map([...groups].map(([mozType, some]) => [mozType, some.map(({ name }) => name)]));
}

/** Compares with another version. That one may be invalid, which is no error of this one. */
function changesSince(
	file: string,
	now: Sources,
	{ inputs, matching, mask, known }: { inputs: Inputs; matching: Matching; mask: Mask; known: Known | null },
): Changes {
	const { workspace, regions } = inputs;
	const { errors, sources: before } = readSources(file, { workspace, regions });
	if (errors.length > 0 || before === null) {
		const [first] = errors;
		const rest = errors.length > 1 ? ` (and ${errors.length - 1} more)` : "";
		const why = first === undefined ? "" : mask(formatDiagnostic(first));
		return { kind: "incomparable", file, reason: `That version is invalid: ${why}${rest}` };
	}
	const { moves, isPartial } = movesSince(before.config, now.config, { matching, known });
	const { added, removed } = changedTypes(before, now);
	return {
		kind: "compared",
		file,
		moves: moves.map((move) => ({ ...move, example: mask(readableName(move.example)) })),
		isPartial,
		added,
		removed,
		settings: changedSettings(before, now, mask),
	};
}

function movesSince(
	{ policy: before }: Config,
	{ policy: now }: Config,
	{ matching, known }: { matching: Matching; known: Known | null },
): Moves {
	if (known === null) return possibleMoves(before.builderMap, now.builderMap);
	const { names, matches } = known;
	return movesOf(names, matchAll(names, before.builderMap, matching), matches);
}

function maximaOf({ policy, regions }: Config): readonly TypeMaximum[] {
	return Object.keys(policy.types).map((mozType) => maximumOf(policy, mozType, regions));
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
