/** The fifth step: carries out the plan, or simulates it. */

import { untilAborted } from "../abort.ts";
import { type LaunchResult, LaunchRun, simulate } from "../core/launch/launch-run.ts";
import type { Outcome } from "../core/launch/outcome.ts";
import { isError, type LaunchRequest } from "../core/launch/refusal.ts";
import type { Failure } from "../core/model/failure.ts";
import { deepFreeze } from "../core/model/freeze.ts";
import type { Adoption } from "../core/plan/adoption.ts";
import type { Plan } from "../core/plan/plan.ts";
import { attempt } from "./attempt.ts";
import { launchLine, rehearsalLine } from "./log-lines.ts";
import type { Ending, LateNaming, Launcher, Log, TickLock } from "./ports.ts";

export interface Launched {
	readonly result: LaunchResult;
	readonly failures: readonly Failure[];
}

/**
 * What a dry run would launch if EC2 granted every request. One launch of each type, region, and lifecycle among them is
 * rehearsed, so that a missing permission or a resource that does not exist is reported before it matters.
 */
export async function simulateLaunch(args: {
	readonly plan: Plan;
	readonly launcher: Launcher;
	readonly log: Log;
	/** Seconds since 1970, UTC. */
	readonly deadline: number;
}): Promise<Launched> {
	const { plan, launcher, log, deadline } = args;
	log.info("Dry run: skipping launches.");
	const result = simulate(plan);
	const rehearsals = new Map(
		result.launches.map(({ pool, placement }): [string, LaunchRequest] => [
			[pool.mozType, placement.role, placement.region, placement.lifecycle].join(" "),
			{ pool, placement, count: 1, names: null, ordinal: 0 },
		]),
	);
	const failures = await Promise.all(
		[...rehearsals.values()].map(async (request): Promise<readonly Failure[]> => {
			const refusal = await launcher.rehearse(request, deadline);
			log.info(rehearsalLine(request, refusal));
			if (refusal === null || !isError(refusal)) return [];
			const { region } = request.placement;
			const { code, message } = refusal;
			return [{ stage: "launch", region, mozType: request.pool.mozType, code, message: `Dry run: ${message}` }];
		}),
	);
	return deepFreeze({ result, failures: failures.flat() });
}

/**
 * Launches what the plan says. Every request starts as soon as the launch run allows it. Once the lock is lost, nothing
 * starts any more, and what is in flight finishes.
 */
export async function launch(args: {
	readonly plan: Plan;
	readonly launcher: Launcher;
	/** Null: the tick runs without one. */
	readonly lock: TickLock | null;
	readonly ending: Ending;
	readonly log: Log;
	/** Seconds since 1970, UTC, after which no launch starts. */
	readonly deadline: number;
}): Promise<Launched> {
	const { plan, launcher, lock, ending, log, deadline } = args;
	const launchRun = new LaunchRun(plan);
	const failures: Failure[] = [];
	const confirmLock = async () => untilAborted(Promise.resolve(lock?.confirm()), ending.end);
	const request = async (one: LaunchRequest): Promise<void> => {
		const outcome = await launcher.launch(one, deadline, confirmLock);
		log.info(launchLine(one, outcome));
		const ids = outcome.launched.map(({ instanceId }) => instanceId);
		// The log is all that is left if the report can't be written.
		if (ids.length > 0) log.info(`Instances: ${ids.join(", ")}`);
		for (const { instanceId, name } of outcome.launched) log.debug(`${instanceId} ${name ?? "without a name"}`);
		failures.push(...launchFailures(one, outcome));
		await Promise.all(launchRun.settle(one, outcome).map(request));
	};
	const adoptions = plan.adoptions.map(async (adoption) => {
		// Another run may give the same name to another instance.
		if ((await attempt({ stage: "launch", ending }, confirmLock)).kind === "failed") return;
		failures.push(...(await adopt(adoption, { launcher, log, deadline })));
	});
	await Promise.all([...adoptions, ...launchRun.start().map(request)]);
	failures.push(...lateNamings(await launcher.finishNaming(), log));
	// Also after the last launch: another run may have overlapped with it.
	const confirmed = await attempt({ stage: "launch", ending }, confirmLock);
	if (confirmed.kind === "failed") failures.push(confirmed.failure);
	return deepFreeze({ result: launchRun.result(), failures });
}

function launchFailures({ pool, placement }: LaunchRequest, outcome: Outcome): readonly Failure[] {
	const { refusal, namingFailures } = outcome;
	const concerns = { region: placement.region, mozType: pool.mozType };
	return [
		...(refusal !== null && isError(refusal)
			? [{ stage: "launch" as const, ...concerns, code: refusal.code, message: refusal.message }]
			: []),
		...namingFailures.map(({ code, message }) => ({ stage: "name" as const, ...concerns, code, message })),
	];
}

/** Tags that are missing for lack of time are no failure: the instances have their names, and the next run tags them. */
function lateNamings(all: readonly LateNaming[], log: Log): readonly Failure[] {
	const late = all.filter(({ code }) => code === "timeout").length;
	if (late > 0) log.info(`Name tags of ${late} instances are left to the next run. Their user data has their names.`);
	return all.filter(({ code }) => code !== "timeout").map((one) => ({ ...one, stage: "name" }));
}

/** Names an instance that an interrupted run left unnamed. */
async function adopt(
	adoption: Adoption,
	{ launcher, log, deadline }: { readonly launcher: Launcher; readonly log: Log; readonly deadline: number },
): Promise<readonly Failure[]> {
	const { region, mozType, instanceId, name, isGiven } = adoption;
	const what = isGiven
		? `has the name ${name} in its user data only; adding its tags`
		: `was left unnamed by an interrupted run; naming it ${name}`;
	log.info(`${mozType}: ${instanceId} in ${region} ${what}.`);
	const failures = await launcher.adopt(adoption, deadline);
	return failures.map(({ code, message }) => ({ stage: "name", region, mozType, code, message }));
}
