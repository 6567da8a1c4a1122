/** A share of a phase while it is launched. */

import type { MozType } from "../model/policy.ts";
import type { CapTracker } from "../plan/caps.ts";
import type { Phase } from "../plan/phase.ts";
import type { Placement } from "../plan/placements.ts";
import { shareByWeight } from "../plan/regions.ts";
import { spotPoolKey } from "../plan/spot-pools.ts";

/** A spot pool over which a share is spread. */
export interface SpreadPool {
	readonly key: string;
	readonly placements: readonly Placement[];
}

export interface Share {
	readonly placements: readonly Placement[];
	/** Best first; empty: the best placement gets all. */
	readonly spread: readonly SpreadPool[];
	/** Instances not yet requested. */
	remaining: number;
	inFlight: number;
	/** Whether EC2 launched fewer than requested, so that the rest is no longer spread. */
	isRefused: boolean;
	/** Reservations of instances that were not launched, until the share makes its next requests. */
	held: readonly { readonly keys: readonly string[]; readonly count: number }[];
}

/** Splits a count over the shares of a phase. */
export function sharesOf(phase: Phase, mozType: MozType, count: number): Share[] {
	// A phase without placements keeps its count in an empty share, which hands it on.
	const shares = phase.shares.length === 0 ? [{ weight: 1, placements: [] }] : phase.shares;
	return shareByWeight(count, shares).map(({ part: { placements }, share }) => ({
		placements,
		spread: spreadOf(phase, mozType, placements),
		remaining: share,
		inFlight: 0,
		isRefused: false,
		held: [],
	}));
}

/**
 * Ends the reservation of instances that were not launched. A share that waits for its other requests keeps it until
 * then, so that no younger pool takes the room.
 * @returns keys of caps that have room again
 */
export function giveBack(share: Share, { caps: keys }: Placement, count: number, caps: CapTracker): readonly string[] {
	const held = [...share.held, { keys, count }];
	const waits = isWaiting(share);
	share.held = waits ? held : [];
	if (waits) return [];
	for (const one of held) caps.settle(one.keys, one.count, 0);
	return held.flatMap((one) => one.keys);
}

/**
 * Whether a share makes no request until those in flight are answered: what one pool refuses, another that is being asked
 * may have, and at a lower price than the next placement.
 */
export function isWaiting({ spread, inFlight }: Share): boolean {
	return spread.length > 0 && inFlight > 0;
}

function spreadOf({ spread }: Phase, mozType: MozType, placements: readonly Placement[]): readonly SpreadPool[] {
	if (spread.length < 2) return [];
	return spread.map((key) => ({
		key,
		placements: placements.filter((placement) => spotPoolKey(mozType, placement) === key),
	}));
}
