/** The on-demand phase of a pool: one share per region, by priority. */

import type { Region } from "../model/policy.ts";
import { globalCap, limitsOf, regionCap, subnetCap, tickCap } from "./caps.ts";
import { costCapKeys, hasCostCeiling } from "./cost.ts";
import type { Phase } from "./phase.ts";
import type { PhaseInput, Placement, SkippedPlacement, TypeRegionIndex } from "./placements.ts";
import { byPriority } from "./regions.ts";
import { checkTemplates } from "./templates.ts";

export function planOnDemand(input: PhaseInput): Phase {
	const { policy, type, skipped } = input;
	const { mozType } = type;
	const global = limitsOf(policy, "on-demand").global[mozType];
	if (global === undefined) {
		const message = `no global on-demand limit is set for ${mozType}, so on-demand is not used`;
		return { lifecycle: "on-demand", disabled: true, shares: [], spread: [], skipped: [{ code: "no-rules", message }] };
	}
	const { usable, rejected } = checkTemplates(input.regions, type, policy.typeTag, "on-demand");
	const unpriced = skipUnpriced(usable, input);
	const regions = usable.filter(({ index }) => !unpriced.has(index.region));
	const { regionPriorities } = policy;
	const names = regions.map(({ index }) => index.region);
	const shares = byPriority(names, regionPriorities).map((name) => ({
		weight: regionPriorities[name] ?? 0,
		placements: regions.filter(({ index }) => index.region === name).flatMap((region) => placementsIn(region, input)),
	}));
	return {
		lifecycle: "on-demand",
		disabled: global === 0,
		shares,
		spread: [],
		skipped: [...skipped, ...rejected, ...unpriced.values()],
	};
}

/** A skip for each region whose machines have no price, although a ceiling on cost applies. */
function skipUnpriced(regions: readonly TypeRegionIndex[], input: PhaseInput): ReadonlyMap<Region, SkippedPlacement> {
	const { policy, type } = input;
	if (!hasCostCeiling(input, type.mozType)) return new Map();
	return new Map(
		regions.flatMap(({ index: { region } }) => {
			const instanceType = type.regions[region]?.instanceType;
			if (instanceType === undefined || policy.onDemandPrices[instanceType] !== undefined) return [];
			const message = `on_demand_price has no price of ${instanceType}, so it is not launched on demand under a cost ceiling`;
			return [[region, { code: "cap-cost" as const, message }] as const];
		}),
	);
}

function placementsIn({ index, subnets, images }: TypeRegionIndex, input: PhaseInput): readonly Placement[] {
	const { policy, type, poolCaps, brake } = input;
	const { region, role } = index;
	const config = type.regions[region];
	if (config === undefined) return [];
	const { mozType } = type;
	const isLimited = limitsOf(policy, "on-demand").regions[region]?.[mozType] !== undefined;
	const caps = [
		tickCap,
		globalCap("on-demand", mozType),
		...poolCaps,
		...(isLimited ? [regionCap("on-demand", region, mozType)] : []),
	];
	const onDemandPrice = policy.onDemandPrices[config.instanceType] ?? null;
	const costKeys = costCapKeys(input, mozType, { spotPrice: null, maxPrice: null, onDemandPrice });
	return subnets.flatMap(({ subnetId, availabilityZone }) =>
		images.map((image) => ({
			lifecycle: "on-demand",
			region,
			role,
			availabilityZone,
			subnetId,
			instanceType: config.instanceType,
			...image,
			maxPrice: null,
			spotPrice: null,
			onDemandPrice,
			caps: [
				...caps,
				subnetCap(subnetId),
				...image.caps,
				...brake.capsAt({ mozType, role, region, instanceType: config.instanceType, imageId: image.imageId }),
				...costKeys,
			],
		})),
	);
}
