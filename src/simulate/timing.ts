/** When ticks happen. */

import type { Timing } from "../core/report/replay-report.ts";
import { nextTickAt } from "../watch/schedule.ts";
import { between, draw } from "./random.ts";

/** Seconds between ticks of a schedule that is kept. */
const EXACT = 300;
/** Seconds between the runs of a five-minute schedule on GitHub: two to four an hour in public reports. */
const LATE = { shortest: 15 * 60, longest: 30 * 60 };
/** Random stream of the late schedule. */
const STREAM = 0xffff;

/** What the next tick depends on. Times are seconds since 1970, UTC. */
export interface TickSituation {
	readonly now: number;
	/** Null: there was none. */
	readonly lastTickAt: number | null;
	/** When the first request arrived that the last tick could not see; null: there is none. */
	readonly firstNewAt: number | null;
}

/** The time of the next tick while requests wait; after the last one, and not in the past. */
export type NextTick = (situation: TickSituation) => number;

/** @param watchInterval seconds between a watch's looks at the database */
export function ticksOf(
	timing: Timing,
	args: { readonly seed: number; readonly from: number; readonly watchInterval: number },
): NextTick {
	if (timing === "late") return lateTicks(args.seed, args.from);
	if (timing === "exact") return ({ now, lastTickAt }) => roundUp(Math.max(now, (lastTickAt ?? 0) + 1), EXACT);
	return ({ now, lastTickAt, firstNewAt }) => {
		const due = nextTickAt({
			lastTickAt: lastTickAt === null ? null : lastTickAt * 1000,
			hasNew: firstNewAt !== null,
			hasPending: true,
			jitter: 0,
		});
		return roundUp(Math.max(now, firstNewAt ?? 0, (due ?? 0) / 1000), args.watchInterval);
	};
}

function lateTicks(seed: number, from: number): NextTick {
	let index = 0;
	let at = from + between(0, LATE.longest, draw(seed, STREAM, index));
	return ({ now, lastTickAt }) => {
		while (at < now || at <= (lastTickAt ?? 0)) {
			index += 1;
			at += between(LATE.shortest, LATE.longest, draw(seed, STREAM, index));
		}
		return at;
	};
}

function roundUp(time: number, step: number): number {
	return Math.ceil(time / step) * step;
}
