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

/** The warning if the gap is so long that requests had to wait for a run, else null. */
export function latenessWarning({ gapSeconds, expectedSeconds }: Gap): string | null {
	if (expectedSeconds === null || gapSeconds <= INTERVALS * expectedSeconds) return null;
	return `No run has finished in the last ${inWords(gapSeconds)}, although one is scheduled every ${inWords(expectedSeconds)}. GitHub delays and drops scheduled runs. If this keeps happening, move the cron off the hour or trigger the workflow yourself (workflow_dispatch).`;
}
