/** A request in one call for each machine. */
import type { Outcome } from "../../core/launch/outcome.ts";
import type { LaunchRequest, Refusal } from "../../core/launch/refusal.ts";
import type { LaunchCode } from "../../core/model/failure.ts";
import type { UserDataTemplate } from "../../core/model/user-data.ts";
import { CertificateError } from "../../errors.ts";
import { LAUNCH_BURST } from "./budget.ts";
import { userDataOf } from "./launch-user-data.ts";
import { launchedInstance } from "./name-machines.ts";
import { type Answer, firstOf, type LauncherParts, type Limits, type Part, runInstances } from "./run-instances.ts";

/**
 * Calls in flight of a request whose machines are launched one by one. EC2 may take some seconds for each, so there are more
 * than its bucket of calls holds; a refusal costs up to as many calls, less one.
 */
const PARALLEL_LAUNCHES = 2 * LAUNCH_BURST;
const NO_CERTIFICATE = "no-certificate" satisfies LaunchCode;

/**
 * Launches the machines a few at a time: as many as EC2's bucket of calls holds, then as fast as it fills, whatever an answer takes. The first
 * refusal cancels the launches that were not sent yet, because EC2 would refuse them for the same reason.
 */
export async function launchEach(
	parts: LauncherParts,
	request: LaunchRequest,
	template: UserDataTemplate | null,
	limits: Limits,
): Promise<Outcome> {
	const { clients } = parts;
	const refused = new AbortController();
	const stop = AbortSignal.any([clients.ending.stop, refused.signal]);
	const ones = onesOf(request).map((one) => ({ one, userData: userDataOf(one, template, parts) }));
	// All at once, since each may have to fetch a certificate. One that fails is handled in its turn.
	for (const { userData } of ones) userData.catch(() => undefined);
	const answers: Answer[] = Array.from(ones, () => ({ machines: [], refusal: null }));
	const queue = ones.entries();
	const work = async () => {
		for (const [index, { one, userData }] of queue) {
			if (refused.signal.aborted) return;
			const answer = await launchOne(parts, { request: one, index, listsNames: false }, userData, { ...limits, stop });
			// What another's refusal stopped was not refused itself.
			if (answer.refusal?.kind === "timeout" && refused.signal.aborted) return;
			answers[index] = answer;
			// Others may have their certificates in the cache.
			if (answer.refusal !== null && answer.refusal.code !== NO_CERTIFICATE) refused.abort();
		}
	};
	await Promise.all(Array.from({ length: PARALLEL_LAUNCHES }, work));
	return {
		launched: answers.flatMap(({ machines }, index) =>
			machines.map((machine) => launchedInstance({ machine, name: request.names?.[index] ?? null })),
		),
		refusal: mergeRefusals(answers.flatMap(({ refusal }) => refusal ?? [])),
		namingFailures: [],
	};
}

async function launchOne(
	parts: LauncherParts,
	part: Omit<Part, "userData">,
	userData: Promise<string | null>,
	limits: Limits,
): Promise<Answer> {
	try {
		return await runInstances(parts, { ...part, userData: await userData }, limits);
	} catch (error) {
		if (!(error instanceof CertificateError)) throw error;
		const { message } = error;
		return { machines: [], refusal: { kind: "rejected", code: NO_CERTIFICATE, message, suggestedZones: [] } };
	}
}

/** The request for each instance of a request. */
function onesOf(request: LaunchRequest): readonly LaunchRequest[] {
	return Array.from({ length: request.count }, (_, index) => firstOf(request, index, 1));
}

/**
 * What several calls' refusals mean for their request. One that may have launched something comes first, then one of EC2's
 * before a missing certificate.
 */
function mergeRefusals(refusals: readonly Refusal[]): Refusal | null {
	const possiblyLaunched = refusals.reduce((sum, refusal) => sum + (refusal.possiblyLaunched ?? 0), 0);
	const first =
		refusals.find(({ kind }) => kind === "unknown") ??
		refusals.find(({ code }) => code !== NO_CERTIFICATE) ??
		refusals[0];
	if (first === undefined) return null;
	return possiblyLaunched === 0 ? first : { ...first, possiblyLaunched };
}
