/** A request in as few calls as EC2 grants. */
import type { Outcome } from "../../core/launch/outcome.ts";
import type { LaunchRequest, Refusal } from "../../core/launch/refusal.ts";
import { namesTags } from "../../core/model/batch-names.ts";
import { MOST_USER_DATA_BYTES, type UserDataTemplate } from "../../core/model/user-data.ts";
import type { LateNaming } from "../../tick/ports.ts";
import { MAX_INSTANCES_PER_CALL } from "./budget.ts";
import { userDataOf } from "./launch-user-data.ts";
import { nameMachines } from "./name-machines.ts";
import { freeTags } from "./request.ts";
import { firstOf, type LauncherParts, type Limits, runInstances } from "./run-instances.ts";

/**
 * Launches the machines in one call if EC2 grants it. A request beyond EC2's bucket of instances takes several calls, and so does one whose
 * names don't fit the user data and tags of one call, or one beyond the account's quota: EC2 may refuse the whole of it,
 * so that half as many are asked for, down to one.
 */
export async function launchTogether(
	parts: LauncherParts,
	request: LaunchRequest,
	template: UserDataTemplate | null,
	{ tellsNames, ...limits }: Limits & { readonly tellsNames: boolean },
): Promise<{ readonly outcome: Outcome; readonly late: Promise<readonly LateNaming[]> }> {
	const namings: ReturnType<typeof nameMachines>[] = [];
	let remaining = request.count;
	let most = MAX_INSTANCES_PER_CALL;
	let refusal: Refusal | null = null;
	for (let index = 0; remaining > 0; index += 1) {
		const rest = firstOf(request, request.count - remaining, Math.min(most, remaining));
		const size = tellsNames && template !== null ? await fitting(parts, rest, template) : rest.count;
		const one = firstOf(rest, 0, size);
		const part = { request: one, index, userData: await userDataOf(one, template, parts), listsNames: tellsNames };
		const { machines, refusal: refused } = await runInstances(parts, part, limits);
		namings.push(nameMachines(parts, part, machines, limits.sendUntil));
		remaining -= machines.length;
		refusal = refused;
		if (refused === null) continue;
		if (refused.kind !== "limit" || size === 1) break;
		most = Math.floor(size / 2);
	}
	const all = await Promise.all(namings.map(({ outcome }) => outcome));
	return {
		outcome: {
			launched: all.flatMap(({ launched }) => launched),
			refusal,
			namingFailures: all.flatMap(({ namingFailures }) => namingFailures),
		},
		late: Promise.all(namings.map(({ late }) => late)).then((failures) => failures.flat()),
	};
}

/** How many of the request's instances one call can launch, so that their names fit its user data and its tags; at least 1. */
async function fitting(parts: LauncherParts, request: LaunchRequest, template: UserDataTemplate): Promise<number> {
	const tags = freeTags(parts.policy, request);
	const fits = async (count: number) => {
		const { names, ...part } = firstOf(request, 0, count);
		const userData = (await userDataOf({ ...part, names }, template, parts)) ?? "";
		return Buffer.byteLength(userData) <= MOST_USER_DATA_BYTES && namesTags(names ?? [], tags) !== null;
	};
	if (await fits(request.count)) return request.count;
	let fitting = 1;
	let tooMany = request.count;
	while (tooMany - fitting > 1) {
		const middle = Math.floor((fitting + tooMany) / 2);
		if (await fits(middle)) fitting = middle;
		else tooMany = middle;
	}
	return fitting;
}
