/** Drives a plan through a launcher: every order of the walk is placed as soon as it may be. */
import type { Plan } from "./core/plan.ts";
import type { Failure } from "./core/report.ts";
import { type Order, Walk } from "./core/walk.ts";
import type { Launcher, Log } from "./ports.ts";

/** Launches what the plan says; regions and types go side by side. */
export async function launch(args: {
	readonly plan: Plan;
	readonly launcher: Launcher;
	readonly log: Log;
}): Promise<{ readonly walk: Walk; readonly failures: readonly Failure[] }> {
	const { launcher, log } = args;
	const walk = new Walk(args.plan);
	const failures: Failure[] = [];
	const place = async (order: Order): Promise<void> => {
		const outcome = await launcher.launch(order);
		const { region, availabilityZone, instanceType, lifecycle } = order.attempt;
		const where = { region, mozType: order.pool.mozType };
		const what = `${order.pool.mozType}: ${outcome.launched.length} of ${order.count} ${lifecycle} ${instanceType} in ${availabilityZone}`;
		const { refusal } = outcome;
		log.info(refusal === null ? what : `${what} (${refusal.code}: ${refusal.message})`);
		if (refusal !== null && (refusal.kind === "rejected" || refusal.kind === "unknown")) {
			failures.push({ stage: "launch", ...where, code: refusal.code, message: refusal.message });
		}
		for (const { code, message } of outcome.faults) failures.push({ stage: "name", ...where, code, message });
		await Promise.all(walk.settle(order, outcome).map(place));
	};
	await Promise.all(walk.start().map(place));
	return { walk, failures };
}
