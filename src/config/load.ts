/** Configuration files → a frozen {@link Policy}, with the location of every diagnostic. */
import { dirname, resolve } from "node:path";
import { deepFreeze } from "../core/model/freeze.ts";
import type { Policy, Region } from "../core/model/policy.ts";
import { ConfigError, type Diagnostic } from "../errors.ts";
import { compileBuilderMap } from "./builder-map.ts";
import { check } from "./check.ts";
import { type Document, readDocument } from "./document/document.ts";
import { findErrors, findWarnings } from "./lint.ts";
import { policyOf, usedRegions } from "./policy.ts";
import { mainSchema, typeName } from "./schema.ts";
import { readTypeFile, type TypeFile, type ValidTypeFile } from "./type-files.ts";

/** A valid configuration. */
export interface Config {
	readonly policy: Policy;
	/** Regions of this run, at least one. */
	readonly regions: readonly Region[];
	/** What is probably a mistake, but may be intended. */
	readonly warnings: readonly Diagnostic[];
}

/** A valid configuration with its files. */
export interface Sources {
	readonly config: Config;
	/** The main file. */
	readonly document: Document;
	readonly typeFiles: readonly ValidTypeFile[];
	/** Absolute path of the folder that has the files. */
	readonly folder: string;
}

/**
 * Reads the main file and the type files beside it.
 * @param path of the main file, relative to the workspace
 * @param options.regions the regions of the input; null: those of the configuration
 * @throws ConfigError with every diagnostic of every file
 */
export function loadConfig(path: string, options: LoadOptions): Config {
	return loadSources(path, options).config;
}

export interface LoadOptions {
	readonly workspace: string;
	readonly regions: readonly Region[] | null;
}

/** The same, with the files that it was read from. */
export function loadSources(path: string, options: LoadOptions): Sources {
	const absolutePath = resolve(options.workspace, path);
	const main = readDocument(absolutePath, path);
	if (main.kind === "unreadable") throw new ConfigError(main.diagnostics);
	const { document } = main;
	const checked = check(mainSchema, document);
	const builderMap = compileBuilderMap(document);
	const typeFiles = readTypeFiles(dirname(absolutePath), document);
	const diagnostics = [
		...main.diagnostics,
		...(checked.kind === "invalid" ? checked.diagnostics : []),
		...builderMap.diagnostics,
		...typeFiles.flatMap((typeFile) => typeFile.diagnostics),
	];
	if (checked.kind === "invalid") throw new ConfigError(diagnostics);

	const valid = typeFiles.filter((typeFile) => typeFile.kind === "config");
	const types = valid.map(({ config }) => config);
	const policy = policyOf(checked.data, builderMap.patterns, types);
	const regions = options.regions ?? usedRegions(policy);
	const subject = { document, policy, regions };
	diagnostics.push(...findErrors(subject));
	if (diagnostics.length > 0) throw new ConfigError(diagnostics);
	const config = deepFreeze({ policy, regions, warnings: findWarnings(subject) });
	return { config, document, typeFiles: valid, folder: dirname(absolutePath) };
}

/**
 * Reads the file of every instance type that a pattern maps to, even one that does not compile: its type would else seem
 * to be missing.
 */
function readTypeFiles(folder: string, main: Document): readonly TypeFile[] {
	const patterns = main.entries(["buildermap"]).map(({ key, value }) => ({
		source: key,
		mozType: value.kind === "scalar" ? value.text : "",
	}));
	// The schema rejects an invalid name, which must not become a path.
	const valid = patterns.filter(({ mozType }) => typeName.safeParse(mozType).success);
	const firstUses = new Map(valid.toReversed().map(({ mozType, source }) => [mozType, source]));
	const mozTypes = [...new Set(valid.map(({ mozType }) => mozType))];
	return mozTypes.map((mozType) =>
		readTypeFile(mozType, { folder, main, firstUse: ["buildermap", firstUses.get(mozType) ?? ""] }),
	);
}
