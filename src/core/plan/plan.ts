/**
 * The decision of one tick as plain, frozen data that survives a JSON round trip. Dry run, launch, summary, and report
 * all read this one value.
 */

import type { Demand } from "../demand/demand.ts";
import type { Pool } from "../demand/pool.ts";
import type { Instance, RegionFacts } from "../model/facts.ts";
import { deepFreeze } from "../model/freeze.ts";
import type { Heuristics, Lifecycle, MozType, Policy, Region, Spread } from "../model/policy.ts";
import {
	compareAccounts,
	distinctInstances,
	isAccountOf,
	knownMachines,
	type UnreadAccount,
} from "../supply/accounts.ts";
import { type DeadlySite, deadlySites } from "../supply/deaths.ts";
import { type Reduction, reduceByLifecycle } from "../supply/heuristic.ts";
import { countSupply, ServingInstances, type Supply } from "../supply/supply.ts";
import { type Adoption, adopt } from "./adoption.ts";
import { Brake, typesThatDieEverywhere } from "./brake.ts";
import { addressCaps, type Caps, configuredCaps, imageCaps, nameCaps } from "./caps.ts";
import { costCaps } from "./cost.ts";
import { splitByImage } from "./images.ts";
import { FreeNames } from "./names.ts";
import { planOnDemand } from "./on-demand.ts";
import type { Phase } from "./phase.ts";
import { type PhaseInput, regionsFor, skipMissingSubnets, skipUnread } from "./placements.ts";
import { RegionIndex } from "./region-index.ts";
import { planSpot } from "./spot.ts";
import { type SpotPool, spotPools } from "./spot-pools.ts";

export interface PlannedPool {
	readonly pool: Pool;
	readonly pending: number;
	/** Seconds since 1970, UTC. */
	readonly oldestSubmittedAt: number;
	readonly supply: Supply;
	/** The heuristic of the first phase. */
	readonly reduction: Reduction;
	/** Spot, if the type has spot rules, then on-demand. */
	readonly phases: readonly Phase[];
	/** Free names in the order in which instances get them; null: the type's instances have none. */
	readonly names: readonly string[] | null;
}

export interface Plan {
	/** Seconds since 1970, UTC. */
	readonly now: number;
	/** Regions that could be read. */
	readonly regions: readonly Region[];
	readonly heuristics: Heuristics;
	readonly pools: readonly PlannedPool[];
	readonly caps: Caps;
	/** Of the types in demand. */
	readonly spotPools: readonly SpotPool[];
	/** Those types in demand whose spot machines are spread. */
	readonly spread: Readonly<Record<MozType, Spread>>;
	/** Unnamed instances that get a name. */
	readonly adoptions: readonly Adoption[];
	/** Where instances die young. */
	readonly deadly: {
		readonly sites: readonly DeadlySite[];
		/** Types in need whose every placement is such a site. */
		readonly everywhere: readonly MozType[];
	};
}

/** What a plan is made from. */
export interface PlanInput {
	readonly demand: readonly Demand[];
	readonly policy: Policy;
	/** Facts of the accounts in the regions in use, in any order. */
	readonly facts: readonly RegionFacts[];
	/** Those that could not be read. */
	readonly unread: readonly UnreadAccount[];
	/** Names of all jacuzzis. */
	readonly allocated: ReadonlySet<string>;
	/** Names of workers that are connected to a master. */
	readonly connected: ReadonlySet<string>;
	/** 0 to 100. */
	readonly latestAmiPercentage: number;
	readonly maxLaunches: number;
	/** USD per hour that live and new machines may cost; null: no ceiling. */
	readonly maxHourlyCost: number | null;
	/** Seconds since 1970, UTC. */
	readonly now: number;
}

/** Decides what to launch. The same facts give the same plan, whatever their order. */
export function makePlan(input: PlanInput): Plan {
	const { policy, now, allocated } = input;
	const facts = input.facts.toSorted(compareAccounts);
	const unread = input.unread.toSorted(compareAccounts);
	const instances = distinctInstances(knownMachines(facts, unread), policy);
	const names = new FreeNames([...instances.flatMap(({ name }) => name ?? []), ...input.connected], allocated);
	const mozTypes = [...new Set(input.demand.map(({ pool }) => pool.mozType))];
	const adoptions = adopt({ instances, mozTypes, policy, names, now });
	const sites = deadlySites(facts, policy, now);
	const context: PlanContext = {
		input: { ...input, unread },
		accounts: facts.map((one) => new RegionIndex(one)),
		serving: new ServingInstances(instances, allocated),
		names,
		brake: new Brake(sites),
	};
	const planned = input.demand.map((demand) => planPool(demand, context));
	const unseen = unread.filter((account) => account.machines === null);
	const caps: Caps = {
		...configuredCaps({ policy, mozTypes, instances, unseen, maxLaunches: input.maxLaunches }),
		...addressCaps(facts.flatMap(({ subnets }) => subnets)),
		...context.brake.caps,
		...costCaps({
			...{ policy, maxHourlyCost: input.maxHourlyCost, instances, unseen, accounts: context.accounts },
			placements: planned.flatMap(({ pool: { pool, phases } }) =>
				phases.flatMap(({ shares }) =>
					shares.flatMap(({ placements }) => placements.map((placement) => ({ mozType: pool.mozType, placement }))),
				),
			),
		}),
		...Object.fromEntries(planned.flatMap(({ caps }) => Object.entries(caps))),
	};
	const regions = [...new Set(facts.map(({ region }) => region))];
	const pools = planned.map(({ pool }) => pool);
	const deadly = { sites, everywhere: typesThatDieEverywhere(pools) };
	return deepFreeze({
		...{ now, regions, heuristics: policy.heuristics, pools, caps, adoptions, deadly },
		spread: Object.fromEntries(Object.entries(policy.spotSpread).filter(([mozType]) => mozTypes.includes(mozType))),
		spotPools: spotPools({ policy, mozTypes, instances, accounts: context.accounts, now }),
	});
}

/** What the pools of a plan are planned from. */
interface PlanContext {
	readonly input: PlanInput;
	readonly accounts: readonly RegionIndex[];
	readonly serving: ServingInstances;
	readonly names: FreeNames;
	readonly brake: Brake;
}

/** Plans one pool; returns it with the caps that are its own. */
function planPool(demand: Demand, context: PlanContext): { readonly pool: PlannedPool; readonly caps: Caps } {
	const { policy, now, latestAmiPercentage, unread } = context.input;
	const { heuristics } = policy;
	const { pool, pending, oldestSubmittedAt } = demand;
	const { mozType } = pool;
	const type = policy.types[mozType];
	if (type === undefined) throw new RangeError(`the configuration has no type ${mozType}`);
	const serving = context.serving.of(pool);
	const supply = countSupply({ pool, serving, heuristics, now });
	const hasSpot = (policy.spotRules[mozType] ?? []).length > 0;
	const lifecycle: Lifecycle = hasSpot ? "spot" : "on-demand";
	const reduction = reduceByLifecycle({ count: pending, supply, lifecycle, fellThrough: false, heuristics });
	const names = context.names.take(pool, type, reduction.need);
	const accounts = context.accounts.filter((account) => isAccountOf(policy, mozType, account));
	const onImages = splitByImage(reduction.need, latestAmiPercentage, countByImage(serving, mozType, accounts));
	const ownCaps = names === null ? {} : nameCaps(pool, type, names.length);
	const phaseInput: PhaseInput = {
		policy,
		type,
		regions: regionsFor({ pool, type, accounts, latestAmiPercentage }),
		skipped: [...skipUnread(unread, policy, type), ...skipMissingSubnets(accounts, type)],
		poolCaps: Object.keys(ownCaps),
		brake: context.brake,
		maxHourlyCost: context.input.maxHourlyCost,
		now,
	};
	const phases = [...(hasSpot ? [planSpot(phaseInput)] : []), planOnDemand(phaseInput)];
	return {
		pool: { pool, pending, oldestSubmittedAt, supply, reduction, phases, names },
		caps: { ...ownCaps, ...imageCaps(pool, onImages) },
	};
}

/** How many of a pool's instances run, and how many of them on the newest image of their region, if it is known. */
function countByImage(
	serving: readonly Instance[],
	mozType: MozType,
	accounts: readonly RegionIndex[],
): { readonly all: number; readonly newest: number } {
	const newest = new Map(accounts.map((account) => [account.region, account.images(mozType)[0]?.imageId]));
	const comparable = serving.filter(({ region }) => newest.has(region));
	return {
		all: comparable.length,
		newest: comparable.filter(({ region, imageId }) => newest.get(region) === imageId).length,
	};
}
