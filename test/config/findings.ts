/** What mode `check` finds in the configuration of a folder, apart from errors that keep it from being loaded. */
import { expect } from "vitest";
import { analyze } from "../../src/config/analysis/analysis.ts";
import { readSources, type Sources } from "../../src/config/load.ts";
import { formatDiagnostic } from "../../src/errors.ts";

/** @param regions null: those of the configuration */
export function sourcesIn(workspace: string, file: string, regions: readonly string[] | null = null): Sources {
	const { errors, sources } = readSources(file, { workspace, regions });
	expect(errors).toEqual([]);
	if (sources === null) throw new Error("the configuration is invalid");
	return sources;
}

/**
 * Each with its place in front.
 * @param workers by type
 */
export function findingsIn(
	workspace: string,
	file: string,
	regions: readonly string[] | null = null,
	workers?: ReadonlyMap<string, readonly string[]>,
) {
	return findingsOf(sourcesIn(workspace, file, regions), workers);
}

/** The same for a configuration that can be read, but not loaded. */
export function findingsBesideErrors(workspace: string, file: string) {
	const { errors, sources } = readSources(file, { workspace, regions: null });
	expect(errors).not.toEqual([]);
	if (sources === null) throw new Error("the configuration can't be read");
	return findingsOf(sources);
}

function findingsOf({ config, ...files }: Sources, workers: ReadonlyMap<string, readonly string[]> = new Map()) {
	const { policy, regions } = config;
	const { errors, warnings } = analyze({ policy, regions, ...files, workers });
	return { errors: errors.map(formatDiagnostic), warnings: warnings.map(formatDiagnostic) };
}
