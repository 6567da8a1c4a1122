/** When a watch looks at the database, and when it ticks. Times are milliseconds of a clock that never jumps. */

/** Ticks start at least this far apart, so that a storm of requests is planned together. */
export const MIN_BETWEEN_TICKS = 60_000;
/** While mapped requests are pending, ticks start at most this far apart: machines start, end, and become affordable. */
export const MAX_BETWEEN_TICKS = 300_000;
/** Share of a pause that jitter may cut off, so that watches that started together don't stay together. */
const JITTER = 0.1;

/** What the watch knows when it decides whether to tick. */
export interface Situation {
	/** When the last tick that had something to decide started; null: there was none. */
	readonly lastTickAt: number | null;
	/** Whether a mapped request has arrived since. */
	readonly hasNew: boolean;
	/** Whether a mapped request is pending. */
	readonly hasPending: boolean;
	/** From 0 to 1, drawn once for each pause. */
	readonly jitter: number;
}

/** When the next tick is due; null: there is nothing to decide. The result may be in the past. */
export function nextTickAt({ lastTickAt, hasNew, hasPending, jitter }: Situation): number | null {
	if (!hasNew && !hasPending) return null;
	if (lastTickAt === null) return Number.NEGATIVE_INFINITY;
	return lastTickAt + (hasNew ? MIN_BETWEEN_TICKS : shortened(MAX_BETWEEN_TICKS, jitter));
}

/** When to look at the database next. Jitter never makes the pause longer, so that `interval` bounds the delay. */
export function nextPollAt(args: {
	readonly lastPollAt: number;
	/** Milliseconds. */
	readonly interval: number;
	/** From 0 to 1. */
	readonly jitter: number;
}): number {
	return args.lastPollAt + shortened(args.interval, args.jitter);
}

function shortened(pause: number, jitter: number): number {
	return pause * (1 - JITTER * jitter);
}
