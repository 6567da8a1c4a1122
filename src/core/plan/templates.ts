/**
 * Which launch templates can be used. EC2 merges a template into a launch and does not replace it by what the launch says,
 * so a template could change the lifecycle or the cost of a launch, or make every launch fail.
 * Source: `RunInstances` and `RequestLaunchTemplateData` in the EC2 API Reference.
 */

import type { TemplateContent } from "../model/facts.ts";
import type { Lifecycle, TypeConfig } from "../model/policy.ts";
import type { SkippedPlacement, TypeRegionIndex } from "./placements.ts";

/** Spot options that every spot launch sets itself. */
const OWN_SPOT_OPTIONS = ["MaxPrice", "SpotInstanceType", "InstanceInterruptionBehavior"];
/** Tags that every launch sets itself, in addition to the type's. */
const OWN_TAGS = ["Name", "FQDN", "moz-created", "moz-run-url", "moz-state"];
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
		const template = configured[region.index.region]?.launchTemplate ?? null;
		const problems = template === null ? [] : problemsOf(region, template, typeTag, lifecycle);
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
	template: { readonly idOrName: string; readonly version: string },
	typeTag: string,
	lifecycle: Lifecycle,
): readonly string[] {
	const facts = index.template(template);
	if (facts === null) return ["was not read"];
	if (facts.kind === "unreadable") return [`could not be read (${facts.message})`];
	const { content } = facts;
	return [
		...marketProblems(content, lifecycle),
		...networkProblems(content),
		...tagProblems(content, typeTag),
		...costProblems(content),
	];
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

function costProblems({ changesCost }: TemplateContent): readonly string[] {
	return changesCost.length === 0
		? []
		: [`has ${changesCost.join(", ")}, which changes what a launch costs; remove it`];
}
