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

/** What a type may run and cost at most. */
export interface TypeMaximum {
	readonly mozType: MozType;
	readonly spot: Machines;
	readonly onDemand: Machines;
	/** USD per hour, at the highest bid and the highest price of the regions in use; null: a price is unknown. */
	readonly hourlyCost: number | null;
}

export function maximumOf(policy: Policy, mozType: MozType, regions: readonly Region[]): TypeMaximum {
	const spot = machinesOf(policy, mozType, "spot", regions);
	const onDemand = machinesOf(policy, mozType, "on-demand", regions);
	const bid = Math.max(0, ...(policy.spotRules[mozType] ?? []).map(({ bidPrice }) => bidPrice));
	const price = highestPrice(policy, mozType, onDemand);
	const ceiling = policy.maxHourlyCosts[mozType] ?? null;
	const cost = price === null ? null : spot.most * bid + onDemand.most * price;
	// Under a ceiling, a machine of unknown price is not launched.
	const hourlyCost = ceiling === null ? cost : Math.min(ceiling, cost ?? ceiling);
	return { mozType, spot, onDemand, hourlyCost };
}

/** USD per hour in the regions that may have on-demand machines; null: the price is unknown. */
export function onDemandPrices(
	policy: Policy,
	mozType: MozType,
	{ regions, most }: Machines,
): readonly (number | null)[] {
	if (most === 0) return [];
	const used = regions.filter(({ limit }) => limit > 0).map(({ region }) => policy.types[mozType]?.regions[region]);
	return used.map((region) => policy.onDemandPrices[region?.instanceType ?? ""] ?? null);
}

function highestPrice(policy: Policy, mozType: MozType, machines: Machines): number | null {
	const prices = onDemandPrices(policy, mozType, machines);
	return prices.reduce<number | null>(
		(most, price) => (most === null || price === null ? null : Math.max(most, price)),
		0,
	);
}
