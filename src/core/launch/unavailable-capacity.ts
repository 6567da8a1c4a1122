/** What EC2 is known to refuse for the rest of the tick. */

import { type Pool, poolKey } from "../demand/pool.ts";
import type { Placement } from "../plan/placements.ts";
import type { LaunchRequest, Refusal, RefusalKind } from "./refusal.ts";

type Scope = "zone" | "quota" | "subnet" | "type" | "pool" | "account" | "all";

const SCOPES: Readonly<Record<RefusalKind, Scope>> = {
	"no-capacity": "zone",
	"no-price": "zone",
	limit: "quota",
	"no-address": "subnet",
	rejected: "type",
	unknown: "pool",
	"stop-all": "account",
	timeout: "all",
	"lock-lost": "all",
};

/** The key of each scope that a pool's placement is in, the narrowest first. */
function keysByScope(pool: Pool, placement: Placement): Readonly<Record<Scope, string>> {
	const { lifecycle, instanceType, availabilityZone, region, role, subnetId } = placement;
	return {
		zone: `zone ${lifecycle} ${instanceType} ${availabilityZone} ${role}`,
		quota: `quota ${lifecycle} ${instanceType} ${region} ${role}`,
		subnet: `subnet ${subnetId}`,
		type: `type ${pool.mozType} ${region}`,
		pool: `pool ${poolKey(pool)}`,
		account: `account ${role}`,
		all: "all",
	};
}

/** Keys of the scopes that a pool's placement is in: a refusal that covers one of them covers the placement. */
export function scopeKeys(pool: Pool, placement: Placement): readonly string[] {
	return Object.values(keysByScope(pool, placement));
}

/** Remembers refusals by the scope that they cover. */
export class UnavailableCapacity {
	readonly #refusals = new Map<string, Refusal>();

	/** @returns the key of the scope that is unavailable from now on */
	remember({ pool, placement }: LaunchRequest, refusal: Refusal): string {
		const key = keysByScope(pool, placement)[SCOPES[refusal.kind]];
		this.#refusals.set(key, refusal);
		return key;
	}

	/** The latest refusal that covers the narrowest of these scopes; null if none covers any. */
	refusalOf(keys: readonly string[]): Refusal | null {
		for (const key of keys) {
			const refusal = this.#refusals.get(key);
			if (refusal !== undefined) return refusal;
		}
		return null;
	}
}
