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
import { readTypeFile, type TypeFile } from "./type-files.ts";

/** A valid configuration. */
export interface Config {
	readonly policy: Policy;
	/** Regions of this run, at least one. */
	readonly regions: readonly Region[];
	/** What is probably a mistake, but may be intended. */
	readonly warnings: readonly Diagnostic[];
}

/**
 * Reads the main file and the type files beside it.
 * @param path of the main file, relative to the workspace
 * @param options.regions the regions of the input; null: those of the configuration
 * @throws ConfigError with every diagnostic of every file
 */
export function loadConfig(
	path: string,
	options: { readonly workspace: string; readonly regions: readonly Region[] | null },
): Config {
	const absolutePath = resolve(options.workspace, path);
	const main = readDocument(absolutePath, path);
	if (main.kind === "unreadable") throw new ConfigError(main.diagnostics);
	const { document } = main;
	const checked = check(mainSchema, document);
	const builderMap = compileBuilderMap(document);
	const typeFiles = readTypeFiles(dirname(absolutePath), document, builderMap.patterns);
	const diagnostics = [
		...main.diagnostics,
		...(checked.kind === "invalid" ? checked.diagnostics : []),
		...builderMap.diagnostics,
		...typeFiles.flatMap((typeFile) => typeFile.diagnostics),
	];
	if (checked.kind === "invalid") throw new ConfigError(diagnostics);

	const types = typeFiles.flatMap((typeFile) => (typeFile.kind === "config" ? [typeFile.config] : []));
	const policy = policyOf(checked.data, builderMap.patterns, types);
	const regions = options.regions ?? usedRegions(policy);
	const subject = { document, policy, regions };
	diagnostics.push(...findErrors(subject));
	if (diagnostics.length > 0) throw new ConfigError(diagnostics);
	return deepFreeze({ policy, regions, warnings: findWarnings(subject) });
}

/** Reads the file of every instance type that a pattern maps to. */
function readTypeFiles(folder: string, document: Document, patterns: readonly BuilderPattern[]): readonly TypeFile[] {
	const byType = Map.groupBy(patterns, ({ mozType }) => mozType);
	return [...byType].flatMap(([mozType, [first]]) => {
		// The schema rejects such a name, which must not become a path.
		if (first === undefined || !typeName.safeParse(mozType).success) return [];
		return [readTypeFile(mozType, { folder, main: document, firstUse: ["buildermap", first.source] })];
	});
}
