/** One `RunInstances` call. */
import { RunInstancesCommand } from "@aws-sdk/client-ec2";
import type { LaunchedInstance } from "../../core/launch/outcome.ts";
import type { LaunchRequest, Refusal } from "../../core/launch/refusal.ts";
import { namesTags } from "../../core/model/batch-names.ts";
import type { LaunchCode } from "../../core/model/failure.ts";
import type { Policy } from "../../core/model/policy.ts";
import { MOST_USER_DATA_BYTES } from "../../core/model/user-data.ts";
import { DatabaseError } from "../../errors.ts";
import type { Certificates, Clock } from "../../tick/ports.ts";
import type { Ec2Clients, Patience } from "./client.ts";
import { DeadlineError } from "./errors.ts";
import { notSent, partial, refusalOf } from "./launch-refusals.ts";
import { freeTags, type Run, runInstancesRequest } from "./request.ts";

/** What a launch needs beside its request. */
export interface LauncherParts {
	readonly clients: Ec2Clients;
	readonly policy: Policy;
	readonly run: Run;
	readonly clock: Clock;
	/** Null: the configuration names none. */
	readonly certificates: Certificates | null;
}

/** Milliseconds after the deadline for answers to launches. */
export const LAUNCH_GRACE = 15_000;
/** Reached only if there is no deadline to speak of. */
const MAX_TRIES = 20;

/** A machine that EC2 says it launched. */
export interface Machine extends Omit<LaunchedInstance, "name" | "instanceId"> {
	readonly instanceId: string;
	/** Its `ami-launch-index` in the instance metadata; null if EC2 did not state a valid one. */
	readonly launchIndex: number | null;
}

/** When not to send a call any more. */
export interface Limits {
	/** Milliseconds of the timer. */
	readonly sendUntil: number;
	/** @throws DatabaseError */
	readonly confirmLock: () => Promise<void>;
	/** Once it aborts, nothing is sent. Default: when the tick is stopped. */
	readonly stop?: AbortSignal;
}

/** What came of one `RunInstances`. */
export interface Answer {
	readonly machines: readonly Machine[];
	/** Null: everything was launched. */
	readonly refusal: Refusal | null;
}

/** One call's part of a request. */
export interface Part {
	/** For as many instances as this part asks for. */
	readonly request: LaunchRequest;
	/** Position of the part in the pool's request, for its token. */
	readonly index: number;
	readonly userData: string | null;
	/** Whether the user data gives each instance its name by its launch index. */
	readonly listsNames: boolean;
}

/** One call, repeated under its token until its outcome is known or the time is over. */
export async function runInstances(
	parts: LauncherParts,
	part: Part,
	{ sendUntil, confirmLock, stop }: Limits,
): Promise<Answer> {
	const { placement, count } = part.request;
	const { clients } = parts;
	const what = `${count} ${describeLaunch(part.request)}`;
	const refused = (refusal: Omit<Refusal, "suggestedZones">) => ({
		machines: [],
		refusal: { ...refusal, suggestedZones: [] },
	});
	const bytes = Buffer.byteLength(part.userData ?? "");
	if (bytes > MOST_USER_DATA_BYTES) {
		const message = `Skipped launching ${what}: the user data has ${bytes} bytes, and EC2 accepts up to ${MOST_USER_DATA_BYTES}. Shorten the template.`;
		return refused({ kind: "rejected", scope: "type", code: "user-data-too-long" satisfies LaunchCode, message });
	}
	const isNamedLater = part.listsNames && count > 1;
	const tags = isNamedLater ? namesTags(part.request.names ?? [], freeTags(parts.policy, part.request)) : {};
	if (tags === null) throw new RangeError("the names of a call don't fit its tags");
	const input = runInstancesRequest(part.request, { ...parts, ...part, namesTags: tags });
	const waitUntil = sendUntil + LAUNCH_GRACE;
	const patience: Patience = { sendUntil, waitUntil, tries: MAX_TRIES, ...(stop === undefined ? {} : { stop }) };
	try {
		const { Instances = [] } = await clients.call(placement, {
			action: "RunInstances",
			instances: count,
			patience,
			send: async (client, options) => {
				await confirmLock();
				return client.send(new RunInstancesCommand(input), options);
			},
		});
		const indexes = Instances.map(({ AmiLaunchIndex }) => AmiLaunchIndex);
		const machines = Instances.flatMap(({ InstanceId, VirtualizationType, RootDeviceType, AmiLaunchIndex }) => {
			const types = { virtualizationType: VirtualizationType ?? null, rootDeviceType: RootDeviceType ?? null };
			const isValid =
				isLaunchIndex(AmiLaunchIndex, Instances.length) &&
				indexes.indexOf(AmiLaunchIndex) === indexes.lastIndexOf(AmiLaunchIndex);
			const launchIndex = isValid ? AmiLaunchIndex : null;
			return InstanceId === undefined ? [] : [{ instanceId: InstanceId, launchIndex, ...types }];
		});
		return { machines, refusal: machines.length < count ? partial(what, machines.length) : null };
	} catch (error) {
		if (error instanceof DeadlineError) return refused(notSent(clients, what, sendUntil));
		if (error instanceof DatabaseError) {
			const message = `Skipped launching ${what}: ${error.message}`;
			return refused({ kind: "lock-lost", scope: "tick", code: error.code, message });
		}
		return { machines: [], refusal: refusalOf(error, what, part.request) };
	}
}

/** For example `spot c6i.xlarge for bld-linux64 in us-east-1a`. */
export function describeLaunch({ placement, pool }: Pick<LaunchRequest, "placement" | "pool">): string {
	const { lifecycle, instanceType, availabilityZone } = placement;
	return `${lifecycle} ${instanceType} for ${pool.mozType} in ${availabilityZone}`;
}

/** The request for `count` of a request's instances, from the one at a position on. */
export function firstOf(request: LaunchRequest, from: number, count: number): LaunchRequest {
	return { ...request, count, names: request.names?.slice(from, from + count) ?? null };
}

/** Whether EC2 can have given this launch index to one of `count` instances that it launched. */
function isLaunchIndex(index: number | undefined, count: number): index is number {
	return index !== undefined && Number.isInteger(index) && index >= 0 && index < count;
}
