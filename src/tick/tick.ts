/** One tick, in reading order. Every rule is in `core/`; everything from outside comes in through a port. */

import { countDemand } from "../core/demand/demand.ts";
import { simulate } from "../core/launch/launch-run.ts";
import type { PendingRequests, RegionFacts } from "../core/model/facts.ts";
import type { AgeWindow, MozType, Policy, Region } from "../core/model/policy.ts";
import { makePlan } from "../core/plan/plan.ts";
import { makeReport, type TickResult } from "../core/report/make-report.ts";
import { describeLateness, isLate, type PreviousRun } from "../core/report/previous-run.ts";
import type { ApiCalls, Failure, Mode, Report } from "../core/report/report.ts";
import {
	type AccountRegion,
	accountRegions,
	describeAccount,
	distinctInstances,
	isAccountOf,
} from "../core/supply/accounts.ts";
import { FleetError } from "../errors.ts";
import { type BoundBuilders, bindBuilders } from "./bind-builders.ts";
import { databaseFailure } from "./database-failure.ts";
import { launch } from "./launch.ts";
import { mappingDetails, mappingLines, pendingLines, planDetails, planLines, regionLine } from "./log-lines.ts";
import { mapBuilders } from "./map-builders.ts";
import type {
	AllocationSource,
	Clock,
	Fleet,
	FleetQuery,
	Launcher,
	Log,
	PendingSource,
	PreviousRunSource,
	TickLock,
	TimeLimit,
} from "./ports.ts";
import { Stopwatch } from "./stopwatch.ts";

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

export interface TickPorts {
	readonly pending: PendingSource;
	/** Null: no builder has a jacuzzi. */
	readonly allocations: AllocationSource | null;
	/** Null: none is held. */
	readonly lock: TickLock | null;
	/** Null: earlier runs cannot be asked after. */
	readonly previousRun: PreviousRunSource | null;
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
export async function tick(options: TickOptions, outside: TickPorts): Promise<Report> {
	try {
		return await tickUnderLock(options, outside);
	} finally {
		outside.lock?.release();
	}
}

async function tickUnderLock(options: TickOptions, outside: TickPorts): Promise<Report> {
	const { policy, mode } = options;
	const { log, clock } = outside;
	const startedAt = clock.now();
	const stopwatch = new Stopwatch(clock);
	// Asked for at once and awaited at the end, so that it goes beside all that is read.
	const previousRun = outside.previousRun?.read() ?? null;
	const finish = async (result: Partial<TickResult>): Promise<Report> =>
		makeReport({
			mode,
			startedAt,
			finishedAt: clock.now(),
			regions: options.regions,
			builders: [],
			outsideAgeWindow: 0,
			lockedBy: null,
			previousRun: await knownRun(previousRun, startedAt, log),
			instances: [],
			planned: null,
			failures: [],
			apiCalls: {},
			timings: stopwatch.timings,
			...result,
		});

	const locked = await stopwatch.time("lock", () => takeLock(outside.lock, log));
	if ("failure" in locked) return finish({ failures: [locked.failure] });
	if (locked.by !== null) return finish({ lockedBy: locked.by });
	/** A stage of the tick: a group of the log, and a time of the report. */
	const stage = <T>(name: string, title: string, body: () => Promise<T>): Promise<T> =>
		stopwatch.time(name, () => log.group(title, body));
	const pending = await stage("pending", "Pending", () => readPending(outside.pending, policy.pending, clock, log));
	if ("failure" in pending) return finish({ failures: [pending.failure] });

	const { outsideAgeWindow } = pending;
	const mapped = await stage("mapping", "Map", () => mapPending(pending, policy, outside));
	const { builders, failures, allocated, connected } = mapped;
	const demand = countDemand(builders);
	if (demand.length === 0) {
		log.info("Nothing is pending that can be launched for: no AWS call is made.");
		return finish({ builders: mapped.all, failures, outsideAgeWindow });
	}

	const { fleet, launcher, apiCalls } = await outside.cloud();
	const mozTypes = demand.map(({ pool }) => pool.mozType);
	const read = await stage("read", "Read EC2", () =>
		readFleet({ fleet, policy, regions: options.regions, mozTypes, log }),
	);
	const plan = await stage("plan", "Plan", async () => {
		const { facts, unread } = read;
		const plan = makePlan({ ...options, demand, facts, unread, allocated, connected, now: clock.now() });
		for (const line of planLines(plan)) log.info(line);
		log.debug(planDetails(plan));
		return plan;
	});
	const launched = await stage("launch", "Launch", async () => {
		if (mode !== "dry-run") return launch({ plan, launcher, log, deadline: startedAt + options.timeout });
		log.info("This is a dry run: nothing is launched.");
		return { launched: simulate(plan), failures: [] };
	});
	return finish({
		builders: mapped.all,
		outsideAgeWindow,
		instances: distinctInstances(read.facts, policy),
		planned: { plan, launched: launched.launched },
		failures: [...failures, ...read.failures, ...launched.failures],
		apiCalls: apiCalls(),
	});
}

/** The run before this one, where it is known; a warning where it is long ago. */
async function knownRun(
	asked: ReturnType<PreviousRunSource["read"]> | null,
	startedAt: number,
	log: Log,
): Promise<PreviousRun | null> {
	const answer = await asked;
	if (answer === null) return null;
	if ("unknown" in answer) {
		log.debug(`When this workflow last ran is not known: ${answer.unknown}`);
		return null;
	}
	const gap = { gapSeconds: startedAt - answer.finishedAt, expectedSeconds: answer.expectedSeconds };
	if (isLate(gap)) log.warning(describeLateness(gap));
	return answer;
}

/** Maps the pending builders, and gives them their slavesets. */
async function mapPending(
	{ builders: pending }: PendingRequests,
	{ builderMap: patterns }: Policy,
	{ allocations, timeLimit, log }: TickPorts,
): Promise<BoundBuilders> {
	const mapped = mapBuilders({ pending, patterns, timeLimit });
	const bound = await bindBuilders(mapped.builders, allocations);
	for (const line of mappingLines(bound.all)) log.info(line);
	log.debug(mappingDetails(bound.all));
	return { ...bound, failures: [...mapped.failures, ...bound.failures] };
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
		return { failure: databaseFailure(error, "pending") };
	}
}

async function readPending(
	source: PendingSource,
	window: AgeWindow,
	clock: Clock,
	log: Log,
): Promise<PendingRequests | { readonly failure: Failure }> {
	try {
		const pending = await source.read(window);
		for (const line of pendingLines(pending, clock.now())) log.info(line);
		return pending;
	} catch (error) {
		return { failure: databaseFailure(error, "pending") };
	}
}

/** Reads all accounts of all regions side by side; one that cannot be read is left out of the tick. */
async function readFleet(args: {
	readonly fleet: Fleet;
	readonly policy: Policy;
	readonly regions: readonly Region[];
	readonly mozTypes: readonly MozType[];
	readonly log: Log;
}): Promise<{
	readonly facts: readonly RegionFacts[];
	readonly unread: readonly AccountRegion[];
	readonly failures: readonly Failure[];
}> {
	const answers = await Promise.all(
		accountRegions(args.policy, args.regions).map(async (account) => {
			try {
				const facts = await args.fleet.read(fleetQuery(args.policy, account, args.mozTypes));
				args.log.info(regionLine(facts));
				return { account, facts };
			} catch (error) {
				if (!(error instanceof FleetError)) throw error;
				const { code, message } = error;
				args.log.info(`${describeAccount(account)}: could not be read (${code}).`);
				return { account, failure: { stage: "read", region: account.region, mozType: null, code, message } };
			}
		}),
	);
	return {
		facts: answers.flatMap(({ facts }) => facts ?? []),
		unread: answers.flatMap(({ account, failure }) => (failure === undefined ? [] : [account])),
		failures: answers.flatMap(({ failure }) => failure ?? []),
	};
}

function fleetQuery(policy: Policy, account: AccountRegion, mozTypes: readonly MozType[]): FleetQuery {
	const { region } = account;
	const distinct = [...new Set(mozTypes)].filter((mozType) => isAccountOf(policy, mozType, account));
	const rules = distinct
		.filter((mozType) => policy.spotLimits.regions[region]?.[mozType] !== undefined)
		.flatMap((mozType) => policy.spotRules[mozType] ?? []);
	const products = Map.groupBy(rules, ({ productDescription }) => productDescription);
	return {
		...account,
		mozTypes: distinct,
		subnetIds: [...new Set(distinct.flatMap((mozType) => policy.types[mozType]?.regions[region]?.subnetIds ?? []))],
		spotProducts: [...products].map(([productDescription, some]) => ({
			productDescription,
			instanceTypes: [...new Set(some.map(({ instanceType }) => instanceType))],
		})),
	};
}
