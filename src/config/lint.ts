/**
 * Rules about the configuration as a whole, beyond what a schema can check. To add a rule, write a function and list it
 * under {@link ERRORS} or {@link WARNINGS}.
 */
import type { MozType, Policy, Region } from "../core/model/policy.ts";
import { isRegion } from "../core/plan/regions.ts";
import type { Diagnostic } from "../errors.ts";
import type { Document, Path } from "./document/document.ts";
import { list, quote, quotePath } from "./document/text.ts";
import { rolesElsewhere } from "./roles.ts";
import { didYouMean } from "./suggest.ts";

export interface Subject {
	/** The main file. */
	readonly document: Document;
	/** Without the types whose own file is invalid. */
	readonly policy: Policy;
	/** Regions of this run. */
	readonly regions: readonly Region[];
}

type Rule = (subject: Subject) => readonly Diagnostic[];

/** Each fails the run before any call. */
const ERRORS: readonly Rule[] = [
	someRegionIsInUse,
	regionsInUseAreConfigured,
	spotLimitsAreConfigured,
	rolesMatchPartitions,
];

/** Each reports what is likely misspelled or left over. */
const WARNINGS: readonly Rule[] = [
	graphiteIsComplete,
	typesOfSpotRulesAreMapped,
	typesOfSpreadAreMapped,
	typesOfSpreadHaveRules,
	typesOfCeilingsAreMapped,
	typesOfRolesAreMapped,
	regionsOfRolesAreKnown,
	limitsAreKnown,
	typesAreConfiguredInUse,
];

export function findErrors(subject: Subject): readonly Diagnostic[] {
	return ERRORS.flatMap((rule) => rule(subject));
}

export function findWarnings(subject: Subject): readonly Diagnostic[] {
	return WARNINGS.flatMap((rule) => rule(subject));
}

function someRegionIsInUse({ document, regions }: Subject): readonly Diagnostic[] {
	if (regions.length > 0) return [];
	const message = 'no region is in use; give one a priority above 0, or set the input "regions"';
	return [document.at(["region_priorities"], message)];
}

function regionsInUseAreConfigured({ document, policy, regions }: Subject): readonly Diagnostic[] {
	// An invalid type file has its own diagnostics, and the regions that it would configure are not known.
	if (policy.builderMap.some(({ mozType }) => policy.types[mozType] === undefined)) return [];
	const types = Object.values(policy.types);
	return regions
		.filter((region) => !types.some((type) => type.regions[region] !== undefined))
		.map((region) =>
			document.at(
				["region_priorities", region],
				`region "${region}" is in use, but no type file configures it; configure it, or set its priority to 0`,
			),
		);
}

function spotLimitsAreConfigured({ document, policy, regions }: Subject): readonly Diagnostic[] {
	return regions.flatMap((region) =>
		Object.entries(policy.spotLimits.regions[region] ?? {}).flatMap(([mozType, limit]) => {
			const type = policy.types[mozType];
			if (limit === 0 || type === undefined || type.regions[region] !== undefined) return [];
			const path = ["spot", "limits", region, mozType];
			const message = `${quotePath(path)} allows ${limit} spot instances, but the file of "${mozType}" does not configure ${region}; configure it, or set the limit to 0`;
			return [document.at(path, message)];
		}),
	);
}

function rolesMatchPartitions({ document, policy, regions }: Subject): readonly Diagnostic[] {
	return rolesElsewhere(policy, regions).map(({ key, message }) =>
		document.at(["roles", key], `${quotePath(["roles", key])} ${message}`),
	);
}

function graphiteIsComplete({ document }: Subject): readonly Diagnostic[] {
	const keys = ["graphite_host", "graphite_port", "graphite_prefix"];
	const missing = keys.filter((key) => document.find([key]) === undefined);
	const given = document.entries([]).find(({ key }) => keys.includes(key));
	if (given === undefined || missing.length === 0) return [];
	return [document.at([given.key], `no metrics will be sent to Graphite; also set ${list(missing.map(quote))}`)];
}

function typesOfSpotRulesAreMapped(subject: Subject): readonly Diagnostic[] {
	return unmappedTypes(subject, ["spot", "rules"]);
}

function typesOfSpreadAreMapped(subject: Subject): readonly Diagnostic[] {
	return unmappedTypes(subject, ["spot", "spread"]);
}

function typesOfSpreadHaveRules({ document, policy }: Subject): readonly Diagnostic[] {
	return Object.keys(policy.spotSpread)
		.filter((mozType) => policy.types[mozType] !== undefined && (policy.spotRules[mozType] ?? []).length === 0)
		.map((mozType) => {
			const path = ["spot", "spread", mozType];
			const rules = quotePath(["spot", "rules", mozType]);
			return document.at(
				path,
				`${quotePath(path)} has no effect, because ${rules} is missing; add rules, or remove it`,
			);
		});
}

function typesOfCeilingsAreMapped(subject: Subject): readonly Diagnostic[] {
	return unmappedTypes(subject, ["max_hourly_cost"]);
}

function typesOfRolesAreMapped(subject: Subject): readonly Diagnostic[] {
	return unmappedTypes(subject, ["roles"], isRegion);
}

function regionsOfRolesAreKnown(subject: Subject): readonly Diagnostic[] {
	return unknownRegions(subject, ["roles"]);
}

function limitsAreKnown(subject: Subject): readonly Diagnostic[] {
	return [
		["spot", "limits"],
		["ondemand", "limits"],
	].flatMap((path) => [
		...unknownRegions(subject, path),
		...subject.document.entries(path).flatMap(({ key }) => unmappedTypes(subject, [...path, key])),
	]);
}

function typesAreConfiguredInUse({ document, policy, regions }: Subject): readonly Diagnostic[] {
	return Object.values(policy.types)
		.filter((type) => !regions.some((region) => type.regions[region] !== undefined))
		.map(({ mozType }) => {
			const first = policy.builderMap.find((pattern) => pattern.mozType === mozType)?.source ?? "";
			return document.at(
				["buildermap", first],
				`instance type "${mozType}" is never launched, because its file configures none of the regions in use`,
			);
		});
}

/** Every type that a pattern maps to, even one whose own file is invalid. */
export function mappedTypes(document: Document): readonly MozType[] {
	const types = document.entries(["buildermap"]).flatMap(({ value }) => (value.kind === "scalar" ? [value.text] : []));
	return [...new Set(types)];
}

/** Keys of the map at `path` that are no type of `buildermap`, and that `isOther` does not account for. */
function unmappedTypes({ document }: Subject, path: Path, isOther?: (key: string) => boolean): readonly Diagnostic[] {
	const types = mappedTypes(document);
	return document
		.entries(path)
		.filter(({ key }) => !types.includes(key) && !isOther?.(key))
		.map(({ key }) =>
			document.at(
				[...path, key],
				`${quotePath(path)} names the instance type ${quote(key)}, but no pattern in "buildermap" maps to it${didYouMean(key, types)}`,
			),
		);
}

/** Regions among the keys of the map at `path` that are not in use and have no priority. */
function unknownRegions({ document, policy, regions }: Subject, path: Path): readonly Diagnostic[] {
	const known = [...new Set([...Object.keys(policy.regionPriorities), ...regions])];
	return document
		.entries(path)
		.filter(({ key }) => isRegion(key) && !known.includes(key))
		.map(({ key }) =>
			document.at(
				[...path, key],
				`${quotePath(path)} names the region ${quote(key)}, but "region_priorities" does not${didYouMean(key, known)}`,
			),
		);
}
