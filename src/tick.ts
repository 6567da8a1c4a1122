/** One tick, in reading order. Every rule is in `core/`; everything from outside comes in through a port. */
import { allocate, NO_ALLOCATIONS, type Withheld } from "./core/allocations.ts";
import { countDemand, type MappedBuilder } from "./core/demand.ts";
import type { PendingRequests, RegionFacts } from "./core/facts.ts";
import { makeReport, type TickResult } from "./core/make-report.ts";
import { makePlan } from "./core/plan.ts";
import type { AgeWindow, MozType, Policy, Region } from "./core/policy.ts";
import type { ApiCalls, Failure, Mode, Report, Timing } from "./core/report.ts";
import { walkOptimistically } from "./core/walk.ts";
import { DatabaseError, FleetError } from "./errors.ts";
import { launch } from "./launch.ts";
import { mapBuilders } from "./map-builders.ts";
import type {
	AllocationSource,
	Clock,
	Fleet,
	FleetQuery,
	Launcher,
	Log,
	PendingSource,
	TickLock,
	TimeLimit,
} from "./ports.ts";

export interface TickOptions {
	readonly policy: Policy;
	readonly regions: readonly Region[];
	readonly mode: Mode;
	/** 0 to 100. */
	readonly latestAmiPercentage: number;
	readonly maxLaunches: number;
	/** Seconds after which no launch is begun. */
	readonly timeout: number;
}

export interface Outside {
	readonly pending: PendingSource;
	/** Null: no builder has a jacuzzi. */
	readonly allocations: AllocationSource | null;
	/** Null: none is held. */
	readonly lock: TickLock | null;
	/** Opened only when something that maps is pending: until then no credentials are needed. */
	readonly cloud: () => Promise<{
		readonly fleet: Fleet;
		readonly launcher: Launcher;
		readonly apiCalls: () => ApiCalls;
	}>;
	readonly timeLimit: TimeLimit;
	readonly log: Log;
	readonly clock: Clock;
}

/** Runs one tick. Never throws for what a port may throw: it is told in the report's failures. */
export async function tick(options: TickOptions, outside: Outside): Promise<Report> {
	try {
		return await tickUnderLock(options, outside);
	} finally {
		outside.lock?.release();
	}
}

async function tickUnderLock(options: TickOptions, outside: Outside): Promise<Report> {
	const { policy, mode } = options;
	const { log, clock } = outside;
	const startedAt = clock.now();
	const timings: Timing[] = [];
	const timed = async <T>(stage: string, body: () => T): Promise<Awaited<T>> => {
		const start = clock.elapsed();
		const result = await body();
		timings.push({ stage, seconds: Math.round(clock.elapsed() - start) / 1000 });
		return result;
	};
	const finish = (result: Partial<TickResult>): Report =>
		makeReport({
			mode,
			startedAt,
			finishedAt: clock.now(),
			regions: options.regions,
			builders: [],
			hidden: 0,
			lockedBy: null,
			planned: null,
			failures: [],
			apiCalls: {},
			timings,
			...result,
		});

	const locked = await timed("lock", () => takeLock(outside.lock, log));
	if ("failure" in locked) return finish({ failures: [locked.failure] });
	if (locked.by !== null) return finish({ lockedBy: locked.by });
	const pending = await timed("pending", () => readPending(outside.pending, policy.pending, log));
	if ("failure" in pending) return finish({ failures: [pending.failure] });

	const { hidden } = pending;
	const mapped = await timed("mapping", () =>
		mapBuilders({ pending: pending.builders, patterns: policy.builderMap, timeLimit: outside.timeLimit, log }),
	);
	const matched = mapped.builders.flatMap(({ builder, mozType }) => (mozType === null ? [] : [builder]));
	const { allocations: source } = outside;
	const allocations =
		source === null || matched.length === 0 ? NO_ALLOCATIONS : await timed("jacuzzi", () => source.read(matched));
	const { builders, withheld } = allocate(mapped.builders, allocations);
	const all = [...builders, ...withheld.map(({ builder }) => builder)];
	const failures = [...mapped.failures, ...withheld.map(withheldFailure)];
	const demand = countDemand(builders);
	if (demand.length === 0) {
		log.info("Nothing is pending that can be launched for: no AWS call is made.");
		return finish({ builders: all, failures, hidden });
	}

	const { fleet, launcher, apiCalls } = await outside.cloud();
	const mozTypes = demand.map(({ pool }) => pool.mozType);
	const read = await timed("read", () => readFleet({ fleet, policy, regions: options.regions, mozTypes, log }));
	const plan = await timed("plan", () =>
		makePlan({
			...options,
			demand,
			facts: read.facts,
			unreadRegions: read.unread,
			allocated: typeof allocations.allocated === "string" ? new Set(allocatedIn(builders)) : allocations.allocated,
			now: clock.now(),
		}),
	);
	const launched = await timed("launch", async () =>
		mode === "dry-run"
			? { walk: walkOptimistically(plan), failures: [] }
			: log.group("Launch", () => launch({ plan, launcher, log, deadline: startedAt + options.timeout })),
	);
	return finish({
		builders: all,
		hidden,
		planned: { plan, walk: launched.walk },
		failures: [...failures, ...read.failures, ...launched.failures],
		apiCalls: apiCalls(),
	});
}

function withheldFailure({ builder: { builder, count, mozType }, why }: Withheld): Failure {
	const message = `Nothing is launched for the ${count} pending requests of "${builder}", since its workers are not known: ${why}.`;
	return { stage: "jacuzzi", region: null, mozType, code: "allocation-unknown", message };
}

function allocatedIn(builders: readonly MappedBuilder[]): readonly string[] {
	return builders.flatMap(({ slaveset }) => slaveset ?? []);
}

async function takeLock(
	lock: TickLock | null,
	log: Log,
): Promise<{ readonly by: string | null } | { readonly failure: Failure }> {
	try {
		const by = (await lock?.acquire()) ?? null;
		if (by !== null) log.notice(`Another run is at work: ${by}. This one reads and launches nothing.`);
		return { by };
	} catch (error) {
		return { failure: databaseFailure(error) };
	}
}

function databaseFailure(error: unknown): Failure {
	if (!(error instanceof DatabaseError)) throw error;
	return { stage: "pending", region: null, mozType: null, code: error.code, message: error.message };
}

async function readPending(
	source: PendingSource,
	window: AgeWindow,
	log: Log,
): Promise<PendingRequests | { readonly failure: Failure }> {
	try {
		const { builders, hidden } = await source.read(window);
		const total = builders.reduce((sum, { count }) => sum + count, 0);
		log.info(`${total} build requests of ${builders.length} builders are pending.`);
		if (hidden > 0) log.info(`${hidden} more are outside the age window of the configuration.`);
		return { builders, hidden };
	} catch (error) {
		return { failure: databaseFailure(error) };
	}
}

/** Reads all regions side by side; one that cannot be read is left out of the tick. */
async function readFleet(args: {
	readonly fleet: Fleet;
	readonly policy: Policy;
	readonly regions: readonly Region[];
	readonly mozTypes: readonly MozType[];
	readonly log: Log;
}): Promise<{
	readonly facts: readonly RegionFacts[];
	readonly unread: readonly Region[];
	readonly failures: readonly Failure[];
}> {
	const answers = await Promise.all(
		args.regions.map(async (region) => {
			try {
				const facts = await args.fleet.read(fleetQuery(args.policy, region, args.mozTypes));
				args.log.info(`${region}: ${facts.instances.length} instances, ${facts.images.length} images.`);
				return { region, facts };
			} catch (error) {
				if (!(error instanceof FleetError)) throw error;
				const { code, message } = error;
				return { region, failure: { stage: "read", region, mozType: null, code, message } };
			}
		}),
	);
	return {
		facts: answers.flatMap(({ facts }) => facts ?? []),
		unread: answers.flatMap(({ region, failure }) => (failure === undefined ? [] : [region])),
		failures: answers.flatMap(({ failure }) => failure ?? []),
	};
}

function fleetQuery(policy: Policy, region: Region, mozTypes: readonly MozType[]): FleetQuery {
	const distinct = [...new Set(mozTypes)];
	const rules = distinct
		.filter((mozType) => policy.spotLimits.regions[region]?.[mozType] !== undefined)
		.flatMap((mozType) => policy.spotRules[mozType] ?? []);
	const products = Map.groupBy(rules, ({ productDescription }) => productDescription);
	return {
		region,
		mozTypes: distinct,
		subnetIds: [...new Set(distinct.flatMap((mozType) => policy.types[mozType]?.regions[region]?.subnetIds ?? []))],
		spotProducts: [...products].map(([productDescription, some]) => ({
			productDescription,
			instanceTypes: [...new Set(some.map(({ instanceType }) => instanceType))],
		})),
	};
}
