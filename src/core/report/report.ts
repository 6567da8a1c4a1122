/** The JSON report: the contract with whoever reads it. Keys may be added, never changed. */

import type { PhaseResult } from "../launch/phase-result.ts";
import type { Failure } from "../model/failure.ts";
import type { Heuristics, Lifecycle, MozType, Region, Role } from "../model/policy.ts";

export type Mode = "launch" | "dry-run";

/** A {@link Failure} as it is read back: a later version may know more stages. */
export interface ReportedFailure extends Omit<Failure, "stage"> {
	readonly stage: string;
}

/** A place that gave fewer instances than it was asked for. */
export interface ReportedRefusal {
	readonly mozType: MozType;
	readonly region: Region;
	readonly availabilityZone: string;
	readonly instanceType: string;
	readonly lifecycle: Lifecycle;
	/** Instances asked for. */
	readonly wanted: number;
	/** EC2's error code. */
	readonly code: string;
	readonly message: string;
}

/** A place that the plan left out, or a lifecycle that may not be launched. */
export interface ReportedSkip {
	readonly mozType: MozType;
	readonly lifecycle: Lifecycle;
	readonly code: string;
	readonly message: string;
}

/** Why `count` pending requests are as they are. Further codes may come. */
export interface ReportedReason {
	readonly code: string;
	readonly message: string;
	readonly count: number;
}

export interface ReportedBuilder {
	readonly builder: string;
	readonly count: number;
	readonly mozType: MozType | null;
	readonly slaveset: readonly string[] | null;
	/** Code of the reason why its requests are in no pool; null: they are in that of its type and slaveset. */
	readonly reason: string | null;
}

export interface ReportedPool {
	readonly mozType: MozType;
	readonly slaveset: readonly string[] | null;
	readonly pending: number;
	/** ISO 8601; null only in reports that were saved before there was this key. */
	readonly oldestSubmittedAt: string | null;
	readonly running: { readonly spot: number; readonly onDemand: number };
	readonly fresh: { readonly spot: number; readonly onDemand: number };
	readonly needed: number;
	readonly launched: number;
	readonly shortfall: number;
	/** Their counts add up to `pending`. */
	readonly reasons: readonly ReportedReason[];
	/** The heuristic's terms, lifecycle after lifecycle, as far as they were needed. */
	readonly phases: readonly PhaseResult[];
}

export interface ReportedLaunch {
	readonly mozType: MozType;
	readonly slaveset: readonly string[] | null;
	readonly region: Region;
	/** By which it was launched; null: the credentials of the run. */
	readonly role: Role;
	readonly availabilityZone: string;
	readonly subnetId: string;
	readonly instanceType: string;
	readonly lifecycle: Lifecycle;
	readonly imageId: string;
	/** USD per hour; null for on-demand. */
	readonly maxPrice: number | null;
	/** The market's price when the tick read it, USD per hour; null: not known, or on-demand. */
	readonly spotPrice: number | null;
	readonly instanceId: string | null;
	readonly name: string | null;
	/** EC2's words, such as `hvm` and `ebs`; null in a dry run. */
	readonly virtualizationType: string | null;
	readonly rootDeviceType: string | null;
}

/** Instances in state `running` that are alike. */
export interface ReportedInstances {
	readonly region: Region;
	/** Null: they bear no type. */
	readonly mozType: MozType | null;
	readonly instanceType: string;
	readonly lifecycle: Lifecycle;
	readonly virtualizationType: string;
	readonly rootDeviceType: string;
	readonly count: number;
}

/** How long one stage of the tick took. */
export interface Timing {
	/** `lock`, `pending`, `mapping` (with the jacuzzis), `read`, `plan` or `launch`. */
	readonly stage: string;
	/** With milliseconds. */
	readonly seconds: number;
}

/** API calls by region and action, retries and pages included. */
export type ApiCalls = Readonly<Record<Region, Readonly<Record<string, number>>>>;

export interface Report {
	readonly version: 1;
	readonly mode: Mode;
	/** ISO 8601. */
	readonly startedAt: string;
	readonly finishedAt: string;
	/** Who held the lock, where this run did not get it and so read and launched nothing; else null. */
	readonly lockedBy: string | null;
	/** This workflow's last finished run; null where it is not known. */
	readonly previousRun: {
		/** ISO 8601. */
		readonly finishedAt: string;
		/** From its end to this run's beginning. */
		readonly gapSeconds: number;
		/** Seconds from one run to the next by the schedule; null where this run is not scheduled. */
		readonly expectedSeconds: number | null;
	} | null;
	/** Regions in use, also those that could not be read. */
	readonly regions: readonly Region[];
	readonly pending: {
		readonly total: number;
		readonly matched: number;
		readonly unmatched: number;
		/** Build requests outside the configuration's age window; they are not in `total`. */
		readonly outsideAgeWindow: number;
		/** ISO 8601. */
		readonly oldestSubmittedAt: string | null;
		readonly builders: readonly ReportedBuilder[];
		/** Of the requests that are in no pool. Their counts and the `pending` of all pools add up to `total`. */
		readonly reasons: readonly ReportedReason[];
	};
	/** The heuristic's parameters; null: nothing was planned. */
	readonly heuristics: Heuristics | null;
	readonly pools: readonly ReportedPool[];
	/** Of all types and of none, in the regions that could be read. */
	readonly instances: readonly ReportedInstances[];
	readonly launches: readonly ReportedLaunch[];
	readonly refusals: readonly ReportedRefusal[];
	readonly exclusions: readonly ReportedSkip[];
	readonly failures: readonly ReportedFailure[];
	readonly apiCalls: ApiCalls;
	readonly timings: readonly Timing[];
	/** What the launches cost as long as they run: the sum of their spot prices, and how many have none. */
	readonly cost: { readonly usdPerHour: number; readonly unpriced: number };
}
