/** Launches that failed or were not sent, as refusals. */
import type { LaunchRequest, Refusal } from "../../core/launch/refusal.ts";
import type { Lifecycle } from "../../core/model/policy.ts";
import { errorMessage, StoppedError } from "../../errors.ts";
import { adviceFor, adviceForLaunch } from "./advice.ts";
import type { Ec2Clients } from "./client.ts";
import { codeOf, UnreadAnswer } from "./errors.ts";
import { meaningOf, zonesWithCapacity } from "./refusals.ts";

/**
 * The refusal of a launch that was not sent.
 * @param what describes the launch
 * @param sendUntil milliseconds of the clients' timer
 */
export function notSent({ timer, ending }: Ec2Clients, what: string, sendUntil: number): Refusal {
	const { stop } = ending;
	const code = stop.reason instanceof StoppedError ? stop.reason.code : "timeout";
	const cause =
		code === "interrupted" ? "the run was stopped" : 'it could not be sent within the time of the input "timeout"';
	return {
		kind: "timeout",
		scope: stop.aborted || timer.now() >= sendUntil ? "tick" : "region",
		code,
		message: `Skipped launching ${what}: ${cause}. The next run continues.`,
		suggestedZones: [],
	};
}

/** The refusal of a launch that got fewer instances than it asked for. */
export function partial(what: string, launched: number): Refusal {
	return {
		kind: "no-capacity",
		scope: "capacity",
		code: "InsufficientInstanceCapacity",
		message: `EC2 launched only ${launched} of ${what}`,
		suggestedZones: [],
	};
}

/** What an error of EC2 or of the network says of a launch. */
export function refusalOf(error: unknown, what: string, { count, placement }: LaunchRequest): Refusal {
	const code = codeOf(error);
	const cause = errorMessage(error);
	const { kind, scope } = meaningOf(error);
	const sentence = `Launching ${what} failed: ${asSentence(cause)}`;
	if (kind !== "unknown") {
		const advice = adviceForLaunch(code, scope, placement.lifecycle);
		return { kind, scope, code, message: `${sentence}${advice}`, suggestedZones: zonesWithCapacity(cause) };
	}
	const doubt =
		error instanceof UnreadAnswer
			? ` EC2's answer was not read, so up to ${count} may have launched. The next run counts what is running.`
			: ` Up to ${count} may have launched.${adviceFor(code)}`;
	return { kind, scope, possiblyLaunched: count, code, message: `${sentence}${doubt}`, suggestedZones: [] };
}

/** What an error says of a launch that EC2 only checks. */
export function rehearsalRefusalOf(error: unknown, what: string, lifecycle: Lifecycle): Refusal {
	const code = codeOf(error);
	const { kind, scope } = meaningOf(error);
	const sentence = kind === "unknown" ? `Rehearsing ${what} failed` : `EC2 would refuse ${what}`;
	const message = `${sentence}: ${asSentence(errorMessage(error))}${adviceForLaunch(code, scope, lifecycle)}`;
	return { kind, scope, code, message, suggestedZones: [] };
}

/** Some of EC2's messages end with a period. */
function asSentence(message: string): string {
	return message.replace(/[.\s]*$/, ".");
}
