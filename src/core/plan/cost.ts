/** What machines cost, and the caps that keep the cost of live and new machines below a ceiling. */

import type { Instance } from "../model/facts.ts";
import type { MozType, Policy } from "../model/policy.ts";
import { type AccountRegion, describeAccount, isAccountOf } from "../supply/accounts.ts";
import { isLive } from "../supply/supply.ts";
import type { Cap, Caps } from "./caps.ts";
import type { Placement } from "./placements.ts";
import type { RegionIndex } from "./region-index.ts";

/** What a cost is computed from. */
export type Priced = Pick<Placement, "spotPrice" | "maxPrice" | "onDemandPrice">;

/** USD per hour at which a new machine counts: its price, or its bid if that is unknown; null if neither is known. */
export function countedCost({ spotPrice, maxPrice, onDemandPrice }: Priced): number | null {
	return spotPrice ?? maxPrice ?? onDemandPrice;
}

/** What the ceilings are taken from. */
export interface CeilingSource {
	readonly policy: Policy;
	/** USD per hour for all types together; null: no ceiling. */
	readonly maxHourlyCost: number | null;
}

/** A limit on the cost of some machines. */
interface Ceiling {
	/** Key of its cap. */
	readonly key: string;
	/** USD per hour. */
	readonly limit: number;
	readonly name: string;
	/** Null: all types together. */
	readonly mozType: MozType | null;
}

function ceilingsOf({ policy, maxHourlyCost }: CeilingSource, mozType: MozType): readonly Ceiling[] {
	const own = policy.maxHourlyCosts[mozType];
	return [
		...(maxHourlyCost === null
			? []
			: [{ key: "cost", limit: maxHourlyCost, name: `max-hourly-cost of ${maxHourlyCost} USD`, mozType: null }]),
		...(own === undefined
			? []
			: [{ key: `cost/${mozType}`, limit: own, name: `max_hourly_cost of ${own} USD for ${mozType}`, mozType }]),
	];
}

/** Whether a ceiling applies to the type, so that a machine of unknown cost must not be launched. */
export function hasCostCeiling(source: CeilingSource, mozType: MozType): boolean {
	return ceilingsOf(source, mozType).length > 0;
}

/** Keys of the cost caps of a placement; empty if no ceiling applies, or if its cost is unknown. */
export function costCapKeys(source: CeilingSource, mozType: MozType, priced: Priced): readonly string[] {
	const cost = countedCost(priced);
	return cost === null ? [] : ceilingsOf(source, mozType).map(({ key }) => sharedKey(key, roundedUp(cost)));
}

const sharedKey = (key: string, each: number) => `${key}@${each}`;

/**
 * For each ceiling one cap on the amount, and one for each cost of a machine that draws on it.
 * If it is unknown what live machines cost, or what runs in a region that could not be read, nothing may be launched.
 */
export function costCaps(
	source: CeilingSource & {
		readonly placements: readonly { readonly mozType: MozType; readonly placement: Placement }[];
		readonly instances: readonly Instance[];
		readonly accounts: readonly RegionIndex[];
		/** Accounts whose instances could not be read. */
		readonly unseen: readonly AccountRegion[];
	},
): Caps {
	const mozTypes = [...new Set(source.placements.map(({ mozType }) => mozType))];
	const ceilings = new Map(
		mozTypes.flatMap((mozType) => ceilingsOf(source, mozType)).map((ceiling) => [ceiling.key, ceiling]),
	);
	if (ceilings.size === 0) return {};
	const live = source.instances.filter((one) => isLive(one) && one.mozType !== null);
	const liveByType = Map.groupBy(live, ({ mozType }) => mozType);
	const placementsByType = Map.groupBy(source.placements, ({ mozType }) => mozType);
	return Object.fromEntries(
		[...ceilings.values()].flatMap((ceiling) => {
			const { mozType } = ceiling;
			const machines = mozType === null ? live : (liveByType.get(mozType) ?? []);
			const placements = mozType === null ? source.placements : placementsByType.get(mozType);
			const total = capOf(
				ceiling,
				machines.map((one) => ({ ...one, cost: liveCost(one, source) })),
				source.unseen.filter((account) => mozType === null || isAccountOf(source.policy, mozType, account)),
			);
			const costs = placements?.flatMap(({ placement }) => countedCost(placement) ?? []);
			const each = [...new Set(costs?.map(roundedUp))];
			const shared = each.map((amount): readonly [string, Cap] => [
				sharedKey(ceiling.key, amount),
				{ ...total, headroom: Math.floor(total.headroom / amount), draws: { from: ceiling.key, each: amount } },
			]);
			return [[ceiling.key, total], ...shared];
		}),
	);
}

/** The cap on an amount; its headroom is in millionths of a US dollar per hour. */
function capOf(
	{ limit, name }: Ceiling,
	live: readonly { readonly instanceType: string; readonly cost: number | null }[],
	unseen: readonly AccountRegion[],
): Cap {
	const unpriced = live.filter(({ cost }) => cost === null);
	const spent = live.reduce((sum, { cost }) => sum + (cost === null ? 0 : roundedUp(cost)), 0);
	const unknown = [
		...(unpriced.length === 0
			? []
			: [
					`no price is known for ${unpriced.length} live ${[...new Set(unpriced.map(({ instanceType }) => instanceType))].toSorted().join(", ")}`,
				]),
		...(unseen.length === 0
			? []
			: [`what runs in ${unseen.map(describeAccount).join(", ")} is unknown, because it could not be read`]),
	];
	if (unknown.length > 0) return { code: "cap-cost", label: `${name}: ${unknown.join(", and ")}`, headroom: 0 };
	const label = `${name} (${(spent / MICRO).toFixed(2)} USD live)`;
	return { code: "cap-cost", label, headroom: Math.max(0, roundedDown(limit) - spent) };
}

/**
 * USD per hour of a live machine; null: unknown. A spot machine counts at the current price of its zone, else at its
 * type's bid, else at the on-demand price, which a spot price does not exceed by default.
 */
function liveCost(
	instance: Instance,
	{ policy, accounts }: { readonly policy: Policy; readonly accounts: readonly RegionIndex[] },
): number | null {
	const { mozType, instanceType, region, role, availabilityZone } = instance;
	const onDemand = policy.onDemandPrices[instanceType] ?? null;
	if (instance.lifecycle === "on-demand" || mozType === null) return onDemand;
	const account = accounts.find((one) => one.region === region && one.role === role);
	const rules = (policy.spotRules[mozType] ?? []).filter((rule) => rule.instanceType === instanceType);
	const costs = rules.map((rule) => account?.spotPrice(rule, availabilityZone) ?? rule.bidPrice);
	return costs.length === 0 ? onDemand : Math.max(...costs);
}

/** Amounts are whole millionths of a US dollar, so that sums are exact. */
const MICRO = 1_000_000;

/** At least 1, so that no machine is free. */
function roundedUp(usd: number): number {
	return Math.max(1, Math.ceil(withoutNoise(usd)));
}

function roundedDown(usd: number): number {
	return Math.floor(withoutNoise(usd));
}

/** In millionths, without the noise of binary fractions: 0.07 would be 70,000.00000000001. */
function withoutNoise(usd: number): number {
	return Number((usd * MICRO).toFixed(3));
}
