/** Drives a plan through a launcher: every order of the walk is placed as soon as it may be. */

import { type LaunchResult, LaunchRun } from "../core/launch/launch-run.ts";
import type { LaunchRequest, RefusalKind } from "../core/launch/refusal.ts";
import type { Plan } from "../core/plan/plan.ts";
import type { Failure } from "../core/report/report.ts";
import { poolName } from "./log-lines.ts";
import type { Launcher, Log } from "./ports.ts";

/** Refusals that tell of something wrong, not of something that is not to be had just now. */
const ERRORS: ReadonlySet<RefusalKind> = new Set(["rejected", "unknown", "stop-all"]);

/** Launches what the plan says; regions and types go side by side. */
export async function launch(args: {
	readonly plan: Plan;
	readonly launcher: Launcher;
	readonly log: Log;
	/** Seconds since 1970, UTC, from which on no launch is begun. */
	readonly deadline: number;
}): Promise<{ readonly launched: LaunchResult; readonly failures: readonly Failure[] }> {
	const { plan, launcher, log, deadline } = args;
	const launchRun = new LaunchRun(plan);
	const failures: Failure[] = [];
	const place = async (request: LaunchRequest): Promise<void> => {
		const outcome = await launcher.launch(request, deadline);
		const { region, availabilityZone, instanceType, lifecycle } = request.placement;
		const where = { region, mozType: request.pool.mozType };
		const what = `${poolName(request.pool)}: launched ${outcome.launched.length} of ${request.count} ${lifecycle} ${instanceType} in ${availabilityZone}`;
		const { refusal } = outcome;
		log.info(refusal === null ? what : `${what} (${refusal.code}: ${refusal.message})`);
		for (const { instanceId, name } of outcome.launched) log.debug(`${instanceId} ${name ?? "without a name"}`);
		if (refusal !== null && ERRORS.has(refusal.kind)) {
			failures.push({ stage: "launch", ...where, code: refusal.code, message: refusal.message });
		}
		for (const { code, message } of outcome.namingFailures) failures.push({ stage: "name", ...where, code, message });
		await Promise.all(launchRun.settle(request, outcome).map(place));
	};
	const adopting = plan.adoptions.map(async (adoption) => {
		const { region, mozType, instanceId, name } = adoption;
		log.info(`${mozType}: ${instanceId} in ${region} has no name, since its run was stopped; it becomes ${name}`);
		const namingFailures = await launcher.adopt(adoption);
		failures.push(...namingFailures.map((fault) => ({ stage: "name", region, mozType, ...fault })));
	});
	await Promise.all([...adopting, ...launchRun.start().map(place)]);
	return { launched: launchRun.result(), failures };
}
