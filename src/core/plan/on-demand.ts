/** The on-demand phase of a pool: one share per region, by priority. */

import { globalCap, limitsOf, regionCap, subnetCap, tickCap } from "./caps.ts";
import type { Phase } from "./phase.ts";
import type { PhaseInput, Placement, TypeRegionIndex } from "./placements.ts";
import { byPriority } from "./regions.ts";
import { checkTemplates } from "./templates.ts";

export function planOnDemand(input: PhaseInput): Phase {
	const { policy, type, skipped } = input;
	const { mozType } = type;
	const global = limitsOf(policy, "on-demand").global[mozType];
	if (global === undefined) {
		const message = `no global on-demand limit is set for ${mozType}, so on-demand is not used`;
		return { lifecycle: "on-demand", disabled: true, shares: [], skipped: [{ code: "no-rules", message }] };
	}
	const { usable: regions, rejected } = checkTemplates(input.regions, type, policy.typeTag, "on-demand");
	const { regionPriorities } = policy;
	const names = regions.map(({ index }) => index.region);
	const shares = byPriority(names, regionPriorities).map((name) => ({
		weight: regionPriorities[name] ?? 0,
		placements: regions.filter(({ index }) => index.region === name).flatMap((region) => placementsIn(region, input)),
	}));
	return { lifecycle: "on-demand", disabled: global === 0, shares, skipped: [...skipped, ...rejected] };
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
	return subnets.flatMap(({ subnetId, availabilityZone }) =>
		images.map((image) => ({
			lifecycle: "on-demand",
			region,
			role,
			availabilityZone,
			subnetId,
			instanceType: config.instanceType,
			imageId: image.imageId,
			devices: image.devices,
			maxPrice: null,
			spotPrice: null,
			caps: [
				...caps,
				subnetCap(subnetId),
				...image.caps,
				...brake.capsAt({ mozType, role, region, instanceType: config.instanceType, imageId: image.imageId }),
			],
		})),
	);
}
