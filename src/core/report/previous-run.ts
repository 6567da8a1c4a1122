/** How long ago the previous run of this workflow finished. */
import { inWords } from "./duration.ts";

/** The last finished run before this one. */
export interface PreviousRun {
	/** Whole seconds since 1970, UTC. */
	readonly finishedAt: number;
	/** Seconds between scheduled runs at that time; null: this run was not started by a schedule. */
	readonly expectedSeconds: number | null;
}

/** The time between two runs. */
export interface Gap {
	/** Seconds from the end of the previous run to the start of this one, at least 0. */
	readonly gapSeconds: number;
	readonly expectedSeconds: number | null;
}

/** A longer gap, in intervals, is reported. GitHub regularly delays and drops scheduled runs. */
const INTERVALS = 3;

/** Whether the gap is so long that requests had to wait for a run. */
export function isLate({ gapSeconds, expectedSeconds }: Gap): boolean {
	return expectedSeconds !== null && gapSeconds > INTERVALS * expectedSeconds;
}

/** The warning of a late run; requires `isLate`. */
export function describeLateness({ gapSeconds, expectedSeconds }: Gap): string {
	return `No run has finished in the last ${inWords(gapSeconds)}, although one is scheduled every ${inWords(expectedSeconds ?? 0)}. GitHub delays and drops scheduled runs. If this keeps happening, move the cron off the hour or trigger the workflow yourself (workflow_dispatch).`;
}
