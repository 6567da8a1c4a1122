/** How many machines of a type the limits allow, and where. */
import type { Lifecycle, MozType, Policy, Region } from "../../core/model/policy.ts";
import { limitsOf } from "../../core/plan/caps.ts";

export interface Machines {
	/** Limits of the regions in use that can launch the type. */
	readonly regions: readonly { readonly region: Region; readonly limit: number }[];
	/** Maximum number in all of them together. */
	readonly most: number;
}

/** @param regions those in use */
export function machinesOf(
	policy: Policy,
	mozType: MozType,
	lifecycle: Lifecycle,
	regions: readonly Region[],
): Machines {
	const limits = limitsOf(policy, lifecycle);
	const isSpot = lifecycle === "spot";
	const isOff = isSpot && (policy.spotRules[mozType] ?? []).length === 0;
	// Without a global limit, spot is bounded by its regions alone, and on-demand is off.
	const global = limits.global[mozType] ?? (isSpot ? Number.POSITIVE_INFINITY : 0);
	const allowed = regions
		.filter((region) => policy.types[mozType]?.regions[region] !== undefined)
		.map((region) => {
			const own = limits.regions[region]?.[mozType] ?? (isSpot ? 0 : global);
			return { region, limit: isOff ? 0 : Math.min(own, global) };
		});
	const sum = allowed.reduce((total, { limit }) => total + limit, 0);
	return { regions: allowed, most: Math.min(global, sum) };
}

/** Maximum number of machines of both lifecycles. */
export function mostMachines(policy: Policy, mozType: MozType, regions: readonly Region[]): number {
	return machinesOf(policy, mozType, "spot", regions).most + machinesOf(policy, mozType, "on-demand", regions).most;
}
