/** How many instances a count of requests needs. */
import type { Heuristics, Lifecycle } from "../model/policy.ts";
import type { Supply } from "./supply.ts";

/** By what a count was reduced, and what is left of it: `count = byFresh + byOld + need`. */
export interface Reduction {
	/** Instances that the formula counted. */
	readonly fresh: number;
	readonly old: number;
	readonly byFresh: number;
	readonly byOld: number;
	readonly need: number;
}

/**
 * The seed's formula: `need = max(0, count − (fresh + floor(old / divisor)))`. A fresh instance is about to take a
 * request. Of the old ones, one in `oldDivisor` is likely to finish its job before a new instance could start.
 */
export function reduce(args: {
	readonly count: number;
	readonly fresh: number;
	readonly old: number;
	readonly oldDivisor: number;
}): Reduction {
	const byFresh = Math.min(args.count, args.fresh);
	const byOld = Math.min(args.count - byFresh, Math.floor(args.old / args.oldDivisor));
	return { fresh: args.fresh, old: args.old, byFresh, byOld, need: args.count - byFresh - byOld };
}

/**
 * Reduces a count by the instances of one lifecycle. With scope `pool`, both lifecycles reduce the count in the first
 * phase, and what falls through to the second is not reduced again, so that no instance is counted twice.
 */
export function reduceByLifecycle(args: {
	readonly count: number;
	readonly supply: Supply;
	readonly lifecycle: Lifecycle;
	/** Whether the count fell through from another lifecycle. */
	readonly fellThrough: boolean;
	readonly heuristics: Heuristics;
}): Reduction {
	const { supply, lifecycle, heuristics } = args;
	if (heuristics.scope === "pool" && args.fellThrough) {
		return { fresh: 0, old: 0, byFresh: 0, byOld: 0, need: args.count };
	}
	const total = (counts: Readonly<Record<Lifecycle, number>>) =>
		heuristics.scope === "pool" ? counts.spot + counts["on-demand"] : counts[lifecycle];
	const fresh = total(supply.fresh);
	return reduce({
		count: args.count,
		fresh,
		old: total(supply.running) - fresh,
		oldDivisor: heuristics.oldDivisor,
	});
}
