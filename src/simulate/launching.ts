/**
 * What a simulated tick may launch. The planner makes the placements and limits once for a whole simulation, from an EC2
 * in which nothing runs and every configured subnet has room. The limits are then tracked while machines come and go.
 */

import type { Pool } from "../core/demand/pool.ts";
import { sharesOf } from "../core/launch/share.ts";
import type { RegionFacts, TemplateContent } from "../core/model/facts.ts";
import type { Heuristics, Lifecycle, Policy, Region } from "../core/model/policy.ts";
import { type Caps, CapTracker, subnetCap, tickCap } from "../core/plan/caps.ts";
import { countedCost } from "../core/plan/cost.ts";
import type { Phase } from "../core/plan/phase.ts";
import type { Placement } from "../core/plan/placements.ts";
import { makePlan } from "../core/plan/plan.ts";
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

/** Machines that a tick launches in one place. */
export interface Granted {
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

	constructor({ pools, caps }: LaunchPlan) {
		this.#pools = pools;
		this.#caps = new CapTracker(caps);
	}

	/** Reduces a count of requests by what runs, phase by phase, and launches what is left. */
	launch(pool: number, count: number, supply: Supply, heuristics: Heuristics): readonly Granted[] {
		const granted: Granted[] = [];
		let unmet = count;
		for (const [index, phase] of (this.#pools[pool] ?? []).entries()) {
			const lifecycle: Lifecycle = phase.lifecycle;
			const { need } = reduceByLifecycle({ count: unmet, supply, lifecycle, fellThrough: index > 0, heuristics });
			unmet = need === 0 ? 0 : this.#place(phase, need, granted);
			if (unmet === 0) break;
		}
		return granted;
	}

	/** A machine has ended. */
	release({ caps }: Placement): void {
		this.#caps.settle(
			caps.filter((key) => key !== tickCap),
			1,
			0,
		);
	}

	/** Launches no longer count against `max-launches`. */
	forget(launches: number): void {
		this.#caps.settle([tickCap], launches, 0);
	}

	/** @returns how many could not be placed */
	#place(phase: Phase, need: number, granted: Granted[]): number {
		const shares = sharesOf(phase, need);
		let unmet = 0;
		for (const share of shares) unmet += this.#fill(share.placements, share.remaining, granted);
		// What one region can't give moves to the others.
		for (const share of shares) unmet = unmet === 0 ? 0 : this.#fill(share.placements, unmet, granted);
		return unmet;
	}

	#fill(placements: readonly Placement[], wanted: number, granted: Granted[]): number {
		let left = wanted;
		for (const placement of placements) {
			if (left === 0) break;
			const count = this.#caps.available(placement.caps, left);
			if (count === 0) continue;
			this.#caps.reserve(placement.caps, count);
			granted.push({ placement, count });
			left -= count;
		}
		return left;
	}
}
