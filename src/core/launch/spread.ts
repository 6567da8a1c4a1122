/** Over which spot pools the machines of a type are spread. */

import type { MozType } from "../model/policy.ts";
import type { CapTracker } from "../plan/caps.ts";
import type { Placement } from "../plan/placements.ts";
import { type SpotPool, type SpotPoolId, spotPoolKey } from "../plan/spot-pools.ts";
import type { SpreadPool } from "./share.ts";

/** Live spot machines by type and spot pool, with those that this tick launches. */
export class LiveSpotMachines {
	readonly #counts: Map<string, number>;

	constructor(pools: readonly SpotPool[]) {
		this.#counts = new Map(pools.map((pool) => [spotPoolKey(pool.mozType, pool), pool.live]));
	}

	in(key: string): number {
		return this.#counts.get(key) ?? 0;
	}

	/** @param count negative for machines that were requested and not launched */
	add(mozType: MozType, pool: SpotPoolId, count: number): void {
		const key = spotPoolKey(mozType, pool);
		this.#counts.set(key, this.in(key) + count);
	}
}

/**
 * Shares machines over spot pools: each goes where the fewest live, ties to the better pool.
 * @param pools best first
 * @returns each pool with the machines that it gets: fewer than `count` together if the caps have no room for all
 */
export function shareOut(
	count: number,
	pools: readonly SpreadPool[],
	tick: {
		readonly live: LiveSpotMachines;
		readonly caps: CapTracker;
		/** Whether a placement can be requested now. */
		readonly isFree: (placement: Placement) => boolean;
	},
): readonly { readonly pool: SpreadPool; readonly count: number }[] {
	const shares = pools.map((pool) => ({
		pool,
		placements: pool.placements.filter(tick.isFree),
		live: tick.live.in(pool.key),
		count: 0,
	}));
	const trial = tick.caps.copy(shares.flatMap(({ placements }) => placements.flatMap(({ caps }) => caps)));
	const open = new Set(shares);
	for (let left = count; left > 0 && open.size > 0; ) {
		const fewest = [...open].reduce((a, b) => (b.live < a.live ? b : a));
		const placement = fewest.placements.find(({ caps }) => trial.available(caps, 1) > 0);
		if (placement === undefined) {
			open.delete(fewest);
			continue;
		}
		trial.reserve(placement.caps, 1);
		fewest.live += 1;
		fewest.count += 1;
		left -= 1;
	}
	return shares.map(({ pool, count: machines }) => ({ pool, count: machines }));
}
