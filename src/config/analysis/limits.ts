/** Rules about limits and bids. */
import type { Lifecycle, MozType, SpotRule } from "../../core/model/policy.ts";
import { limitsOf } from "../../core/plan/caps.ts";
import type { Diagnostic } from "../../errors.ts";
import type { Path } from "../document/document.ts";
import { list, quote, quotePath } from "../document/text.ts";
import type { Subject } from "./analysis.ts";
import { machinesOf, mostMachines, onDemandPrices } from "./machines.ts";

export function someLaunchIsAllowed(subject: Subject): readonly Diagnostic[] {
	const { document, policy, regions } = subject;
	return launchableTypes(subject)
		.filter((mozType) => mostMachines(policy, mozType, regions) === 0)
		.map((mozType) => {
			const spot = policy.spotRules[mozType] === undefined ? "has no spot rules" : "may have no spot instance";
			const message = `no instance of "${mozType}" can ever be launched: it ${spot} in ${list(regions)}, and its limit on on-demand instances is 0 or missing; raise one of its limits`;
			return document.at(limitPath(subject, mozType), message);
		});
}

/** A spot price may be anything above 0. An on-demand instance without a price is not launched under a ceiling. */
export function someLaunchIsAffordable(subject: Subject): readonly Diagnostic[] {
	const { document, policy, regions } = subject;
	return launchableTypes(subject).flatMap((mozType) => {
		const ceiling = policy.maxHourlyCosts[mozType];
		if (ceiling === undefined || mostMachines(policy, mozType, regions) === 0) return [];
		const spot = machinesOf(policy, mozType, "spot", regions);
		if (ceiling > 0 && spot.most > 0) return [];
		const onDemand = machinesOf(policy, mozType, "on-demand", regions);
		const prices = onDemandPrices(policy, mozType, onDemand);
		if (prices.some((price) => price !== null && price <= ceiling)) return [];
		const path = ["max_hourly_cost", mozType];
		const why =
			ceiling === 0
				? "is 0; raise it"
				: `of ${ceiling} USD allows no on-demand instance, whose price is above it or missing, and the type may have no spot instance; raise it, or add the price to "on_demand_price"`;
		return [document.at(path, `no instance of "${mozType}" can ever be launched: ${quotePath(path)} ${why}`)];
	});
}

/** Types that some region in use can launch. Loading warns about all others. */
function launchableTypes({ policy, regions }: Subject): readonly MozType[] {
	return Object.values(policy.types)
		.filter((type) => regions.some((region) => type.regions[region] !== undefined))
		.map(({ mozType }) => mozType);
}

/** The key of a limit on the type or, if it has none, its first pattern. */
function limitPath({ document, policy, regions }: Subject, mozType: MozType): Path {
	const first = policy.builderMap.find((pattern) => pattern.mozType === mozType)?.source ?? "";
	const paths: readonly Path[] = [
		["ondemand", "limits", "global", mozType],
		["spot", "limits", "global", mozType],
		...regions.map((region) => ["spot", "limits", region, mozType]),
	];
	return paths.find((path) => document.find(path) !== undefined) ?? ["buildermap", first];
}

/** An explicit limit of 0 is a decision, and a missing one may be an oversight: the original had no limits. */
export function onDemandIsAllowed(subject: Subject): readonly Diagnostic[] {
	const { document, policy } = subject;
	const missing = launchableTypes(subject).filter((mozType) => policy.onDemandLimits.global[mozType] === undefined);
	if (missing.length === 0) return [];
	const path = ["ondemand", "limits", "global"];
	const message = `no on-demand instance is ever launched for ${list(missing.map(quote))}, because ${quotePath(path)} has no limit for it; set one, or set it to 0 to confirm`;
	return [document.at(path, message)];
}

export function globalLimitsAreReachable(subject: Subject): readonly Diagnostic[] {
	return (["spot", "on-demand"] as const).flatMap((lifecycle) =>
		Object.entries(limitsOf(subject.policy, lifecycle).global).flatMap(([mozType, global]) => {
			const sum = regionalSum(subject, lifecycle, mozType);
			if (sum === null || global <= sum) return [];
			const path = [lifecycle === "spot" ? "spot" : "ondemand", "limits", "global", mozType];
			const message = `${quotePath(path)} allows ${global} instances, but the limits of its regions only ${sum} together; lower it, or raise those`;
			return [subject.document.at(path, message)];
		}),
	);
}

/** Sum of the limits of all regions that configure the type, even unused ones; null if a region has no bound. */
function regionalSum({ policy }: Subject, lifecycle: Lifecycle, mozType: MozType): number | null {
	const type = policy.types[mozType];
	if (type === undefined || (lifecycle === "spot" && policy.spotRules[mozType] === undefined)) return null;
	const limits = Object.keys(type.regions).map(
		(region) => limitsOf(policy, lifecycle).regions[region]?.[mozType] ?? (lifecycle === "spot" ? 0 : null),
	);
	return limits.reduce((sum, limit) => (sum === null || limit === null ? null : sum + limit), 0);
}

/** How many times a bid may differ from its nearest sibling: a misplaced decimal point is a factor of 10. */
const UNUSUAL = 4;

export function bidsAreAlike({ document, policy }: Subject): readonly Diagnostic[] {
	return Object.entries(policy.spotRules).flatMap(([mozType, rules]) =>
		rules.flatMap((rule, index) => {
			// Of two bids, only the later can be reported as the unusual one.
			const siblings = rules.length === 2 ? rules.slice(0, index) : rules.filter((other) => other !== rule);
			const price = pricePerSpeed(rule);
			const [ratio = 1] = siblings
				.map((sibling) => price / pricePerSpeed(sibling))
				.toSorted((one, other) => Math.abs(Math.log(one)) - Math.abs(Math.log(other)));
			if (ratio < UNUSUAL && ratio > 1 / UNUSUAL) return [];
			const path = ["spot", "rules", mozType, index, "bid_price"];
			const shown = ratio >= 1 ? `${round(ratio)} times` : `1/${round(1 / ratio)} of`;
			const message = `${quotePath(path)} of ${rule.bidPrice} USD is ${shown} the nearest bid of the type's other rules, for the same performance_constant; check the decimal point`;
			return [document.at(path, message)];
		}),
	);
}

/** A zone without a subnet has no spot pool, so there are at most as many pools as EC2 instance types × subnets. */
export function spreadIsReachable({ document, policy, regions }: Subject): readonly Diagnostic[] {
	return Object.entries(policy.spotSpread).flatMap(([mozType, { pools }]) => {
		const rules = policy.spotRules[mozType] ?? [];
		const type = policy.types[mozType];
		if (type === undefined || rules.length === 0) return [];
		const instanceTypes = new Set(rules.map(({ instanceType }) => instanceType)).size;
		const subnets = regions
			.filter((region) => (policy.spotLimits.regions[region]?.[mozType] ?? 0) > 0)
			.reduce((sum, region) => sum + (type.regions[region]?.subnetIds.length ?? 0), 0);
		const possible = instanceTypes * subnets;
		if (pools <= possible) return [];
		const path = ["spot", "spread", mozType, "pools"];
		const message = `${quotePath(path)} is ${pools}, but there can be only ${possible} (EC2 instance types in its rules: ${instanceTypes}; subnets in regions with a spot limit: ${subnets}); add rules or subnets, or lower it`;
		return [document.at(path, message)];
	});
}

function pricePerSpeed({ bidPrice, performanceConstant }: SpotRule): number {
	return bidPrice / performanceConstant;
}

function round(ratio: number): string {
	return String(Math.round(ratio));
}
