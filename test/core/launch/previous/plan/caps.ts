/**
 * Every ceiling on what a tick may launch, in one place. A ceiling is a key and a headroom; an attempt names the keys it
 * draws on, and nothing is launched that the ledger did not grant.
 */

import type { Instance } from "../../../../../src/core/model/facts.ts";
import type { Lifecycle, Limits, MozType, Policy, Region } from "../../../../../src/core/model/policy.ts";
import { type AccountRegion, describeAccount, isAccountOf } from "../supply/accounts.ts";
import { isLive } from "../supply/supply.ts";

/** Why a ceiling holds; a reason code of the report. */
export type CapCode = "cap-global" | "cap-region" | "cap-tick" | "image-share" | "no-address" | "no-name";

export interface Cap {
	readonly code: CapCode;
	/** Plain words for the report, such as `spot limit of 50 in us-west-2 (50 live)`. */
	readonly label: string;
	/** Instances that may still be launched; 0 or more. */
	readonly headroom: number;
}

/** Ceilings by key. */
export type Caps = Readonly<Record<string, Cap>>;

export const tickCap = "tick";
export const globalCap = (lifecycle: Lifecycle, mozType: MozType) => `${lifecycle}/global/${mozType}`;
export const regionCap = (lifecycle: Lifecycle, region: Region, mozType: MozType) =>
	`${lifecycle}/${region}/${mozType}`;
export const subnetCap = (subnetId: string) => `subnet/${subnetId}`;
export const nameCap = (pool: string) => `name/${pool}`;
export const imageCap = (pool: string, image: "newest" | "previous") => `image/${image}/${pool}`;

/** The limits of one lifecycle. */
export function limitsOf(policy: Policy, lifecycle: Lifecycle): Limits {
	return lifecycle === "spot" ? policy.spotLimits : policy.onDemandLimits;
}

/**
 * The ceilings that the configuration and `max-launches` set, less what is live. A region of which the type's account
 * could not be read counts against a global limit with its whole regional limit: what may live there is not taken for
 * none.
 */
export function configuredCaps(args: {
	readonly policy: Policy;
	readonly mozTypes: readonly MozType[];
	readonly instances: readonly Instance[];
	readonly unread: readonly AccountRegion[];
	readonly maxLaunches: number;
}): Caps {
	const caps: Record<string, Cap> = {
		[tickCap]: {
			code: "cap-tick",
			label: `max-launches of ${args.maxLaunches}`,
			headroom: args.maxLaunches,
		},
	};
	for (const lifecycle of ["spot", "on-demand"] as const) {
		const limits = limitsOf(args.policy, lifecycle);
		for (const mozType of args.mozTypes) {
			const live = args.instances.filter(
				(instance) => isLive(instance) && instance.mozType === mozType && instance.lifecycle === lifecycle,
			);
			for (const [region, byType] of Object.entries(limits.regions)) {
				const limit = byType[mozType];
				if (limit === undefined) continue;
				const here = live.filter((instance) => instance.region === region).length;
				caps[regionCap(lifecycle, region, mozType)] = {
					code: "cap-region",
					label: `${lifecycle} limit of ${limit} in ${region} (${here} live)`,
					headroom: Math.max(0, limit - here),
				};
			}
			const limit = limits.global[mozType];
			if (limit === undefined) continue;
			const unreadOnes = args.unread.filter((one) => isAccountOf(args.policy, mozType, one));
			const unread = unreadOnes.reduce((sum, { region }) => sum + (limits.regions[region]?.[mozType] ?? 0), 0);
			const where = unreadOnes.map(describeAccount).join(", ");
			const maybe = unread === 0 ? "" : `, up to ${unread} in ${where}, which cannot be read`;
			caps[globalCap(lifecycle, mozType)] = {
				code: "cap-global",
				label: `global ${lifecycle} limit of ${limit} (${live.length} live${maybe})`,
				headroom: Math.max(0, limit - live.length - unread),
			};
		}
	}
	return caps;
}

/** Keeps count of what is left under each ceiling while orders are placed. */
export class CapTracker {
	readonly #caps: Caps;
	readonly #left = new Map<string, number>();
	readonly #reserved = new Map<string, number>();

	constructor(caps: Caps) {
		this.#caps = caps;
		for (const [key, cap] of Object.entries(caps)) this.#left.set(key, cap.headroom);
	}

	/** How many of `wanted` may be launched now under all of `keys`. */
	available(keys: readonly string[], wanted: number): number {
		return keys.reduce((least, key) => Math.min(least, this.#leftUnder(key)), wanted);
	}

	/** Sets `count` aside for an order that is being placed. */
	reserve(keys: readonly string[], count: number): void {
		if (this.available(keys, count) < count) throw new RangeError(`no room for ${count} under ${keys.join(", ")}`);
		for (const key of keys) {
			this.#left.set(key, this.#leftUnder(key) - count);
			this.#reserved.set(key, (this.#reserved.get(key) ?? 0) + count);
		}
	}

	/** Ends a reservation of `reserved`, of which `launched` are used for good. */
	settle(keys: readonly string[], reserved: number, launched: number): void {
		for (const key of keys) {
			this.#left.set(key, this.#leftUnder(key) + reserved - launched);
			this.#reserved.set(key, (this.#reserved.get(key) ?? 0) - reserved);
		}
	}

	/** The first exhausted ceiling of `keys`, if any. */
	exhausted(keys: readonly string[]): (Cap & { readonly key: string }) | null {
		const key = keys.find((candidate) => this.#leftUnder(candidate) === 0);
		const cap = key === undefined ? undefined : this.#caps[key];
		return key === undefined || cap === undefined ? null : { ...cap, key };
	}

	/** Whether room under an exhausted ceiling of `keys` may come back, since orders that hold it are under way. */
	mayFree(keys: readonly string[]): boolean {
		return keys.filter((key) => this.#leftUnder(key) === 0).every((key) => (this.#reserved.get(key) ?? 0) > 0);
	}

	/** A copy that can be drawn on without effect on this one. */
	copy(): CapTracker {
		const copy = new CapTracker(this.#caps);
		for (const [key, left] of this.#left) copy.#left.set(key, left);
		return copy;
	}

	#leftUnder(key: string): number {
		const left = this.#left.get(key);
		// A key without a ceiling is a mistake of ours, never "no limit".
		if (left === undefined) throw new RangeError(`no ceiling is known as ${key}`);
		return left;
	}
}
