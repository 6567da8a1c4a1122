/** The result of a tick in the form of the report. */
import type { MappedBuilder, SkipReason } from "../demand/demand.ts";
import { compareText } from "../demand/pool.ts";
import type { LaunchResult } from "../launch/launch-run.ts";
import type { Instance, TerminatedInstance } from "../model/facts.ts";
import type { Failure } from "../model/failure.ts";
import type { Lifecycle, Region } from "../model/policy.ts";
import type { Plan } from "../plan/plan.ts";
import type { FirstBuilds } from "../supply/first-builds.ts";
import { isoTime } from "./duration.ts";
import type { PreviousRun } from "./previous-run.ts";
import type {
	ApiCalls,
	Mode,
	Report,
	ReportedDeaths,
	ReportedInstances,
	ReportedLaunch,
	ReportedPool,
	ReportedReason,
	ReportedRefusal,
	ReportedSkip,
	Timing,
} from "./report.ts";
import { reportSpotPools, reportSpread } from "./report-spread.ts";
import { costOf } from "./run-report.ts";

const SKIP_MESSAGES: Readonly<Record<SkipReason, string>> = {
	unmatched: "no pattern of buildermap matches",
	"pattern-timeout": "a pattern of buildermap timed out",
	"allocation-unknown": "their workers are unknown",
	"not-configured": "no master has workers configured for them",
};

/** The result of a tick. */
export interface TickResult {
	readonly mode: Mode;
	/** Seconds since 1970, UTC. */
	readonly startedAt: number;
	readonly finishedAt: number;
	readonly regions: readonly Region[];
	readonly builders: readonly MappedBuilder[];
	readonly outsideAgeWindow: number;
	/** Another run that held the lock, since when if known (seconds since 1970, UTC); null: this run held it. */
	readonly lockHolder: { readonly by: string; readonly since: number | null } | null;
	readonly previousRun: PreviousRun | null;
	/** Of the regions that could be read. */
	readonly instances: readonly Instance[];
	/** Instances that died young. */
	readonly deaths: readonly TerminatedInstance[];
	/** Null: unknown. */
	readonly firstBuilds: FirstBuilds | null;
	/** Null: the tick ended before it launched anything. */
	readonly planned: { readonly plan: Plan; readonly launched: LaunchResult } | null;
	readonly failures: readonly Failure[];
	readonly apiCalls: ApiCalls;
	readonly timings: readonly Timing[];
}

export function makeReport(result: TickResult): Report {
	const { builders, planned, lockHolder } = result;
	const launches = planned === null ? [] : reportLaunches(planned.launched);
	const count = (some: readonly MappedBuilder[]) => some.reduce((sum, builder) => sum + builder.count, 0);
	const oldest = builders.reduce((least, builder) => Math.min(least, builder.oldestSubmittedAt), Infinity);
	return {
		version: 1,
		mode: result.mode,
		startedAt: isoTime(result.startedAt),
		finishedAt: isoTime(result.finishedAt),
		lockedBy: lockHolder?.by ?? null,
		lockedSince: lockHolder?.since == null ? null : isoTime(lockHolder.since),
		previousRun: result.previousRun === null ? null : reportGap(result.previousRun, result.startedAt),
		regions: result.regions.toSorted(compareText),
		pending: {
			total: count(builders),
			matched: count(builders.filter(({ mozType }) => mozType !== null)),
			unmatched: count(builders.filter(({ mozType }) => mozType === null)),
			outsideAgeWindow: result.outsideAgeWindow,
			oldestSubmittedAt: builders.length === 0 ? null : isoTime(oldest),
			builders: builders
				.toSorted((a, b) => b.count - a.count || compareText(a.builder, b.builder))
				.map(({ builder, count, mozType, slaveset, skipReason }) => ({
					builder,
					count,
					mozType,
					slaveset,
					reason: skipReason,
				})),
			reasons: reportSkipped(builders),
		},
		heuristics: planned?.plan.heuristics ?? null,
		pools: planned === null ? [] : reportPools(planned.plan, planned.launched),
		instances: countInstances(result.instances),
		deaths: countDeaths(result.deaths),
		spotPools: planned === null ? [] : reportSpotPools(planned.plan, planned.launched),
		spread: planned === null ? [] : reportSpread(planned.plan, planned.launched),
		firstBuilds: result.firstBuilds === null ? null : reportFirstBuilds(result.firstBuilds),
		launches,
		refusals: planned === null ? [] : reportRefusals(planned.launched),
		exclusions: planned === null ? [] : reportExclusions(planned.plan, planned.launched),
		failures: result.failures,
		apiCalls: result.apiCalls,
		timings: result.timings,
		cost: costOf(launches),
		ticks: null,
		waits: null,
	};
}

function reportSkipped(builders: readonly MappedBuilder[]): readonly ReportedReason[] {
	return [...Map.groupBy(builders, ({ skipReason }) => skipReason)].flatMap(([code, some]) =>
		code === null
			? []
			: [{ code, message: SKIP_MESSAGES[code], count: some.reduce((sum, { count }) => sum + count, 0) }],
	);
}

function reportGap({ finishedAt, expectedSeconds }: PreviousRun, startedAt: number): Report["previousRun"] {
	// GitHub's clock may be ahead of this machine's.
	return { finishedAt: isoTime(finishedAt), gapSeconds: Math.max(0, startedAt - finishedAt), expectedSeconds };
}

function reportPools(plan: Plan, launched: LaunchResult): readonly ReportedPool[] {
	return plan.pools.flatMap(({ pool, pending, oldestSubmittedAt, supply }, index) => {
		const result = launched.pools[index];
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
				oldestSubmittedAt: isoTime(oldestSubmittedAt),
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
		const group = { region, mozType, instanceType, lifecycle, virtualizationType, rootDeviceType };
		const key = JSON.stringify(group);
		counts.set(key, { ...group, count: (counts.get(key)?.count ?? 0) + 1 });
	}
	return [...counts].toSorted(([a], [b]) => compareText(a, b)).map(([, group]) => group);
}

function countDeaths(deaths: readonly TerminatedInstance[]): readonly ReportedDeaths[] {
	const groups = Map.groupBy(
		deaths.map(({ mozType, region, availabilityZone, lifecycle, instanceType, imageId, reason }) => ({
			...{ mozType, region, availabilityZone, lifecycle, instanceType, imageId },
			...reason,
		})),
		(death) => JSON.stringify(death),
	);
	return [...groups]
		.toSorted(([a], [b]) => compareText(a, b))
		.flatMap(([, [first, ...others]]) => (first === undefined ? [] : [{ ...first, count: 1 + others.length }]));
}

function reportFirstBuilds({ neverConnected, ...times }: FirstBuilds): Report["firstBuilds"] {
	const withTimes = neverConnected.map((group) => ({ ...group, launchedAt: isoTime(group.launchedAt) }));
	return { ...times, neverConnected: withTimes };
}

function reportLaunches(launched: LaunchResult): readonly ReportedLaunch[] {
	return launched.launches.map(({ pool, placement, instanceId, name, virtualizationType, rootDeviceType }) => ({
		mozType: pool.mozType,
		slaveset: pool.slaveset,
		region: placement.region,
		role: placement.role,
		availabilityZone: placement.availabilityZone,
		subnetId: placement.subnetId,
		instanceType: placement.instanceType,
		lifecycle: placement.lifecycle,
		imageId: placement.imageId,
		maxPrice: placement.maxPrice,
		spotPrice: placement.spotPrice,
		onDemandPrice: placement.onDemandPrice,
		instanceId,
		name,
		virtualizationType,
		rootDeviceType,
	}));
}

function reportRefusals(launched: LaunchResult): readonly ReportedRefusal[] {
	return launched.refusals.map(({ request: { pool, placement, count }, refusal }) => ({
		mozType: pool.mozType,
		region: placement.region,
		availabilityZone: placement.availabilityZone,
		instanceType: placement.instanceType,
		lifecycle: placement.lifecycle,
		wanted: count,
		code: refusal.code,
		message: refusal.message,
	}));
}

/** Of the phases that started, without duplicates: the pools of a type share most of them. */
function reportExclusions(plan: Plan, launched: LaunchResult): readonly ReportedSkip[] {
	const started = launched.pools.map(({ phases }) => phases.filter(({ needed }) => needed > 0).length);
	const all = plan.pools.flatMap(({ pool: { mozType }, phases }, index) =>
		phases
			.slice(0, started[index])
			.flatMap(({ lifecycle, skipped }) =>
				skipped.map(({ code, message }): ReportedSkip => ({ mozType, lifecycle, code, message })),
			),
	);
	return [...new Map(all.map((exclusion) => [JSON.stringify(Object.values(exclusion)), exclusion])).values()];
}
