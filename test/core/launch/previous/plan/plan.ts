/**
 * The decision of one tick as plain, frozen data that survives a JSON round trip. Dry run, launching, summary and report
 * all read this one value.
 */

import type { Demand } from "../../../../../src/core/demand/demand.ts";
import { compareText, type Pool, poolKey } from "../../../../../src/core/demand/pool.ts";
import type { Image, Instance, RegionFacts, Subnet } from "../../../../../src/core/model/facts.ts";
import { deepFreeze } from "../../../../../src/core/model/freeze.ts";
import type {
	Heuristics,
	Lifecycle,
	MozType,
	Policy,
	Region,
	TypeConfig,
} from "../../../../../src/core/model/policy.ts";
import { type AccountRegion, describeAccount, distinctInstances, isAccountOf } from "../supply/accounts.ts";
import { type Reduction, reduceByLifecycle } from "../supply/heuristic.ts";
import { countSupply, type Supply, serves } from "../supply/supply.ts";
import { type Adoption, adopt } from "./adoption.ts";
import {
	type Cap,
	type Caps,
	configuredCaps,
	globalCap,
	imageCap,
	limitsOf,
	nameCap,
	regionCap,
	subnetCap,
	tickCap,
} from "./caps.ts";
import { launchDevices } from "./devices.ts";
import { newestFirst, splitByImage } from "./images.ts";
import { namesFor } from "./names.ts";
import type { Placement, SkippedPlacement } from "./placement.ts";
import { byPriority } from "./regions.ts";
import { chooseSpot } from "./spot.ts";
import { orderSubnets } from "./subnets.ts";

/** Attempts that are made one after another. */
export interface RegionShare {
	/** Share of the phase's count that starts here, relative to the other shares. */
	readonly weight: number;
	readonly placements: readonly Placement[];
}

/** One lifecycle's part of a pool's launching. */
export interface Phase {
	readonly lifecycle: Lifecycle;
	/** Whether the configuration lets nothing of this lifecycle be launched for the type. */
	readonly disabled: boolean;
	/** Spot: one lane over all regions; on-demand: one per region, by priority. */
	readonly shares: readonly RegionShare[];
	readonly skipped: readonly SkippedPlacement[];
}

export interface PlannedPool {
	readonly pool: Pool;
	readonly pending: number;
	/** Seconds since 1970, UTC. */
	readonly oldestSubmittedAt: number;
	readonly supply: Supply;
	/** The heuristic where demand starts. */
	readonly reduction: Reduction;
	/** Spot, where the type has spot rules, then on-demand. */
	readonly phases: readonly Phase[];
	/** Free names in the order in which they are given out; null: the type's instances have none. */
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
	/** Machines to name before anything is launched. */
	readonly adoptions: readonly Adoption[];
}

/** What a plan is made from. */
export interface PlanInput {
	readonly demand: readonly Demand[];
	readonly policy: Policy;
	/** What the accounts of the regions in use answered, in any order. */
	readonly facts: readonly RegionFacts[];
	/** Those that could not be read. */
	readonly unread: readonly AccountRegion[];
	/** Names of all jacuzzis. */
	readonly allocated: ReadonlySet<string>;
	/** Names of workers that are at work already. */
	readonly connected: ReadonlySet<string>;
	/** 0 to 100. */
	readonly latestAmiPercentage: number;
	readonly maxLaunches: number;
	/** Seconds since 1970, UTC. */
	readonly now: number;
}

/** Decides, without launching anything. The same facts give the same plan, in whatever order they come. */
export function makePlan(input: PlanInput): Plan {
	const { policy, now } = input;
	const facts = input.facts.toSorted(compareAccounts);
	const instances = distinctInstances(facts, policy);
	const taken = new Set([...instances.flatMap(({ name }) => name ?? []), ...input.connected]);
	const mozTypes = [...new Set(input.demand.map(({ pool }) => pool.mozType))];
	const { allocated } = input;
	const adoptions = adopt({ instances, mozTypes, policy, taken, allocated, now });
	const caps: Record<string, Cap> = {
		...configuredCaps({
			policy,
			mozTypes,
			instances,
			unread: input.unread.toSorted(compareAccounts),
			maxLaunches: input.maxLaunches,
		}),
	};
	for (const subnet of facts.flatMap((region) => region.subnets)) {
		caps[subnetCap(subnet.subnetId)] = {
			code: "no-address",
			label: `${subnet.freeAddresses} free addresses in ${subnet.subnetId} (${subnet.availabilityZone})`,
			headroom: subnet.freeAddresses,
		};
	}
	const pools = input.demand.map((demand) => planPool({ ...input, facts }, demand, instances, caps, taken));
	const regions = [...new Set(facts.map(({ region }) => region))];
	return deepFreeze({ now, regions, heuristics: policy.heuristics, pools, caps, adoptions });
}

function compareAccounts(a: AccountRegion, b: AccountRegion): number {
	return compareText(a.region, b.region) || compareText(a.role ?? "", b.role ?? "");
}

/** Plans one pool; adds the ceilings that are its own to `caps` and the names it may use to `taken`. */
function planPool(
	input: PlanInput,
	demand: Demand,
	instances: readonly Instance[],
	caps: Record<string, Cap>,
	taken: Set<string>,
): PlannedPool {
	const { policy, now } = input;
	const { pool, pending, oldestSubmittedAt } = demand;
	const key = poolKey(pool);
	const type = policy.types[pool.mozType];
	if (type === undefined) throw new RangeError(`the configuration has no type ${pool.mozType}`);
	const supply = countSupply({ pool, instances, allocated: input.allocated, heuristics: policy.heuristics, now });
	const hasSpot = (policy.spotRules[pool.mozType] ?? []).length > 0;
	const lifecycle: Lifecycle = hasSpot ? "spot" : "on-demand";
	const reduction = reduceByLifecycle({
		count: pending,
		supply,
		lifecycle,
		fellThrough: false,
		heuristics: policy.heuristics,
	});
	const names = namesFor(pool, type, taken, input.allocated, reduction.need);
	if (names !== null) {
		for (const name of names) taken.add(name);
		caps[nameCap(key)] = {
			code: "no-name",
			label: `${names.length} free names ${pool.slaveset !== null ? "in the slaveset" : type.hostname === null ? "in its list" : `of the form ${type.hostname}`}`,
			headroom: names.length,
		};
	}
	const images = splitByImage(reduction.need, input.latestAmiPercentage, runningByImage(input, pool, instances));
	for (const image of ["newest", "previous"] as const) {
		caps[imageCap(key, image)] = {
			code: "image-share",
			label: `${images[image]} on the ${image} image`,
			headroom: images[image],
		};
	}
	const poolCaps = names === null ? [] : [nameCap(key)];
	const places = regionsOfType(input, type);
	const phases = [
		...(hasSpot ? [planSpot(input, pool, type, places, poolCaps)] : []),
		planOnDemand(input, pool, type, places, poolCaps),
	];
	return { pool, pending, oldestSubmittedAt, supply, reduction, phases, names };
}

/** How many of a pool's instances run, and how many of them on the newest image of their region. */
function runningByImage(
	input: PlanInput,
	pool: Pool,
	instances: readonly Instance[],
): { readonly all: number; readonly newest: number } {
	const newest = new Map(
		placesOf(input, pool.mozType).map(({ region, images }) => [region, newestFirst(images, pool.mozType)[0]]),
	);
	const serving = instances.filter((instance) => serves(instance, pool, input.allocated));
	return {
		all: serving.length,
		newest: serving.filter(({ region, imageId }) => newest.get(region)?.imageId === imageId).length,
	};
}

/** What the type's account answered, in each region. */
function placesOf({ facts, policy }: PlanInput, mozType: MozType): readonly RegionFacts[] {
	return facts.filter((some) => isAccountOf(policy, mozType, some));
}

/** A region that the type can be launched in, with its usable subnets, best first. */
interface Place {
	readonly facts: RegionFacts;
	readonly subnets: readonly Subnet[];
}

function regionsOfType(input: PlanInput, type: TypeConfig): readonly Place[] {
	return placesOf(input, type.mozType).flatMap((facts) => {
		const region = type.regions[facts.region];
		return region === undefined ? [] : [{ facts, subnets: orderSubnets(facts.subnets, region.subnetIds) }];
	});
}

function planSpot(
	input: PlanInput,
	pool: Pool,
	type: TypeConfig,
	places: readonly Place[],
	poolCaps: readonly string[],
): Phase {
	const { mozType } = pool;
	const limits = limitsOf(input.policy, "spot");
	const limited = places.filter(({ facts }) => limits.regions[facts.region]?.[mozType] !== undefined);
	const { choices, rejections } = chooseSpot({
		rules: input.policy.spotRules[mozType] ?? [],
		regions: limited.map(({ facts, subnets }) => ({
			facts,
			zones: subnets.map((subnet) => subnet.availabilityZone),
		})),
		now: input.now,
	});
	const shared = [tickCap, ...(limits.global[mozType] === undefined ? [] : [globalCap("spot", mozType)]), ...poolCaps];
	const placements = choices.flatMap(({ rule, region, availabilityZone, price }) =>
		limited
			.filter(({ facts }) => facts.region === region)
			.flatMap(({ facts, subnets }) =>
				subnets
					.filter((subnet) => subnet.availabilityZone === availabilityZone)
					.flatMap((subnet) =>
						imagesOf(input, pool, type, facts).map(({ imageId, devices, caps }) => ({
							lifecycle: "spot" as const,
							region,
							role: facts.role,
							availabilityZone,
							subnetId: subnet.subnetId,
							instanceType: rule.instanceType,
							imageId,
							devices,
							maxPrice: rule.bidPrice,
							spotPrice: price,
							caps: [...shared, regionCap("spot", region, mozType), subnetCap(subnet.subnetId), ...caps],
						})),
					),
			),
	);
	const unlimited = places.filter((place) => !limited.includes(place));
	return {
		lifecycle: "spot",
		disabled: false,
		shares: [{ weight: 1, placements }],
		skipped: [
			...unreadAccounts(input, type),
			...rejections.map(({ code, message }) => ({ code, message })),
			...unlimited.map(({ facts }) => ({
				code: "cap-region" as const,
				message: `no spot limit is set for ${mozType} in ${facts.region}, so none is launched there`,
			})),
		],
	};
}

function planOnDemand(
	input: PlanInput,
	pool: Pool,
	type: TypeConfig,
	places: readonly Place[],
	poolCaps: readonly string[],
): Phase {
	const { mozType } = pool;
	const { policy } = input;
	const limits = limitsOf(policy, "on-demand");
	const global = limits.global[mozType];
	if (global === undefined) {
		const message = `no global on-demand limit is set for ${mozType}, so none is launched on-demand`;
		return { lifecycle: "on-demand", disabled: true, shares: [], skipped: [{ code: "no-rules", message }] };
	}
	const regions = byPriority(
		places.map(({ facts }) => facts.region),
		policy.regionPriorities,
	);
	const shares = regions.map((region) => ({
		weight: policy.regionPriorities[region] ?? 0,
		placements: places
			.filter(({ facts }) => facts.region === region)
			.flatMap(({ facts, subnets }) =>
				subnets.flatMap((subnet) =>
					imagesOf(input, pool, type, facts).map(({ imageId, devices, caps }) => ({
						lifecycle: "on-demand" as const,
						region,
						role: facts.role,
						availabilityZone: subnet.availabilityZone,
						subnetId: subnet.subnetId,
						instanceType: type.regions[region]?.instanceType ?? "",
						imageId,
						devices,
						maxPrice: null,
						spotPrice: null,
						caps: [
							tickCap,
							globalCap("on-demand", mozType),
							...poolCaps,
							...(limits.regions[region]?.[mozType] === undefined ? [] : [regionCap("on-demand", region, mozType)]),
							subnetCap(subnet.subnetId),
							...caps,
						],
					})),
				),
			),
	}));
	return { lifecycle: "on-demand", disabled: global === 0, shares, skipped: unreadAccounts(input, type) };
}

/** The images of a type in a region: the newest and the one before it, each with its share, or the one there is. */
function imagesOf(
	input: PlanInput,
	pool: Pool,
	type: TypeConfig,
	facts: RegionFacts,
): readonly Pick<Placement, "imageId" | "devices" | "caps">[] {
	const { ami = "", deviceMap = [] } = type.regions[facts.region] ?? {};
	const [newest, previous] = newestFirst(facts.images, pool.mozType);
	if (newest === undefined) return [{ imageId: ami, devices: launchDevices(deviceMap, null), caps: [] }];
	const on = ({ imageId, devices }: Image, caps: readonly string[]) => ({
		imageId,
		devices: launchDevices(deviceMap, devices),
		caps,
	});
	if (previous === undefined || input.latestAmiPercentage === 100) return [on(newest, [])];
	const key = poolKey(pool);
	return [on(newest, [imageCap(key, "newest")]), on(previous, [imageCap(key, "previous")])];
}

function unreadAccounts(input: PlanInput, type: TypeConfig): readonly SkippedPlacement[] {
	return input.unread
		.filter((one) => type.regions[one.region] !== undefined && isAccountOf(input.policy, type.mozType, one))
		.toSorted(compareAccounts)
		.map((one) => ({ code: "error", message: `${describeAccount(one)} could not be read` }));
}
