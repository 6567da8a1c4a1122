/** What is requested of EC2, and what its refusals mean. */

import type { Pool } from "../demand/pool.ts";
import type { Placement } from "../plan/placements.ts";

/** A request for `count` instances of one placement. */
export interface LaunchRequest {
	readonly pool: Pool;
	readonly placement: Placement;
	/** At least 1. */
	readonly count: number;
	/** One name per instance; null: they get none. */
	readonly names: readonly string[] | null;
	/** 0 for the pool's first request of this placement, 1 for its second, and so on. */
	readonly ordinal: number;
}

/**
 * What a refusal rules out for the rest of the tick, unless its scope says otherwise:
 * - `no-capacity`, `no-price`: this EC2 instance type in this account, zone, and lifecycle, for every pool;
 * - `limit`: this EC2 instance type in this account, region, and lifecycle, since the account's quota is reached;
 * - `no-address`: this subnet, which is full;
 * - `rejected`: this instance type in this region, since the request is denied or malformed;
 * - `stop-all`: everything in this account, since no request of it can succeed;
 * - `timeout`: everything, since the tick's time is over;
 * - `lock-lost`: everything, since another run may hold the lock;
 * - `unknown`: everything for this pool, since instances may have been launched for it.
 */
export type RefusalKind =
	| "no-capacity"
	| "no-price"
	| "limit"
	| "no-address"
	| "rejected"
	| "stop-all"
	| "timeout"
	| "lock-lost"
	| "unknown";

/**
 * How far a refusal reaches: it rules out every placement that shares what is named here.
 * - `account`: the role; `region`: the role in the region; `lifecycle`: the role's spot or on-demand requests;
 * - `quota`: the lifecycle and EC2 instance type in the role's region; `capacity`: the same in one zone;
 * - `instance-type`, `zone`, `image`: of one instance type in one region, the EC2 instance type, zone, or image;
 * - `subnet`: the subnet; `placement`: of one instance type, the lifecycle in the subnet;
 * - `type`: the instance type in the region, since the request itself is wrong;
 * - `pool`: the pool; `tick`: everything.
 */
export type RefusalScope =
	| "account"
	| "region"
	| "lifecycle"
	| "quota"
	| "capacity"
	| "instance-type"
	| "zone"
	| "image"
	| "subnet"
	| "placement"
	| "type"
	| "pool"
	| "tick";

export interface Refusal {
	readonly kind: RefusalKind;
	/** By the kind unless given. */
	readonly scope?: RefusalScope;
	/**
	 * Of the instances that are missing, how many may run nevertheless, since EC2's answer to their launch was not read.
	 * 0 unless given.
	 */
	readonly possiblyLaunched?: number;
	/** EC2's error code, or the network's. */
	readonly code: string;
	readonly message: string;
	/** Zones of the region in which EC2 says that it has capacity for the EC2 instance type. */
	readonly suggestedZones: readonly string[];
}

/**
 * Whether a refusal is an error of this request. The others mean that EC2 has no capacity, or that the tick may start no
 * more launches.
 */
export function isError({ kind }: Refusal): boolean {
	return kind === "rejected" || kind === "unknown" || kind === "stop-all";
}

/** The refusal of a request that got fewer instances than it asked for and no reason. */
export function partialRefusal(launched: number, count: number): Refusal {
	return { kind: "no-capacity", code: "partial", message: `launched ${launched} of ${count}`, suggestedZones: [] };
}
