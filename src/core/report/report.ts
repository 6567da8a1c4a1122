/** The JSON report, a contract with its readers: keys may be added, but never changed. */

import type { PhaseResult } from "../launch/phase-result.ts";
import type { Failure } from "../model/failure.ts";
import type { Heuristics, Lifecycle, MozType, Region, Role } from "../model/policy.ts";
import type { NeverConnected } from "../supply/first-builds.ts";

export type Mode = "launch" | "dry-run";

/** A {@link Failure} as it is read back: a later version may know more stages. */
export interface ReportedFailure extends Omit<Failure, "stage"> {
	readonly stage: string;
	/** In a watch: whether a later tick did without it. A tick's own failures don't have this key. */
	readonly healed?: boolean;
}

/** One tick of a run that watched. */
export interface ReportedTick {
	/** ISO 8601. */
	readonly startedAt: string;
	/** Pending requests whose builder maps to an instance type. */
	readonly pending: number;
	readonly needed: number;
	readonly launched: number;
	readonly shortfall: number;
	/** Of the shortfall, how many may run nevertheless. */
	readonly possiblyLaunched: number;
}

/** Seconds from the submission of requests to the launch call for them. */
export interface ReportedWaits {
	/** Requests that a machine was launched for. */
	readonly requests: number;
	readonly p50: number;
	readonly p95: number;
	readonly longest: number;
}

/** A launch request that EC2 fulfilled in part or not at all. */
export interface ReportedRefusal {
	readonly mozType: MozType;
	readonly region: Region;
	readonly availabilityZone: string;
	readonly instanceType: string;
	readonly lifecycle: Lifecycle;
	/** Instances requested. */
	readonly wanted: number;
	/** EC2's error code. */
	readonly code: string;
	readonly message: string;
}

/** A placement that the plan skipped, or a lifecycle that the configuration disables. */
export interface ReportedSkip {
	readonly mozType: MozType;
	readonly lifecycle: Lifecycle;
	readonly code: string;
	readonly message: string;
}

/** Why `count` pending requests have, or lack, a machine. Codes may be added. */
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
	/** Code of the reason why its requests are in no pool; null: they are in the pool of its type and slaveset. */
	readonly reason: string | null;
}

export interface ReportedPool {
	readonly mozType: MozType;
	readonly slaveset: readonly string[] | null;
	readonly pending: number;
	/** ISO 8601; null only in reports saved before this key existed. */
	readonly oldestSubmittedAt: string | null;
	readonly running: { readonly spot: number; readonly onDemand: number };
	readonly fresh: { readonly spot: number; readonly onDemand: number };
	readonly needed: number;
	readonly launched: number;
	readonly shortfall: number;
	/** Of the shortfall, how many may run nevertheless, since EC2's answer to their launch was lost. */
	readonly possiblyLaunched: number;
	/** Their counts add up to `pending`. */
	readonly reasons: readonly ReportedReason[];
	/** The heuristic's terms for each lifecycle that was needed. */
	readonly phases: readonly PhaseResult[];
}

export interface ReportedLaunch {
	readonly mozType: MozType;
	readonly slaveset: readonly string[] | null;
	readonly region: Region;
	/** ARN of the role that launched it; null: the credentials of the run. */
	readonly role: Role;
	readonly availabilityZone: string;
	readonly subnetId: string;
	readonly instanceType: string;
	readonly lifecycle: Lifecycle;
	readonly imageId: string;
	/** USD per hour; null for on-demand. */
	readonly maxPrice: number | null;
	/** The market price when the tick read it, USD per hour; null: unknown, or on-demand. */
	readonly spotPrice: number | null;
	/** The configured `on_demand_price`, USD per hour; null: not configured, or spot. */
	readonly onDemandPrice: number | null;
	readonly instanceId: string | null;
	readonly name: string | null;
	/** EC2's values, such as `hvm` and `ebs`; null in a dry run. */
	readonly virtualizationType: string | null;
	readonly rootDeviceType: string | null;
}

/** Instances in state `running` with the same properties. */
export interface ReportedInstances {
	readonly region: Region;
	/** Null: they have no type tag. */
	readonly mozType: MozType | null;
	readonly instanceType: string;
	readonly lifecycle: Lifecycle;
	readonly virtualizationType: string;
	readonly rootDeviceType: string;
	readonly count: number;
}

/** Instances that ended within ten minutes of their launch, for the same reason at the same place. */
export interface ReportedDeaths {
	readonly mozType: MozType;
	readonly region: Region;
	readonly availabilityZone: string;
	readonly lifecycle: Lifecycle;
	readonly instanceType: string;
	readonly imageId: string;
	/** EC2's `StateReason`; empty if it gives none. */
	readonly code: string;
	readonly message: string;
	readonly count: number;
}

/** The machines of a type in one of EC2's Spot capacity pools, which EC2 reclaims together. */
export interface ReportedSpotPool {
	readonly mozType: MozType;
	readonly region: Region;
	/** ARN of the role of the account; null: the credentials of the run. */
	readonly role: Role;
	readonly availabilityZone: string;
	readonly instanceType: string;
	/** Live spot machines before the launches of the tick. */
	readonly live: number;
	readonly launched: number;
	/** Instances of any type that EC2 reclaimed in the last 15 minutes; if there are any, the pool is tried last. */
	readonly reclaimed: number;
	/** The market price when the tick read it, USD per hour; null: unknown. */
	readonly spotPrice: number | null;
}

/** A type with `spot.spread`. */
export interface ReportedSpread {
	readonly mozType: MozType;
	readonly pools: number;
	readonly premium: number;
	/**
	 * By how much its spot machines, live and new, exceed what the same work would cost in the cheapest pool; null: unknown.
	 */
	readonly usdPerHour: number | null;
}

/** Machines at the same place that Buildbot knows by name, but that never connected to it or ran a build. */
export interface ReportedNeverConnected extends Omit<NeverConnected, "launchedAt"> {
	/** Of the one launched last, ISO 8601. */
	readonly launchedAt: string;
}

/** How long one stage of the tick took. */
export interface Timing {
	/** `lock`, `pending`, `mapping` (with the jacuzzis), `read`, `plan` or `launch`. */
	readonly stage: string;
	/** To the millisecond. */
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
	/** The holder of the lock, if that kept this run from reading and launching anything; else null. */
	readonly lockedBy: string | null;
	/** ISO 8601; when that run took the lock, if known; else null. */
	readonly lockedSince: string | null;
	/** This workflow's last finished run; null if unknown. */
	readonly previousRun: {
		/** ISO 8601. */
		readonly finishedAt: string;
		/** From its end to the start of this run. */
		readonly gapSeconds: number;
		/** Seconds between scheduled runs; null: this run was not started by a schedule. */
		readonly expectedSeconds: number | null;
	} | null;
	/** Regions in use, including those that couldn't be read. */
	readonly regions: readonly Region[];
	readonly pending: {
		readonly total: number;
		readonly matched: number;
		readonly unmatched: number;
		/** Build requests outside the configured age window. They are not part of `total`. */
		readonly outsideAgeWindow: number;
		/** ISO 8601. */
		readonly oldestSubmittedAt: string | null;
		readonly builders: readonly ReportedBuilder[];
		/** For requests that are in no pool. Their counts and the `pending` of all pools add up to `total`. */
		readonly reasons: readonly ReportedReason[];
	};
	/** The heuristic's parameters; null: nothing was planned. */
	readonly heuristics: Heuristics | null;
	readonly pools: readonly ReportedPool[];
	/** Of all types and of none, in the regions that were read. */
	readonly instances: readonly ReportedInstances[];
	/** Of the last hour, as long as EC2 remembers them. */
	readonly deaths: readonly ReportedDeaths[];
	/** Of the types in demand. */
	readonly spotPools: readonly ReportedSpotPool[];
	readonly spread: readonly ReportedSpread[];
	/**
	 * From launch to first build, of running machines launched in the last day: their number, and the median and slowest
	 * in seconds, null without such machines. Null: nothing is known.
	 */
	readonly firstBuilds: {
		readonly machines: number;
		readonly median: number | null;
		readonly slowest: number | null;
		readonly neverConnected: readonly ReportedNeverConnected[];
	} | null;
	readonly launches: readonly ReportedLaunch[];
	readonly refusals: readonly ReportedRefusal[];
	readonly exclusions: readonly ReportedSkip[];
	readonly failures: readonly ReportedFailure[];
	readonly apiCalls: ApiCalls;
	readonly timings: readonly Timing[];
	/** Hourly cost of the launches: the sum of their spot or on-demand prices, and the number of launches without one. */
	readonly cost: { readonly usdPerHour: number; readonly unpriced: number };
	/** The ticks of a run that watched; null: the run was one tick. */
	readonly ticks: readonly ReportedTick[] | null;
	/** Null: no machine was launched, or the run was one tick. */
	readonly waits: ReportedWaits | null;
}
