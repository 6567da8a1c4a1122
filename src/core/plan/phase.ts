/** One lifecycle's part of a pool's launches. */

import type { Lifecycle } from "../model/policy.ts";
import type { Placement, SkippedPlacement } from "./placements.ts";

/** Placements that are tried one after another. */
export interface RegionShare {
	/** Share of the phase's count that starts here, relative to the other shares. */
	readonly weight: number;
	readonly placements: readonly Placement[];
}

export interface Phase {
	readonly lifecycle: Lifecycle;
	/** Whether the configuration allows no launches of this lifecycle for the type. */
	readonly disabled: boolean;
	/** Spot: one share over all regions; on-demand: one per region, by priority. */
	readonly shares: readonly RegionShare[];
	/** Keys of the spot pools that share the machines, best first; fewer than two: the best placement gets all. */
	readonly spread: readonly string[];
	readonly skipped: readonly SkippedPlacement[];
}

export function placementsOf({ shares }: Phase): readonly Placement[] {
	return shares.flatMap(({ placements }) => placements);
}
