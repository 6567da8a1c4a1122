/**
 * One tick: pending → demand → facts → plan → launch → report. Each step turns values into one frozen value. The rules
 * are in `core/`; everything from outside comes through a port.
 */
import type { FailureStage } from "../core/model/failure.ts";
import type { Policy, Region } from "../core/model/policy.ts";
import type { Mode, Report } from "../core/report/report.ts";
import { findDemand } from "./demand.ts";
import { readFacts } from "./facts.ts";
import { launch, simulateLaunch } from "./launch.ts";
import { oneByOneLines } from "./log-lines.ts";
import { readPending, takeLock } from "./pending.ts";
import { plan as planStep } from "./plan.ts";
import type { TickPorts } from "./ports.ts";
import { report, type Steps } from "./report.ts";
import { Stopwatch, type TimedStage } from "./stopwatch.ts";
import { readWorkers } from "./workers.ts";

export interface TickOptions {
	readonly policy: Policy;
	readonly regions: readonly Region[];
	readonly mode: Mode;
	/** 0 to 100. */
	readonly latestAmiPercentage: number;
	readonly maxLaunches: number;
	/** USD per hour; null: no ceiling. */
	readonly maxHourlyCost: number | null;
	/** Seconds after which no launch starts. */
	readonly timeout: number;
}

/** Runs one tick. A port's failure is part of the report. */
export async function tick(options: TickOptions, ports: TickPorts): Promise<Report> {
	try {
		return await tickUnderLock(options, ports);
	} finally {
		ports.lock?.release();
	}
}

async function tickUnderLock(options: TickOptions, ports: TickPorts): Promise<Report> {
	const { policy, regions, mode, latestAmiPercentage, maxLaunches, maxHourlyCost, timeout } = options;
	const { allocations, timeLimit, ending, log, clock } = ports;
	const startedAt = clock.now();
	const stopwatch = new Stopwatch(clock);
	// Requested now and awaited by the report, so that it overlaps all other reads.
	const previousRun = ports.previousRun?.read() ?? null;
	const end = (steps: Steps, stoppedBefore: FailureStage | null = null) =>
		report(
			{ ...steps, stoppedBefore },
			{ mode, policy, regions, startedAt, previousRun, stopwatch, ending, clock, log },
		);
	/** A group of the log and a time of the report. */
	const stage = <T>(name: TimedStage, title: string, body: () => Promise<T>): Promise<T> =>
		stopwatch.time(name, () => log.group(title, body));

	const lock = await stopwatch.time("lock", () => takeLock({ lock: ports.lock, timeout, ending, log, clock }));
	if (lock.kind !== "acquired") return end({ lock });
	if (ending.stop.aborted) return end({ lock }, "pending");

	const pending = await stage("pending", "Pending", () =>
		readPending({ source: ports.pending, window: policy.pending, ending, log, clock }),
	);
	if (pending.kind === "failed") return end({ lock, pending });

	const demand = await stage("mapping", "Map", () =>
		findDemand({ pending: pending.builders, patterns: policy.builderMap, allocations, timeLimit, ending, clock, log }),
	);
	if (demand.pools.length === 0) {
		log.info("No pending request maps to AWS; skipping all AWS calls.");
		return end({ lock, pending, demand });
	}
	if (ending.stop.aborted) return end({ lock, pending, demand }, "read");

	const { fleet, launcher, apiCalls } = await ports.cloud();
	const mozTypes = demand.pools.map(({ pool }) => pool.mozType);
	const facts = await stage("read", "Read EC2", () => readFacts({ fleet, policy, regions, mozTypes, ending, log }));

	const plan = await stage("plan", "Plan", async () =>
		planStep(
			{ policy, demand, facts, latestAmiPercentage, maxLaunches, maxHourlyCost, now: clock.now() + facts.clockOffset },
			log,
		),
	);

	const [launched, workers] = await Promise.all([
		stage("launch", "Launch", async () =>
			mode === "dry-run"
				? simulateLaunch({ plan, launcher, log, deadline: startedAt + timeout })
				: launch({ plan, launcher, lock: ports.lock, ending, log, deadline: startedAt + timeout }),
		),
		// Meanwhile, so that a slow database delays no launch.
		readWorkers({ source: ports.workers, facts, policy, now: clock.now() + facts.clockOffset, ending, log }),
	]);
	for (const line of oneByOneLines(policy.types, regions, launched.result.launches)) log.info(line);
	return end({ lock, pending, demand, facts, plan, launched, workers, apiCalls: apiCalls() });
}
