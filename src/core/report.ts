/** The JSON report: the contract with whoever reads it. Keys may be added, never changed. */
import type { MappedBuilder } from "./demand.ts";
import type { Instance } from "./facts.ts";
import type { Plan } from "./plan.ts";
import type { Lifecycle, MozType, Region, Role } from "./policy.ts";
import { compareText } from "./pool.ts";
import type { PreviousRun } from "./previous-run.ts";
import type { Reason } from "./reasons.ts";
import type { Walk } from "./walk.ts";

export type Mode = "launch" | "dry-run";

/** Something that went wrong; the tick may have gone on without it. */
export interface Failure {
	/** `pending`, `mapping`, `jacuzzi`, `read`, `launch` or `name`. */
	readonly stage: string;
	readonly region: Region | null;
	readonly mozType: MozType | null;
	/** EC2's error code, or a short stable word. */
	readonly code: string;
	readonly message: string;
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

export interface ReportedPool {
	readonly mozType: MozType;
	readonly slaveset: readonly string[] | null;
	readonly pending: number;
	readonly running: { readonly spot: number; readonly onDemand: number };
	readonly fresh: { readonly spot: number; readonly onDemand: number };
	readonly needed: number;
	readonly launched: number;
	readonly shortfall: number;
	readonly reasons: readonly Reason[];
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
		readonly hidden: number;
		/** ISO 8601. */
		readonly oldestSubmittedAt: string | null;
		readonly builders: readonly {
			readonly builder: string;
			readonly count: number;
			readonly mozType: MozType | null;
			readonly slaveset: readonly string[] | null;
		}[];
	};
	readonly pools: readonly ReportedPool[];
	/** Of all types and of none, in the regions that could be read. */
	readonly instances: readonly ReportedInstances[];
	readonly launches: readonly ReportedLaunch[];
	readonly refusals: readonly ReportedRefusal[];
	readonly failures: readonly Failure[];
	readonly apiCalls: ApiCalls;
}

/** What a tick came to. `plan` and `walk` are null where it ended before it had them. */
export interface TickResult {
	readonly mode: Mode;
	/** Seconds since 1970, UTC. */
	readonly startedAt: number;
	readonly finishedAt: number;
	readonly regions: readonly Region[];
	readonly builders: readonly MappedBuilder[];
	readonly hidden: number;
	readonly lockedBy: string | null;
	readonly previousRun: PreviousRun | null;
	/** Of the regions that could be read. */
	readonly instances: readonly Instance[];
	readonly planned: { readonly plan: Plan; readonly walk: Walk } | null;
	readonly failures: readonly Failure[];
	readonly apiCalls: ApiCalls;
}

/** Puts a tick's result into the form of the contract. */
export function makeReport(result: TickResult): Report {
	const { builders, planned } = result;
	const count = (some: readonly MappedBuilder[]) => some.reduce((sum, builder) => sum + builder.count, 0);
	const oldest = builders.reduce((least, builder) => Math.min(least, builder.oldestSubmittedAt), Infinity);
	return {
		version: 1,
		mode: result.mode,
		startedAt: isoTime(result.startedAt),
		finishedAt: isoTime(result.finishedAt),
		lockedBy: result.lockedBy,
		previousRun: result.previousRun === null ? null : reportGap(result.previousRun, result.startedAt),
		regions: result.regions.toSorted(compareText),
		pending: {
			total: count(builders),
			matched: count(builders.filter(({ mozType }) => mozType !== null)),
			unmatched: count(builders.filter(({ mozType }) => mozType === null)),
			hidden: result.hidden,
			oldestSubmittedAt: builders.length === 0 ? null : isoTime(oldest),
			builders: builders
				.toSorted((a, b) => b.count - a.count || compareText(a.builder, b.builder))
				.map(({ builder, count, mozType, slaveset }) => ({ builder, count, mozType, slaveset })),
		},
		pools: planned === null ? [] : reportPools(planned.plan, planned.walk),
		instances: countInstances(result.instances),
		launches: planned === null ? [] : reportLaunches(planned.walk),
		refusals: planned === null ? [] : reportRefusals(planned.walk),
		failures: result.failures,
		apiCalls: result.apiCalls,
	};
}

function reportGap({ finishedAt, expectedSeconds }: PreviousRun, startedAt: number): Report["previousRun"] {
	// GitHub's clock may be ahead of this machine's.
	return { finishedAt: isoTime(finishedAt), gapSeconds: Math.max(0, startedAt - finishedAt), expectedSeconds };
}

function reportPools(plan: Plan, walk: Walk): readonly ReportedPool[] {
	const results = walk.results();
	return plan.pools.flatMap(({ pool, pending, supply }, index) => {
		const result = results[index];
		if (result === undefined) return [];
		const byLifecycle = (counts: Readonly<Record<Lifecycle, number>>) => ({
			spot: counts.spot,
			onDemand: counts["on-demand"],
		});
		return [
			{
				mozType: pool.mozType,
				slaveset: pool.slaveset,
				pending,
				running: byLifecycle(supply.running),
				fresh: byLifecycle(supply.fresh),
				...result,
			},
		];
	});
}

function countInstances(instances: readonly Instance[]): readonly ReportedInstances[] {
	const counts = new Map<string, ReportedInstances>();
	for (const { state, region, mozType, instanceType, lifecycle, virtualizationType, rootDeviceType } of instances) {
		if (state !== "running") continue;
		const alike = { region, mozType, instanceType, lifecycle, virtualizationType, rootDeviceType };
		const key = JSON.stringify(alike);
		counts.set(key, { ...alike, count: (counts.get(key)?.count ?? 0) + 1 });
	}
	return [...counts].toSorted(([a], [b]) => compareText(a, b)).map(([, alike]) => alike);
}

function reportLaunches(walk: Walk): readonly ReportedLaunch[] {
	return walk.launches.map(({ pool, attempt, instanceId, name, virtualizationType, rootDeviceType }) => ({
		mozType: pool.mozType,
		slaveset: pool.slaveset,
		region: attempt.region,
		role: attempt.role,
		availabilityZone: attempt.availabilityZone,
		subnetId: attempt.subnetId,
		instanceType: attempt.instanceType,
		lifecycle: attempt.lifecycle,
		imageId: attempt.imageId,
		maxPrice: attempt.maxPrice,
		instanceId,
		name,
		virtualizationType,
		rootDeviceType,
	}));
}

function reportRefusals(walk: Walk): readonly ReportedRefusal[] {
	return walk.refusals.map(({ order: { pool, attempt, count }, refusal }) => ({
		mozType: pool.mozType,
		region: attempt.region,
		availabilityZone: attempt.availabilityZone,
		instanceType: attempt.instanceType,
		lifecycle: attempt.lifecycle,
		wanted: count,
		code: refusal.code,
		message: refusal.message,
	}));
}

function isoTime(seconds: number): string {
	return new Date(seconds * 1000).toISOString();
}
