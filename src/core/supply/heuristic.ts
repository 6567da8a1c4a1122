/** How many machines a count of requests is worth. */
import type { Heuristics, Lifecycle } from "../model/policy.ts";
import type { Supply } from "./supply.ts";

/** What a count was reduced by, and what is left of it. `count = byFresh + byOld + need`. */
export interface Reduction {
	/** Machines that the formula counted. */
	readonly fresh: number;
	readonly old: number;
	readonly byFresh: number;
	readonly byOld: number;
	readonly need: number;
}

/**
 * The seed's formula: `need = max(0, count − (fresh + floor(old / divisor)))`. A fresh machine is on its way to take a
 * request; of the old ones, one in `oldDivisor` is likely to finish its job before a new machine could start.
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
 * Reduces a count by the machines of one lifecycle. With scope `pool` both lifecycles reduce the count where demand
 * starts, and what is handed over later is not reduced again: no machine is counted twice.
 */
export function reduceByLifecycle(args: {
	readonly count: number;
	readonly supply: Supply;
	readonly lifecycle: Lifecycle;
	/** Whether the count was handed over by another lifecycle. */
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
