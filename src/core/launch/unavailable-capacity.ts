/** What EC2 is known to refuse for the rest of the tick. */

import { type Pool, poolKey } from "../demand/pool.ts";
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
	"lock-lost": "tick",
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

	/** @returns the key of the scope that is unavailable from now on */
	remember({ pool, placement }: LaunchRequest, refusal: Refusal): string {
		const key = keysByScope(pool, placement)[this.#scopeOf(pool, placement, refusal)];
		this.#refusals.set(key, { placement, refusal });
		return key;
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
