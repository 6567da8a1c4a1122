/** The result of a replay: what other settings would have done. From version 1.0 on, keys may be added only. */

import type { Heuristics, MozType } from "../model/policy.ts";

/** When ticks happen. `exact`: every five minutes; `late`: as GitHub starts scheduled runs; `watch`: as in a watch. */
export const TIMINGS = ["exact", "late", "watch"] as const;
export type Timing = (typeof TIMINGS)[number];

/** What a replay varies. */
export interface ReplaySetting extends Pick<Heuristics, "freshInstanceDelay" | "oldDivisor" | "scope"> {
	readonly timing: Timing;
}

/** Seconds from a request's submission to its first build; null: the request was never served. */
export interface ReplayWaits {
	readonly p50: number | null;
	readonly p95: number | null;
	readonly p99: number | null;
	readonly longest: number | null;
}

/** What came of one setting: averages of all seeds, and the waits of all seeds together. */
export interface ReplayOutcome extends ReplayWaits {
	/** Requests that were never served. */
	readonly notServed: number;
	/** Machines. */
	readonly launched: number;
	/** Machines that never had a build. */
	readonly neverUsed: number;
	readonly machineHours: number;
	/** USD at bids and configured on-demand prices; null: a price is not configured. */
	readonly cost: number | null;
}

export interface ReplayedSetting extends ReplaySetting {
	/** Whether the configuration has these values, with the timing that fits the real waits best. */
	readonly isCurrent: boolean;
	/** Whether no other setting has both a shorter 95th percentile and fewer machine-hours, or one of them at equal other. */
	readonly isUnbeaten: boolean;
	readonly isAdvised: boolean;
	readonly total: ReplayOutcome;
	readonly types: readonly (ReplayOutcome & { readonly mozType: MozType })[];
}

/** The current settings, simulated, against what really happened. */
export interface ReplayComparison {
	/** Requests that were replayed. */
	readonly requests: number;
	readonly real: ReplayWaits;
	readonly simulated: ReplayWaits;
	/** Whether the median or the 95th percentile differ by more than a quarter. */
	readonly differs: boolean;
}

export interface ReplayReport {
	readonly version: 1;
	readonly mode: "replay";
	/** ISO 8601: the submission of the first replayed request, and the end of the history. */
	readonly from: string;
	readonly until: string;
	readonly requests: {
		readonly replayed: number;
		/** Their builder maps to no instance type, or its workers are unknown. */
		readonly unmatched: number;
		/** No build started. */
		readonly neverStarted: number;
		/** No build has finished. */
		readonly unfinished: number;
		/** A build of theirs has times that can't be right. */
		readonly implausible: number;
	};
	readonly assumptions: {
		/** Seconds from the launch of a machine to its first build. */
		readonly shortestBoot: number;
		readonly longestBoot: number;
		/** Seconds without work after which a machine stops. */
		readonly idleStop: number;
		readonly maxLaunches: number;
		/** USD per hour; null: no ceiling. */
		readonly maxHourlyCost: number | null;
		/** Simulations of each setting. */
		readonly seeds: number;
	};
	/** Null: there was nothing to replay. */
	readonly validation: {
		readonly total: ReplayComparison;
		readonly types: readonly (ReplayComparison & { readonly mozType: MozType })[];
	} | null;
	readonly settings: readonly ReplayedSetting[];
	/** A sentence. */
	readonly advice: string;
	/** What a replay can't know, in sentences. */
	readonly caveats: readonly string[];
}
