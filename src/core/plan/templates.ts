/**
 * Which launch templates can be used. EC2 merges a template into a launch and does not replace it by what the launch says,
 * so a template could change the lifecycle or the cost of a launch, or make every launch fail.
 * Source: `RunInstances` and `RequestLaunchTemplateData` in the EC2 API Reference.
 */

import type { TemplateContent } from "../model/facts.ts";
import type { Lifecycle, TypeConfig, TypeRegion } from "../model/policy.ts";
import type { SkippedPlacement, TypeRegionIndex } from "./placements.ts";
import type { RegionIndex } from "./region-index.ts";

/** Spot options that every spot launch sets itself. */
const OWN_SPOT_OPTIONS = ["MaxPrice", "SpotInstanceType", "InstanceInterruptionBehavior"];
/** Tags that every launch sets itself, in addition to the type's. */
const OWN_TAGS = ["Name", "FQDN", "moz-created", "moz-run-url", "moz-state"];
/** EC2's limit on the tags of a resource. */
export const MAX_TAGS = 50;
/** Tags that every launch sets itself, with the one of the type. */
export const LAUNCH_TAGS = OWN_TAGS.length + 1;
/** Instances read their tags from the metadata, which allows only these keys. */
const METADATA_KEY = /^(?!\.{1,2}$|_index$)[A-Za-z0-9+\-=.,_:@]+$/;

/** The regions whose template can be used for a lifecycle, and a skip for each of the others. */
export function checkTemplates(
	regions: readonly TypeRegionIndex[],
	{ mozType, regions: configured }: TypeConfig,
	typeTag: string,
	lifecycle: Lifecycle,
): { readonly usable: readonly TypeRegionIndex[]; readonly rejected: readonly SkippedPlacement[] } {
	const checked = regions.map((region) => {
		const config = configured[region.index.region];
		const template = config?.launchTemplate ?? null;
		const problems = config === undefined ? [] : problemsOf(region, config, typeTag, lifecycle);
		const name = `${mozType}: launch template ${template?.idOrName} in ${region.index.region}`;
		return {
			region,
			rejected: problems.map((problem): SkippedPlacement => ({ code: "template", message: `${name} ${problem}` })),
		};
	});
	return {
		usable: checked.filter(({ rejected }) => rejected.length === 0).map(({ region }) => region),
		rejected: checked.flatMap(({ rejected }) => rejected),
	};
}

function problemsOf(
	{ index }: TypeRegionIndex,
	config: TypeRegion,
	typeTag: string,
	lifecycle: Lifecycle,
): readonly string[] {
	if (config.launchTemplate === null) return [];
	const facts = index.template(config.launchTemplate);
	if (facts === null) return ["was not read"];
	if (facts.kind === "unreadable") return [`could not be read (${facts.message})`];
	const { content } = facts;
	return [
		...marketProblems(content, lifecycle),
		...networkProblems(content),
		...tagProblems(content, typeTag),
		...tagLimitProblems(content, config),
		...costProblems(content),
	];
}

/** Tags that a region's template adds to a resource of each launch, beside those of the type. */
export function tagsAdded(index: RegionIndex, { launchTemplate, tags }: TypeRegion, resource: string): number {
	const facts = launchTemplate === null ? null : index.template(launchTemplate);
	return facts?.kind === "read" ? addedBy(facts.content, tags, resource) : 0;
}

function addedBy({ tags }: TemplateContent, own: TypeRegion["tags"], resource: string): number {
	const keys = tags.filter((some) => some.resource === resource).flatMap((some) => some.keys);
	return new Set(keys.filter((key) => !Object.hasOwn(own, key))).size;
}

function marketProblems({ marketType, spotOptions, tags }: TemplateContent, lifecycle: Lifecycle): readonly string[] {
	const foreign = spotOptions.filter((option) => !OWN_SPOT_OPTIONS.includes(option));
	const hasSpotTags = tags.some(({ resource }) => resource === "spot-instances-request");
	if (lifecycle === "on-demand") {
		return [
			...(marketType === null
				? []
				: [`has the market type ${marketType}, so it would not launch on demand; remove its market options`]),
			...(hasSpotTags ? ["tags spot requests, which an on-demand launch does not have; remove these tags"] : []),
		];
	}
	if (marketType !== null && marketType !== "spot")
		return [`has the market type ${marketType}; remove its market options`];
	return foreign.length === 0 ? [] : [`has the spot options ${foreign.join(", ")}; remove them`];
}

function networkProblems({ hasSecurityGroups, interfaces }: TemplateContent): readonly string[] {
	return [
		...(hasSecurityGroups
			? [
					"has security groups for the instance, which EC2 rejects beside the launch's network interface; remove them, since security_group_ids of the type's file apply",
				]
			: []),
		...(interfaces.length > 1 || interfaces.some((device) => device !== 0)
			? ["has network interfaces other than the one with device index 0; remove them"]
			: []),
	];
}

function tagProblems({ tags }: TemplateContent, typeTag: string): readonly string[] {
	const keys = [...new Set(tags.flatMap((specification) => specification.keys))];
	const own = keys.filter((key) => key === typeTag || OWN_TAGS.includes(key));
	const forbidden = keys.filter((key) => !METADATA_KEY.test(key));
	return [
		...(own.length === 0 ? [] : [`sets the tags ${own.join(", ")}, which each launch sets itself; remove them`]),
		...(forbidden.length === 0
			? []
			: [`has tag keys that instance metadata forbids (${forbidden.join(", ")}); rename them`]),
	];
}

function tagLimitProblems(content: TemplateContent, { tags }: TypeRegion): readonly string[] {
	const own = LAUNCH_TAGS + Object.keys(tags).length;
	return [...new Set(content.tags.map(({ resource }) => resource))].flatMap((resource) => {
		const added = addedBy(content, tags, resource);
		if (added + own <= MAX_TAGS) return [];
		return [
			`adds ${added} tags to each ${resource}, which has ${own} others, and EC2 accepts ${MAX_TAGS} in total; remove some from the template or from the type's file`,
		];
	});
}

function costProblems({ changesCost }: TemplateContent): readonly string[] {
	return changesCost.length === 0
		? []
		: [`has ${changesCost.join(", ")}, which changes what a launch costs; remove it`];
}
