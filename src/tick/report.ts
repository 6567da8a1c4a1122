/** The last step: the report, of as many steps as the tick reached. */
import { untilAborted } from "../abort.ts";
import type { WorkerFacts } from "../core/model/facts.ts";
import type { Failure, FailureStage } from "../core/model/failure.ts";
import { deepFreeze } from "../core/model/freeze.ts";
import type { MozType, Policy, Region } from "../core/model/policy.ts";
import type { Plan } from "../core/plan/plan.ts";
import { firstBuildsLine, neverConnectedWarning } from "../core/report/first-builds.ts";
import { makeReport } from "../core/report/make-report.ts";
import { latenessWarning, type PreviousRun } from "../core/report/previous-run.ts";
import type { ApiCalls, Mode, Report } from "../core/report/report.ts";
import { distinctInstances } from "../core/supply/accounts.ts";
import { YOUNG, youngDeaths } from "../core/supply/deaths.ts";
import { firstBuilds, namedMachines } from "../core/supply/first-builds.ts";
import { StoppedError } from "../errors.ts";
import type { TickDemand } from "./demand.ts";
import type { TickFacts } from "./facts.ts";
import type { Launched } from "./launch.ts";
import type { Locked, Pending } from "./pending.ts";
import type { Clock, Ending, Log, PreviousRunAnswer } from "./ports.ts";
import type { Stopwatch } from "./stopwatch.ts";

/** What the steps returned. A step that the tick didn't reach is missing. */
export interface Steps {
	readonly lock: Locked;
	readonly pending?: Pending;
	readonly demand?: TickDemand;
	readonly facts?: TickFacts;
	readonly plan?: Plan;
	readonly launched?: Launched;
	/** Null: unknown. */
	readonly workers?: WorkerFacts | null;
	readonly apiCalls?: ApiCalls;
	/** The stage that never began, since the tick was stopped before it; null: none. */
	readonly stoppedBefore?: FailureStage | null;
}

export interface ReportParts {
	readonly mode: Mode;
	readonly policy: Policy;
	readonly regions: readonly Region[];
	/** Seconds since 1970, UTC. */
	readonly startedAt: number;
	/** Null: there is no source. */
	readonly previousRun: Promise<PreviousRunAnswer> | null;
	readonly stopwatch: Stopwatch;
	readonly ending: Ending;
	readonly clock: Clock;
	readonly log: Log;
}

/** Makes the report. Waits for the previous run's answer, which ends within seconds. */
export async function report(steps: Steps, parts: ReportParts): Promise<Report> {
	const { mode, policy, regions, startedAt, stopwatch, ending, clock, log } = parts;
	const { lock, pending, demand, facts, plan, launched } = steps;
	const finishedAt = clock.now();
	const now = finishedAt + (facts?.clockOffset ?? 0);
	const instances = distinctInstances(facts?.machines ?? [], policy);
	const result = deepFreeze(
		makeReport({
			mode,
			startedAt,
			finishedAt,
			regions,
			builders: demand?.mapped ?? [],
			outsideAgeWindow: pending?.kind === "read" ? pending.outsideAgeWindow : 0,
			lockHolder: lock.kind === "held" ? lock : null,
			previousRun: await knownRun(parts, log),
			instances,
			deaths: youngDeaths(facts?.machines ?? [], policy, now),
			firstBuilds:
				steps.workers == null
					? null
					: firstBuilds({
							machines: namedMachines(instances),
							workers: steps.workers,
							delay: policy.heuristics.freshInstanceDelay,
							now,
						}),
			planned: plan === undefined || launched === undefined ? null : { plan, launched: launched.result },
			failures: [
				...stopFailures(steps, ending),
				...failuresOf(lock),
				...failuresOf(pending),
				...(demand?.failures ?? []),
				...(facts?.failures ?? []),
				...(launched?.failures ?? []),
				...(plan === undefined ? [] : plan.deadly.everywhere.map(diesEverywhere)),
			],
			apiCalls: steps.apiCalls ?? {},
			timings: [...stopwatch.timings],
		}),
	);
	logFirstBuilds(result, log);
	return result;
}

function logFirstBuilds(result: Report, log: Log): void {
	const line = firstBuildsLine(result);
	if (line !== "") log.info(line);
	const warning = neverConnectedWarning(result.firstBuilds?.neverConnected ?? [], null);
	if (warning !== "") log.warning(warning);
}

function diesEverywhere(mozType: MozType): Failure {
	const message = `${mozType}: instances die within ${YOUNG / 60} min of their launch at every placement, so only probes are launched. Fix the cause that EC2 gives, or the image and its user data.`;
	return { stage: "launch", region: null, mozType, code: "died-young", message };
}

function failuresOf(step: Locked | Pending | undefined): readonly Failure[] {
	return step?.kind === "failed" ? [step.failure] : [];
}

function stopFailures({ stoppedBefore = null }: Steps, { stop }: Ending): readonly Failure[] {
	return stoppedBefore !== null && stop.reason instanceof StoppedError ? [stop.reason.toFailure(stoppedBefore)] : [];
}

/** The run before this one, if it is known. Warns if that was long ago. */
async function knownRun({ previousRun, startedAt, ending }: ReportParts, log: Log): Promise<PreviousRun | null> {
	if (previousRun === null) return null;
	const answer = await untilAborted(previousRun, ending.end).catch((error: unknown): PreviousRunAnswer => {
		if (!(error instanceof StoppedError)) throw error;
		return { kind: "unknown", reason: error.message };
	});
	if (answer.kind === "unknown") {
		log.debug(`The previous run of this workflow is unknown: ${answer.reason}`);
		return null;
	}
	const { finishedAt, expectedSeconds } = answer.run;
	const warning = latenessWarning({ gapSeconds: startedAt - finishedAt, expectedSeconds });
	if (warning !== null) log.warning(warning);
	return answer.run;
}
