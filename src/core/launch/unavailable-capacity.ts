/** What EC2 is known to refuse for the rest of the tick. */

import { type Pool, poolKey } from "../demand/pool.ts";
import { subnetCap, tickCap } from "../plan/caps.ts";
import type { Placement } from "../plan/placements.ts";
import type { LaunchRequest, Refusal, RefusalKind, RefusalScope } from "./refusal.ts";

const SCOPES: Readonly<Record<RefusalKind, RefusalScope>> = {
	"no-capacity": "capacity",
	"no-price": "capacity",
	limit: "quota",
	"no-address": "subnet",
	rejected: "type",
	unknown: "pool",
	"stop-all": "account",
	timeout: "tick",
};

/** The key of each scope that a pool's placement is in, the narrowest first. */
function keysByScope(pool: Pool, placement: Placement): Readonly<Record<RefusalScope, string>> {
	const { lifecycle, instanceType, availabilityZone, region, role, subnetId, imageId } = placement;
	return {
		capacity: `capacity ${lifecycle} ${instanceType} ${availabilityZone} ${role}`,
		quota: `quota ${lifecycle} ${instanceType} ${region} ${role}`,
		placement: `placement ${pool.mozType} ${lifecycle} ${subnetId}`,
		subnet: `subnet ${subnetId}`,
		zone: `zone ${pool.mozType} ${availabilityZone}`,
		image: `image ${pool.mozType} ${imageId} ${region}`,
		"instance-type": `instance-type ${pool.mozType} ${instanceType} ${region}`,
		type: `type ${pool.mozType} ${region}`,
		pool: `pool ${poolKey(pool)}`,
		lifecycle: `lifecycle ${lifecycle} ${role}`,
		region: `region ${region} ${role}`,
		account: `account ${role}`,
		tick: "tick",
	};
}

/** Keys of the groups of pools that a placement puts a pool into; see {@link groupKey}. */
export function groupKeys({ mozType }: Pool, { instanceType, caps }: Placement): readonly string[] {
	return [...caps, `type ${mozType}`, `instance-type ${instanceType}`];
}

/** The key of a group that includes every pool with a placement in the scope, and few others. */
function groupKey(scope: RefusalScope, { mozType }: Pool, { instanceType, subnetId }: Placement): string {
	switch (scope) {
		case "capacity":
		case "quota":
			return `instance-type ${instanceType}`;
		case "subnet":
			return subnetCap(subnetId);
		case "account":
		case "region":
		case "lifecycle":
		case "tick":
			return tickCap;
		case "placement":
		case "zone":
		case "image":
		case "instance-type":
		case "type":
		case "pool":
			return `type ${mozType}`;
	}
}

/** Keys of the scopes that a pool's placement is in: a refusal that covers one of them covers the placement. */
export function scopeKeys(pool: Pool, placement: Placement): readonly string[] {
	return Object.values(keysByScope(pool, placement));
}

/** A refusal with the placement that EC2 gave it for. */
export interface RefusalAt {
	readonly placement: Placement;
	readonly refusal: Refusal;
}

/** Remembers refusals by the scope that they cover. */
export class UnavailableCapacity {
	readonly #refusals = new Map<string, RefusalAt>();
	/** The EC2 instance type that was first refused with a code, by instance type, region, and code. */
	readonly #firstRefused = new Map<string, string>();

	get isEmpty(): boolean {
		return this.#refusals.size === 0;
	}

	/** @returns the key of the group of pools that this may concern; null if the scope was unavailable before */
	remember({ pool, placement }: LaunchRequest, refusal: Refusal): string | null {
		const scope = this.#scopeOf(pool, placement, refusal);
		const key = keysByScope(pool, placement)[scope];
		const isNew = !this.#refusals.has(key);
		this.#refusals.set(key, { placement, refusal });
		return isNew ? groupKey(scope, pool, placement) : null;
	}

	/** A request is wrong by itself only if EC2 gives a second EC2 instance type the same answer. */
	#scopeOf({ mozType }: Pool, { instanceType, region }: Placement, refusal: Refusal): RefusalScope {
		if (refusal.scope !== "type") return refusal.scope ?? SCOPES[refusal.kind];
		const key = `${mozType} ${region} ${refusal.code}`;
		const first = this.#firstRefused.get(key) ?? instanceType;
		this.#firstRefused.set(key, first);
		return first === instanceType ? "instance-type" : "type";
	}

	/** The latest refusal that covers the narrowest of these scopes; null if none covers any. */
	refusalOf(keys: readonly string[]): RefusalAt | null {
		for (const key of keys) {
			const refusal = this.#refusals.get(key);
			if (refusal !== undefined) return refusal;
		}
		return null;
	}
}
