/**
 * Every cap on what a tick may launch, in one place. A cap is a key and a headroom. A placement lists the keys of the caps
 * that a launch there counts against, and nothing is launched without a reservation.
 */

import { type Pool, poolKey } from "../demand/pool.ts";
import type { Instance, Subnet } from "../model/facts.ts";
import type { Lifecycle, Limits, MozType, Policy, Region, TypeConfig } from "../model/policy.ts";
import { type AccountRegion, describeAccount, isAccountOf } from "../supply/accounts.ts";
import { isLive } from "../supply/supply.ts";

/** Which kind of cap it is; a reason code of the report. */
export type CapCode =
	| "cap-global"
	| "cap-region"
	| "cap-tick"
	| "cap-cost"
	| "died-young"
	| "image-share"
	| "no-address"
	| "no-name";

export interface Cap {
	readonly code: CapCode;
	/** A description for the report, for example `spot limit of 50 in us-west-2 (50 live)`. */
	readonly label: string;
	/** Instances that may still be launched, or for an amount that other caps draw on, what is left; at least 0. */
	readonly headroom: number;
	/** The cap whose amount each instance draws on, and how much; for machines of different cost under one ceiling. */
	readonly draws?: { readonly from: string; readonly each: number };
}

/** Caps by key. */
export type Caps = Readonly<Record<string, Cap>>;

export const tickCap = "tick";
export const globalCap = (lifecycle: Lifecycle, mozType: MozType) => `${lifecycle}/global/${mozType}`;
export const regionCap = (lifecycle: Lifecycle, region: Region, mozType: MozType) =>
	`${lifecycle}/${region}/${mozType}`;
export const subnetCap = (subnetId: string) => `subnet/${subnetId}`;
export const nameCap = (pool: string) => `name/${pool}`;
export const probeCap = (site: string) => `probe/${site}`;
export const imageCap = (pool: string, image: "newest" | "previous") => `image/${image}/${pool}`;

/** The limits of one lifecycle. */
export function limitsOf(policy: Policy, lifecycle: Lifecycle): Limits {
	return lifecycle === "spot" ? policy.spotLimits : policy.onDemandLimits;
}

/**
 * The caps that the configuration and `max-launches` set, less what is live. A region in which the instances of the
 * type's account could not be read counts against a global limit with all that its limits allow there, since as many may
 * run.
 */
export function configuredCaps(args: {
	readonly policy: Policy;
	readonly mozTypes: readonly MozType[];
	readonly instances: readonly Instance[];
	/** Accounts whose instances could not be read. */
	readonly unseen: readonly AccountRegion[];
	readonly maxLaunches: number;
}): Caps {
	const { policy, maxLaunches } = args;
	const live = Map.groupBy(args.instances.filter(isLive), ({ lifecycle, mozType }) => `${lifecycle} ${mozType}`);
	const byType = args.mozTypes.flatMap((mozType) =>
		(["spot", "on-demand"] as const).flatMap((lifecycle) => {
			const instances = live.get(`${lifecycle} ${mozType}`) ?? [];
			const { regions } = { ...policy.types[mozType] };
			const unseen = args.unseen.filter(
				(account) => regions?.[account.region] !== undefined && isAccountOf(policy, mozType, account),
			);
			const limits = limitsOf(policy, lifecycle);
			return [
				...regionCaps(lifecycle, mozType, limits, instances),
				...globalCaps(lifecycle, mozType, limits, instances, unseen),
			];
		}),
	);
	return Object.fromEntries([
		[tickCap, { code: "cap-tick", label: `max-launches of ${maxLaunches}`, headroom: maxLaunches }],
		...byType,
	]);
}

type CapEntry = readonly [key: string, cap: Cap];

function regionCaps(
	lifecycle: Lifecycle,
	mozType: MozType,
	{ regions }: Limits,
	live: readonly Instance[],
): readonly CapEntry[] {
	return Object.entries(regions).flatMap(([region, byType]): readonly CapEntry[] => {
		const limit = byType[mozType];
		if (limit === undefined) return [];
		const here = live.filter((instance) => instance.region === region).length;
		const label = `${lifecycle} limit of ${limit} in ${region} (${here} live)`;
		const headroom = Math.max(0, limit - here);
		return [[regionCap(lifecycle, region, mozType), { code: "cap-region", label, headroom }]];
	});
}

function globalCaps(
	lifecycle: Lifecycle,
	mozType: MozType,
	{ global, regions }: Limits,
	live: readonly Instance[],
	unseen: readonly AccountRegion[],
): readonly CapEntry[] {
	const limit = global[mozType];
	if (limit === undefined) return [];
	// Without a limit of its own, a region is not used for spot, and may have all on-demand instances.
	const unlimited = lifecycle === "spot" ? 0 : limit;
	const possible = unseen.reduce((sum, { region }) => sum + (regions[region]?.[mozType] ?? unlimited), 0);
	const where = unseen.map(describeAccount).join(", ");
	const maybe = possible === 0 ? "" : `, up to ${possible} in ${where}, which could not be read`;
	const label = `global ${lifecycle} limit of ${limit} (${live.length} live${maybe})`;
	const headroom = Math.max(0, limit - live.length - possible);
	return [[globalCap(lifecycle, mozType), { code: "cap-global", label, headroom }]];
}

export function addressCaps(subnets: readonly Subnet[]): Caps {
	return Object.fromEntries(
		subnets.map(({ subnetId, availabilityZone, freeAddresses }) => {
			const label = `${freeAddresses} free addresses in ${subnetId} (${availabilityZone})`;
			return [subnetCap(subnetId), { code: "no-address", label, headroom: freeAddresses }];
		}),
	);
}

/** The cap of a pool with `count` free names. */
export function nameCaps(pool: Pool, type: TypeConfig, count: number): Caps {
	const source =
		pool.slaveset !== null
			? "in the slaveset"
			: type.names !== null
				? "in the type's list"
				: `matching ${type.hostname}`;
	return { [nameCap(poolKey(pool))]: { code: "no-name", label: `${count} free names ${source}`, headroom: count } };
}

/** The caps that split a pool's new instances over the newest image and the one before it. */
export function imageCaps(pool: Pool, counts: Readonly<Record<"newest" | "previous", number>>): Caps {
	const key = poolKey(pool);
	return Object.fromEntries(
		(["newest", "previous"] as const).map((image) => {
			const headroom = counts[image];
			return [imageCap(key, image), { code: "image-share", label: `${headroom} on the ${image} image`, headroom }];
		}),
	);
}

/** Tracks the headroom of each cap while requests are in flight. */
export class CapTracker {
	readonly #caps: Caps;
	readonly #left: Map<string, number>;
	readonly #reserved = new Map<string, number>();
	/** Keys of caps by the key of the amount that they draw on, which may be their own. */
	readonly #drawing: ReadonlyMap<string, readonly string[]>;

	/**
	 * @param left instances that may still be launched, by key
	 * @param drawing of another tracker of the same caps
	 */
	constructor(
		caps: Caps,
		left = Object.entries(caps).map(([key, { headroom }]) => [key, headroom] as const),
		drawing?: ReadonlyMap<string, readonly string[]>,
	) {
		this.#caps = caps;
		this.#left = new Map(left);
		this.#drawing = drawing ?? Map.groupBy(Object.keys(caps), (key) => this.#sourceOf(key).from);
	}

	/** These keys, and those of all caps that draw on the same amounts: a change under one changes the others. */
	sharing(keys: readonly string[]): readonly string[] {
		return [...new Set(keys.flatMap((key) => [key, ...(this.#drawing.get(this.#sourceOf(key).from) ?? [])]))];
	}

	/** How many of `wanted` instances all of `keys` allow now. */
	available(keys: readonly string[], wanted: number): number {
		return keys.reduce((least, key) => Math.min(least, this.#leftUnder(key)), wanted);
	}

	/** Reserves `count` for a request. */
	reserve(keys: readonly string[], count: number): void {
		if (this.available(keys, count) < count) throw new RangeError(`no room for ${count} under ${keys.join(", ")}`);
		this.#change(keys, count, -count);
	}

	/** Ends a reservation of `reserved` instances, of which `launched` remain counted. */
	settle(keys: readonly string[], reserved: number, launched: number): void {
		this.#change(keys, -reserved, reserved - launched);
	}

	/** The exhausted caps of `keys`, in their order. */
	exhausted(keys: readonly string[]): readonly (Cap & { readonly key: string })[] {
		return keys.flatMap((key) => {
			const cap = this.#caps[key];
			return cap !== undefined && this.#leftUnder(key) === 0 ? [{ ...cap, key }] : [];
		});
	}

	/** Whether every exhausted cap of `keys` may get headroom back from requests in flight. */
	mayFree(keys: readonly string[]): boolean {
		return keys
			.filter((key) => this.#leftUnder(key) === 0)
			.every((key) => (this.#reserved.get(this.#sourceOf(key).from) ?? 0) > 0);
	}

	/** Whether no room is left under a cap, and none can come back. */
	isUsedUp(key: string): boolean {
		return this.#leftUnder(key) === 0 && !this.mayFree([key]);
	}

	/** A copy of some caps that can be drawn on without effect on this one. */
	copy(keys: readonly string[]): CapTracker {
		return new CapTracker(
			this.#caps,
			keys.map((key) => this.#sourceOf(key).from).map((key) => [key, this.#leftUnder(key)] as const),
			this.#drawing,
		);
	}

	#change(keys: readonly string[], reserved: number, left: number): void {
		for (const { from, each } of keys.map((key) => this.#sourceOf(key))) {
			this.#left.set(from, this.#leftUnder(from) + left * each);
			this.#reserved.set(from, (this.#reserved.get(from) ?? 0) + reserved);
		}
	}

	#leftUnder(key: string): number {
		const { from, each } = this.#sourceOf(key);
		const left = this.#left.get(from);
		// A key without a cap is a bug, never "no limit".
		if (left === undefined) throw new RangeError(`no cap has the key ${key}`);
		return Math.floor(left / each);
	}

	/** Where the instances under a cap are counted, and how much each counts. */
	#sourceOf(key: string): { readonly from: string; readonly each: number } {
		return this.#caps[key]?.draws ?? { from: key, each: 1 };
	}
}
