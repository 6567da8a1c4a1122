/** A share of a phase while it is launched. */

import type { Phase } from "../plan/phase.ts";
import type { Placement } from "../plan/placements.ts";
import { shareByWeight } from "../plan/regions.ts";

export interface Share {
	readonly placements: readonly Placement[];
	/** Instances not yet requested. */
	remaining: number;
	inFlight: number;
}

/** Splits a count over the shares of a phase. */
export function sharesOf(phase: Phase, count: number): Share[] {
	// A phase without placements keeps its count in an empty share, which hands it on.
	const shares = phase.shares.length === 0 ? [{ weight: 1, placements: [] }] : phase.shares;
	const counts = shareByWeight(
		count,
		shares.map(({ weight }) => weight),
	);
	return shares.map(({ placements }, index) => ({ placements, remaining: counts[index] ?? 0, inFlight: 0 }));
}
