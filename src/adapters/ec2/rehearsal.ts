/** Launches that EC2 only checks. */
import { RunInstancesCommand } from "@aws-sdk/client-ec2";
import type { LaunchRequest, Refusal } from "../../core/launch/refusal.ts";
import { codeOf, DeadlineError } from "./errors.ts";
import { rehearsalRefusalOf } from "./launch-refusals.ts";
import { runInstancesRequest } from "./request.ts";
import { describeLaunch, LAUNCH_GRACE, type LauncherParts } from "./run-instances.ts";

const TRIES = 4;

/** `RunInstances` with `DryRun`, for one instance without a name or user data: EC2 answers "no" even if it permits it. */
export async function rehearse(
	parts: LauncherParts,
	{ names: _, ...request }: LaunchRequest,
	sendUntil: number,
): Promise<Refusal | null> {
	const { clients } = parts;
	const { placement } = request;
	const one: LaunchRequest = { ...request, count: 1, names: null };
	const what = describeLaunch(request);
	const { ClientToken, ...input } = runInstancesRequest(one, {
		...parts,
		userData: null,
		namesTags: {},
		index: 0,
	});
	try {
		await clients.call(placement, {
			action: "RunInstances",
			instances: 0,
			patience: { sendUntil, waitUntil: sendUntil + LAUNCH_GRACE, tries: TRIES },
			send: (client, options) => client.send(new RunInstancesCommand({ ...input, DryRun: true }), options),
		});
		return null;
	} catch (error) {
		if (codeOf(error) === "DryRunOperation") return null;
		if (error instanceof DeadlineError) {
			const message = `Rehearsing ${what} was skipped, because the time of the input "timeout" was over.`;
			return { kind: "timeout", code: "timeout", message, suggestedZones: [] };
		}
		return rehearsalRefusalOf(error, what, placement.lifecycle);
	}
}
