/** Configuration files → a frozen {@link Policy}, with the location of every diagnostic. */
import { dirname, resolve } from "node:path";
import { deepFreeze } from "../core/model/freeze.ts";
import type { BuilderPattern, Policy, Region } from "../core/model/policy.ts";
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

/** A main file with a valid form, and the type files that are valid. */
export interface Sources {
	readonly config: Config;
	/** The main file. */
	readonly document: Document;
	readonly typeFiles: readonly ValidTypeFile[];
	/** Absolute path of the folder that has the files. */
	readonly folder: string;
}

/** Everything that is wrong with a configuration, and what can be read nevertheless. */
export interface Reading {
	readonly errors: readonly Diagnostic[];
	/** The main file; null: it can't be read. */
	readonly document: Document | null;
	/** Patterns of `buildermap` that compile, in file order. */
	readonly patterns: readonly BuilderPattern[];
	/** Null: the main file is invalid. Without errors, it is complete. */
	readonly sources: Sources | null;
}

export interface LoadOptions {
	readonly workspace: string;
	/** The regions of the input; null: those of the configuration. */
	readonly regions: readonly Region[] | null;
}

/**
 * Reads the main file and the type files beside it.
 * @param path of the main file, relative to the workspace
 * @throws ConfigError with every diagnostic of every file
 */
export function loadConfig(path: string, options: LoadOptions): Config {
	const { errors, sources } = readSources(path, options);
	if (errors.length > 0 || sources === null) throw new ConfigError(errors);
	return sources.config;
}

/** The same for a check, which examines whatever can be read. */
export function readSources(path: string, options: LoadOptions): Reading {
	const absolutePath = resolve(options.workspace, path);
	const main = readDocument(absolutePath, path);
	if (main.kind === "unreadable") return { errors: main.diagnostics, document: null, patterns: [], sources: null };
	const { document } = main;
	const checked = check(mainSchema, document);
	const { patterns, diagnostics } = compileBuilderMap(document);
	const folder = dirname(absolutePath);
	const typeFiles = readTypeFiles(folder, document);
	const errors = [
		...main.diagnostics,
		...(checked.kind === "invalid" ? checked.diagnostics : []),
		...diagnostics,
		...typeFiles.flatMap((typeFile) => typeFile.diagnostics),
	];
	if (checked.kind === "invalid") return { errors, document, patterns, sources: null };
	const valid = typeFiles.filter((typeFile) => typeFile.kind === "config");
	const types = valid.map(({ config }) => config);
	const policy = policyOf(checked.data, patterns, types);
	const regions = options.regions ?? usedRegions(policy);
	const subject = { document, policy, regions };
	errors.push(...findErrors(subject));
	const config = deepFreeze({ policy, regions, warnings: findWarnings(subject) });
	return { errors, document, patterns, sources: { config, document, typeFiles: valid, folder } };
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
