/** How long ago this workflow last did its work. */
import { inWords } from "./duration.ts";

/** What is known of the run before this one. Times are whole seconds since 1970, UTC. */
export interface PreviousRun {
	readonly finishedAt: number;
	/** Seconds from one run to the next by the schedule, as it was due after that run; null: this run is not scheduled. */
	readonly expectedSeconds: number | null;
}

/** The same as a gap. */
export interface Gap {
	/** From that run's end to this one's beginning; 0 or more. */
	readonly gapSeconds: number;
	readonly expectedSeconds: number | null;
}

/** GitHub delays scheduled runs and drops some; a gap of more than this many intervals is worth a word. */
const INTERVALS = 3;

/** Whether so much time went by that requests have waited for want of a run. */
export function isLate({ gapSeconds, expectedSeconds }: Gap): boolean {
	return expectedSeconds !== null && gapSeconds > INTERVALS * expectedSeconds;
}

/** What a late run has to say; to be used where `isLate`. */
export function describeLateness({ gapSeconds, expectedSeconds }: Gap): string {
	return `No run of this workflow finished in the last ${inWords(gapSeconds)}, and its schedule has one every ${inWords(expectedSeconds ?? 0)}: GitHub delays and drops scheduled runs. If it recurs, move the cron off the full hour, or let a machine of yours start the workflow (workflow_dispatch).`;
}
