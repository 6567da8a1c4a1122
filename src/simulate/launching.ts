/**
 * What a simulated tick may launch. The planner makes the placements and limits once for a whole simulation, from an EC2
 * in which nothing runs and every configured subnet has room. The limits are then tracked while machines come and go.
 */

import type { Pool } from "../core/demand/pool.ts";
import type { RegionFacts, TemplateContent } from "../core/model/facts.ts";
import type { Heuristics, Policy, Region } from "../core/model/policy.ts";
import { type Caps, CapTracker, subnetCap, tickCap } from "../core/plan/caps.ts";
import { countedCost } from "../core/plan/cost.ts";
import type { Phase } from "../core/plan/phase.ts";
import type { Placement } from "../core/plan/placements.ts";
import { makePlan } from "../core/plan/plan.ts";
import { shareByWeight } from "../core/plan/regions.ts";
import { type AccountRegion, accountRegions, roleOf } from "../core/supply/accounts.ts";
import { reduceByLifecycle } from "../core/supply/heuristic.ts";
import type { Supply } from "../core/supply/supply.ts";

/** What the configuration and the inputs allow. */
export interface LaunchRules {
	readonly policy: Policy;
	readonly regions: readonly Region[];
	/** Names of all jacuzzis. */
	readonly allocated: ReadonlySet<string>;
	/** Of one tick, or of any 60 minutes of a watch. */
	readonly maxLaunches: number;
	/** USD per hour; null: no ceiling. */
	readonly maxHourlyCost: number | null;
}

/** The placements and limits of all pools; the same for all settings. */
export interface LaunchPlan {
	readonly caps: Caps;
	/** Phases of each pool. */
	readonly pools: readonly (readonly Phase[])[];
}

/** The demand and the supply of a pool in one tick. */
export interface PoolNeed {
	readonly pool: number;
	/** Requests that the tick sees. */
	readonly count: number;
	readonly supply: Supply;
}

/** Machines that a tick launches in one place. */
export interface Granted {
	readonly pool: number;
	readonly placement: Placement;
	readonly count: number;
}

/** Addresses of a subnet whose size is unknown: more than machines are ever launched. */
const ENOUGH = 1e9;
const HARMLESS: TemplateContent = {
	marketType: null,
	spotOptions: [],
	hasSecurityGroups: false,
	interfaces: [],
	tags: [],
	changesCost: [],
};

/** @param pools with the number of requests, which bounds how many names are needed */
export function planLaunches(
	pools: readonly { readonly pool: Pool; readonly requests: number }[],
	{ policy, regions, allocated, maxLaunches, maxHourlyCost }: LaunchRules,
): LaunchPlan {
	const plan = makePlan({
		demand: pools.map(({ pool, requests }) => ({ pool, pending: requests, oldestSubmittedAt: 0 })),
		facts: accountRegions(policy, regions).map((account) => emptyFacts(policy, account)),
		...{ policy, allocated, maxLaunches, maxHourlyCost },
		unread: [],
		connected: new Set(),
		latestAmiPercentage: 100,
		now: 0,
	});
	return { caps: plan.caps, pools: plan.pools.map(({ phases }) => phases.map(withoutRepetitions)) };
}

/** An account in which nothing runs. Zones, prices, and free addresses are unknown to a replay. */
function emptyFacts(policy: Policy, { region, role }: AccountRegion): RegionFacts {
	const types = Object.values(policy.types).flatMap((type) => {
		const config = type.regions[region];
		return config === undefined || roleOf(policy, type.mozType, region) !== role ? [] : [config];
	});
	const subnetIds = [...new Set(types.flatMap((config) => config.subnetIds))];
	return {
		...{ region, role, instances: [], terminated: [], images: [], spotPrices: [], spotRequests: [] },
		subnets: subnetIds.map((subnetId) => ({
			subnetId,
			availabilityZone: `zone of ${subnetId}`,
			freeAddresses: ENOUGH,
		})),
		templates: types.flatMap(({ launchTemplate }) =>
			launchTemplate === null ? [] : [{ ...launchTemplate, kind: "read" as const, content: HARMLESS }],
		),
	};
}

/** Without placements that the same limits allow as one before them, which would never be reached. */
function withoutRepetitions(phase: Phase): Phase {
	const shares = phase.shares.map(({ weight, placements }) => {
		const distinct = new Map<string, Placement>();
		for (const placement of placements) {
			const caps = placement.caps.filter((key) => key !== subnetCap(placement.subnetId));
			const key = caps.join(" ");
			if (!distinct.has(key)) distinct.set(key, { ...placement, caps });
		}
		return { weight, placements: [...distinct.values()] };
	});
	return { ...phase, shares };
}

/** USD per hour that a machine counts at; null: no price is known. */
export function costOf(placement: Placement): number | null {
	return countedCost(placement);
}

/** Tracks the limits of one simulation. Every request for a machine within them is granted. */
export class Launching {
	readonly #pools: LaunchPlan["pools"];
	readonly #caps: CapTracker;
	/** The caps that a machine of a placement occupies until it ends. */
	readonly #lasting = new Map<Placement, readonly string[]>();

	constructor({ pools, caps }: LaunchPlan) {
		this.#pools = pools;
		this.#caps = new CapTracker(caps);
	}

	/**
	 * Reduces the requests of each pool by what runs, and launches what is left, in the order of a launch run: one phase of
	 * every pool, then the next one of those that need it. Only if `max-launches` or a common cost ceiling stops some pools,
	 * a launch run may stop others, because it hands requests from region to region in turns.
	 */
	launch(needs: readonly PoolNeed[], heuristics: Heuristics): readonly Granted[] {
		const granted: Granted[] = [];
		let left = needs;
		for (let index = 0; left.length > 0; index += 1) {
			const unmet: PoolNeed[] = [];
			for (const need of left) {
				const phase = this.#pools[need.pool]?.[index];
				const count = phase === undefined ? 0 : this.#runPhase(phase, index > 0, need, heuristics, granted);
				if (count > 0) unmet.push({ ...need, count });
			}
			left = unmet;
		}
		return granted;
	}

	/** A machine has ended. */
	release(placement: Placement): void {
		const keys = this.#lasting.get(placement) ?? placement.caps.filter((key) => key !== tickCap);
		this.#lasting.set(placement, keys);
		this.#caps.settle(keys, 1, 0);
	}

	/** Launches no longer count against `max-launches`. */
	forget(launches: number): void {
		this.#caps.settle([tickCap], launches, 0);
	}

	/** @returns how many could not be placed */
	#runPhase(
		phase: Phase,
		fellThrough: boolean,
		{ pool, count, supply }: PoolNeed,
		heuristics: Heuristics,
		granted: Granted[],
	): number {
		const { lifecycle } = phase;
		const { need } = reduceByLifecycle({ count, supply, lifecycle, fellThrough, heuristics });
		if (need === 0) return 0;
		const { shares } = phase;
		if (shares.length === 0) return need;
		const counts = shareByWeight(
			need,
			shares.map(({ weight }) => weight),
		);
		let unmet = 0;
		// A replay knows no prices, by which `spot.spread` spreads.
		for (const [index, { placements }] of shares.entries()) {
			unmet += this.#fill(pool, placements, counts[index] ?? 0, granted);
		}
		// What one region can't give moves to the others.
		for (const { placements } of shares) unmet = this.#fill(pool, placements, unmet, granted);
		return unmet;
	}

	#fill(pool: number, placements: readonly Placement[], wanted: number, granted: Granted[]): number {
		let left = wanted;
		for (const placement of placements) {
			if (left === 0) break;
			const count = this.#caps.available(placement.caps, left);
			if (count === 0) continue;
			this.#caps.reserve(placement.caps, count);
			granted.push({ pool, placement, count });
			left -= count;
		}
		return left;
	}
}
