/** What EC2 refuses, and how far that reaches. */

import { type Pool, poolKey } from "../../../../../src/core/demand/pool.ts";
import type { Placement } from "../plan/placement.ts";

/** A request for `count` instances at one place. */
export interface LaunchRequest {
	readonly pool: Pool;
	readonly placement: Placement;
	/** At least 1. */
	readonly count: number;
	/** One name per instance; null: they get none. */
	readonly names: readonly string[] | null;
	/** 0 for the pool's first order at this place, 1 for its second, and so on. */
	readonly ordinal: number;
}

/**
 * What a refusal means for the rest of the tick:
 * - `no-capacity`, `no-price`: this EC2 instance type is not to be had in this account's zone and lifecycle, by any pool;
 * - `limit`: the account's quota for this EC2 instance type, lifecycle and region is reached;
 * - `no-address`: this subnet is full;
 * - `rejected`: the request is denied or malformed, so it ends this (type, region);
 * - `stop-all`: no request of this account can succeed, so it ends all launching in it;
 * - `timeout`: the tick's time is over, so nothing more is begun;
 * - `unknown`: whether something was launched is not known, so this pool launches nothing more.
 */
export type RefusalKind =
	| "no-capacity"
	| "no-price"
	| "limit"
	| "no-address"
	| "rejected"
	| "stop-all"
	| "timeout"
	| "unknown";

export interface Refusal {
	readonly kind: RefusalKind;
	/** EC2's error code, or the network's. */
	readonly code: string;
	readonly message: string;
	/** Zones of the region in which EC2 says that the EC2 instance type is to be had. */
	readonly zones: readonly string[];
}

/** Under which keys refusals that concern an attempt are remembered. */
export function placementKeys(pool: Pool, placement: Placement): readonly string[] {
	const { lifecycle, instanceType, availabilityZone, region, role, subnetId } = placement;
	return [
		`zone ${lifecycle} ${instanceType} ${availabilityZone} ${role}`,
		`quota ${lifecycle} ${instanceType} ${region} ${role}`,
		`subnet ${subnetId}`,
		`type ${pool.mozType} ${region}`,
		`pool ${poolKey(pool)}`,
		`account ${role}`,
		"all",
	];
}

/** Under which of them this refusal is remembered: by it, every attempt that bears the key is refused. */
export function memoryKeys(request: LaunchRequest, refusal: Refusal): readonly string[] {
	const prefix = {
		"no-capacity": "zone ",
		"no-price": "zone ",
		limit: "quota ",
		"no-address": "subnet ",
		rejected: "type ",
		unknown: "pool ",
		"stop-all": "account ",
		timeout: "all",
	}[refusal.kind];
	return placementKeys(request.pool, request.placement).filter((key) => key.startsWith(prefix));
}

/** Sorts those of one key among themselves, each group in the positions that it has; equal ones stay as they are. */
export function reordered(
	placements: readonly Placement[],
	keyOf: (placement: Placement) => string,
	compare: (a: Placement, b: Placement) => number,
): readonly Placement[] {
	const groups = new Map([...Map.groupBy(placements, keyOf)].map(([key, alike]) => [key, alike.toSorted(compare)]));
	return placements.flatMap((placement) => groups.get(keyOf(placement))?.shift() ?? []);
}

/** What attempts have in common that differ in their subnets alone. */
export function placeKey({ lifecycle, instanceType, availabilityZone, imageId, maxPrice }: Placement): string {
	return `${lifecycle} ${instanceType} ${availabilityZone} ${imageId} ${maxPrice}`;
}

/** What attempts have in common that EC2's word on zones concerns. */
export function suggestionKey({ lifecycle, instanceType, region, role }: Placement): string {
	return `${lifecycle} ${instanceType} ${region} ${role}`;
}
