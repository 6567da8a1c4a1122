/** Configuration files → a {@link Policy}, checked through and through, with the line of every fault. */
import { dirname, resolve } from "node:path";
import type { z } from "zod";
import { deepFreeze } from "../core/model/freeze.ts";
import type {
	BuilderPattern,
	Graphite,
	Jacuzzi,
	Limits,
	Policy,
	Region,
	SpotRule,
	TypeConfig,
} from "../core/model/policy.ts";
import { isRegion } from "../core/plan/regions.ts";
import { ConfigError, type Diagnostic } from "../errors.ts";
import { check } from "./check.ts";
import { entriesOf, entryOf, find, type MapNode } from "./document/node.ts";
import { readSource } from "./document/source.ts";
import { list, quote } from "./document/text.ts";
import { compilePattern } from "./python-re/compile.ts";
import { PatternError } from "./python-re/scanner.ts";
import { rolesElsewhere } from "./roles.ts";
import { mainSchema } from "./schema.ts";
import { didYouMean } from "./suggest.ts";
import { readTypeFile } from "./type-files.ts";

/** A configuration that can be used. */
export interface Config {
	readonly policy: Policy;
	/** Regions of this run, at least one. */
	readonly regions: readonly Region[];
	/** What is probably a mistake, but may be meant. */
	readonly warnings: readonly Diagnostic[];
}

/**
 * Reads the main file and the type files beside it.
 * @param path of the main file, relative to the workspace
 * @param options.regions the regions of the input; null: those of the configuration
 * @throws ConfigError with every fault of every file
 */
export function loadConfig(
	path: string,
	options: { readonly workspace: string; readonly regions: readonly Region[] | null },
): Config {
	const absolute = resolve(options.workspace, path);
	const source = readSource(absolute, path);
	if (source.root === null) throw new ConfigError(source.faults);
	const { root } = source;
	const faults = [...source.faults];
	const main = check(mainSchema, path, root);
	faults.push(...main.faults);
	const patterns = compilePatterns(path, root, faults);
	const types = readTypes(absolute, path, root, patterns, faults);
	if (main.data === null) throw new ConfigError(faults);

	const policy = policyOf(main.data, patterns, types);
	const regions = options.regions ?? usedRegions(policy);
	faults.push(...regionFaults(path, root, policy, regions));
	if (faults.length > 0) throw new ConfigError(faults);
	return deepFreeze({
		policy,
		regions,
		warnings: [...graphiteWarnings(path, root), ...warnings(path, root, policy, regions)],
	});
}

function compilePatterns(file: string, root: MapNode, faults: Diagnostic[]): BuilderPattern[] {
	const map = entryOf(root, "buildermap");
	const patterns: BuilderPattern[] = [];
	for (const { key, place, value } of entriesOf(map?.value)) {
		try {
			const regex = compilePattern(key);
			if (value.kind === "scalar") patterns.push({ source: key, line: place.line, regex, mozType: value.text });
		} catch (error) {
			if (!(error instanceof PatternError)) throw error;
			faults.push({ file, ...place, message: `the pattern ${quote(key)} does not compile: ${error.message}` });
		}
	}
	if (map?.value.kind === "map" && map.value.entries.length === 0) {
		faults.push({ file, ...map.place, message: "buildermap is empty: no builder would ever get a machine" });
	}
	return patterns;
}

function readTypes(
	absolute: string,
	file: string,
	root: MapNode,
	patterns: readonly BuilderPattern[],
	faults: Diagnostic[],
): Record<string, TypeConfig> {
	const types: Record<string, TypeConfig> = {};
	for (const mozType of new Set(patterns.map((pattern) => pattern.mozType))) {
		const first = patterns.find((pattern) => pattern.mozType === mozType);
		const place = find(root, ["buildermap", first?.source ?? ""])?.keyPlace ?? root.place;
		// A name that the schema refuses is no path to read from.
		if (/[\\/]/.test(mozType) || mozType === "") continue;
		const read = readTypeFile(mozType, {
			folder: dirname(absolute),
			shown: dirname(file),
			named: { file, ...place },
			hasCerts: entryOf(root, "certs") !== undefined,
		});
		faults.push(...read.faults);
		if (read.config !== null) types[mozType] = read.config;
	}
	return types;
}

function policyOf(
	main: z.infer<typeof mainSchema>,
	builderMap: readonly BuilderPattern[],
	types: Readonly<Record<string, TypeConfig>>,
): Policy {
	const rules = Object.entries(main.spot?.rules ?? {}).map(([mozType, list]) => [
		mozType,
		list.map(
			(rule): SpotRule => ({
				instanceType: rule.instance_type,
				performanceConstant: rule.performance_constant ?? 1,
				bidPrice: rule.bid_price,
				ignoredAzs: rule.ignored_azs ?? [],
				productDescription: rule.product_description ?? "Linux/UNIX",
			}),
		),
	]);
	return {
		typeTag: main.type_tag ?? "moz-type",
		builderMap,
		regionPriorities: main.region_priorities ?? {},
		spotRules: Object.fromEntries(rules),
		spotLimits: limitsOf(main.spot?.limits),
		onDemandLimits: limitsOf(main.ondemand?.limits),
		heuristics: {
			freshInstanceDelay: main.heuristics?.fresh_instance_delay ?? 1200,
			freshInstanceDelayJacuzzi: main.heuristics?.fresh_instance_delay_jacuzzi ?? 1200,
			oldDivisor: main.heuristics?.old_divisor ?? 10,
			scope: main.heuristics?.scope ?? "lifecycle",
		},
		roles: rolesOf(main.roles),
		jacuzzi: jacuzziOf(main.jacuzzi),
		pending: { minAge: main.pending?.min_age ?? null, maxAge: main.pending?.max_age ?? null },
		graphite: graphiteOf(main),
		certs: main.certs === undefined ? null : { url: main.certs.url, cacheDir: main.certs.cache_dir },
		types,
	};
}

function jacuzziOf(jacuzzi: z.infer<typeof mainSchema>["jacuzzi"]): Jacuzzi | null {
	if (jacuzzi?.url !== undefined) return { url: jacuzzi.url };
	if (jacuzzi?.buildbot !== undefined) return { buildbot: true };
	return jacuzzi?.builders === undefined ? null : { builders: jacuzzi.builders };
}

function rolesOf(roles: z.infer<typeof mainSchema>["roles"] = {}): Policy["roles"] {
	const entries = Object.entries(roles);
	return {
		regions: Object.fromEntries(entries.filter(([key]) => isRegion(key))),
		types: Object.fromEntries(entries.filter(([key]) => !isRegion(key))),
	};
}

function limitsOf(limits: Readonly<Record<string, Readonly<Record<string, number>>>> = {}): Limits {
	const { global = {}, ...regions } = limits;
	return { global, regions };
}

function usedRegions(policy: Policy): readonly Region[] {
	return Object.entries(policy.regionPriorities).flatMap(([region, priority]) => (priority > 0 ? [region] : []));
}

/** Regions in use must be such that something can be launched there. */
function regionFaults(file: string, root: MapNode, policy: Policy, regions: readonly Region[]): readonly Diagnostic[] {
	const at = (path: readonly string[], message: string): Diagnostic => ({
		file,
		...(find(root, path)?.keyPlace ?? find(root, path.slice(0, 1))?.keyPlace ?? root.place),
		message,
	});
	if (regions.length === 0) {
		return [at(["region_priorities"], 'no region is in use: give one a priority above 0, or set the input "regions"')];
	}
	const types = Object.values(policy.types);
	const withoutType = regions.filter((region) => !types.some((type) => type.regions[region] !== undefined));
	// Where a type's file is itself at fault, that has been told, and what it would configure is not known.
	const complete = policy.builderMap.every(({ mozType }) => policy.types[mozType] !== undefined);
	const unconfigured = (complete ? withoutType : []).map((region) =>
		at(["region_priorities", region], `the region ${region} is in use, and no instance type's file configures it`),
	);
	const limited = regions.flatMap((region) =>
		Object.entries(policy.spotLimits.regions[region] ?? {}).flatMap(([mozType, limit]) => {
			const type = policy.types[mozType];
			if (limit === 0 || type === undefined || type.regions[region] !== undefined) return [];
			return [
				at(
					["spot", "limits", region, mozType],
					`"${mozType}" may have ${limit} spot instances in ${region}, but its file does not configure that region`,
				),
			];
		}),
	);
	const elsewhere = rolesElsewhere(policy, regions).map(({ key, message }) =>
		at(["roles", key], `roles.${key} ${message}`),
	);
	return [...unconfigured, ...limited, ...elsewhere];
}

/** The original's keys, which do nothing but together. */
const GRAPHITE = ["graphite_host", "graphite_port", "graphite_prefix"] as const;

function graphiteOf(main: z.infer<typeof mainSchema>): Graphite | null {
	const { graphite_host: host, graphite_port: port, graphite_prefix: prefix } = main;
	return host === undefined || port === undefined || prefix === undefined ? null : { host, port, prefix };
}

function graphiteWarnings(file: string, root: MapNode): readonly Diagnostic[] {
	const missing = GRAPHITE.filter((key) => entryOf(root, key) === undefined);
	const [given] = root.entries.filter(({ key }) => GRAPHITE.some((known) => known === key));
	if (given === undefined || missing.length === 0) return [];
	return [{ file, ...given.place, message: `no metrics are sent to Graphite: that takes ${list(missing)}, too` }];
}

/** Types and regions under rules and limits that nothing else names: likely misspelt. */
function warnings(file: string, root: MapNode, policy: Policy, regions: readonly Region[]): readonly Diagnostic[] {
	const types = Object.keys(policy.types);
	const knownRegions = [...new Set([...Object.keys(policy.regionPriorities), ...regions])];
	const found: Diagnostic[] = [];
	const expectType = (path: readonly string[], others: (key: string) => boolean = () => false) => {
		for (const { key, place } of entriesOf(find(root, path)?.node)) {
			if (types.includes(key) || others(key)) continue;
			const message = `${path.join(".")} names the instance type ${quote(key)}, to which no pattern of buildermap maps${didYouMean(key, types)}`;
			found.push({ file, ...place, message });
		}
	};
	expectType(["spot", "rules"]);
	expectType(["roles"], isRegion);
	const expectRegion = (path: readonly string[]) => {
		for (const { key, place } of entriesOf(find(root, path)?.node)) {
			if (!isRegion(key) || knownRegions.includes(key)) continue;
			const message = `${path.join(".")} names the region ${key}, which region_priorities does not${didYouMean(key, knownRegions)}`;
			found.push({ file, ...place, message });
		}
	};
	expectRegion(["roles"]);
	for (const lifecycle of ["spot", "ondemand"]) {
		const path = [lifecycle, "limits"];
		expectRegion(path);
		for (const { key } of entriesOf(find(root, path)?.node)) expectType([...path, key]);
	}
	const first = (mozType: string) => policy.builderMap.find((pattern) => pattern.mozType === mozType)?.source ?? "";
	for (const type of Object.values(policy.types)) {
		if (regions.some((region) => type.regions[region] !== undefined)) continue;
		const place = find(root, ["buildermap", first(type.mozType)])?.keyPlace ?? root.place;
		found.push({ file, ...place, message: `the file of "${type.mozType}" configures none of the regions in use` });
	}
	return found;
}
