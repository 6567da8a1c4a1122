/** Names for instances that run without one. */
import { CreateTagsCommand } from "@aws-sdk/client-ec2";
import { untilAborted } from "../../abort.ts";
import type { Outcome } from "../../core/launch/outcome.ts";
import type { AccountRegion } from "../../core/supply/accounts.ts";
import { errorMessage } from "../../errors.ts";
import { adviceFor } from "./advice.ts";
import type { Ec2Clients } from "./client.ts";
import { codeOf, DeadlineError } from "./errors.ts";
import { nameTags } from "./request.ts";
import { pauseBefore } from "./tries.ts";

/** A new instance is not known everywhere in EC2 at once. */
const NOT_YET_KNOWN = "InvalidInstanceID.NotFound";
/** Milliseconds after a launch within which EC2 must know the instance. */
const SETTLING = 30_000;
const TRIES = 5;

/** Times are milliseconds of the clients' timer. */
export interface NamingLimits {
	/** Null: the instance is not new. */
	readonly launchedAt: number | null;
	readonly sendUntil: number;
	readonly waitUntil: number;
	/** Once it aborts, nothing is sent. */
	readonly stop: AbortSignal;
}

export type NamingFailure = Outcome["namingFailures"][number];

export interface NamedInstance {
	readonly instanceId: string;
	readonly name: string;
	readonly domain: string | null;
	/** Whether it has the name in its user data already, so that only its tags are missing. */
	readonly knowsItsName: boolean;
}

/** Gives an instance its name; returns what went wrong. */
export async function nameInstance(
	clients: Ec2Clients,
	account: AccountRegion,
	{ instanceId, name, domain, knowsItsName }: NamedInstance,
	limits: NamingLimits,
): Promise<readonly NamingFailure[]> {
	try {
		await tagWhenKnown(clients, account, limits, { Resources: [instanceId], Tags: nameTags(name, domain) });
		return [];
	} catch (error) {
		const late = error instanceof DeadlineError;
		const code = late ? "timeout" : codeOf(error);
		const cause = late ? "the tick's time was over" : `${code}: ${errorMessage(error)}`;
		const advice = late ? "" : adviceFor(code);
		const consequence = knowsItsName
			? "It has the name in its user data, and a later run adds the tags."
			: "It runs without a name until a later run names it.";
		const message = `Naming ${instanceId} in ${account.region} ${name} failed (${cause}). ${consequence}${advice}`;
		return [{ code, message }];
	}
}

async function tagWhenKnown(
	clients: Ec2Clients,
	account: AccountRegion,
	{ launchedAt, sendUntil, waitUntil, stop }: NamingLimits,
	tags: ConstructorParameters<typeof CreateTagsCommand>[0],
): Promise<void> {
	const { timer } = clients;
	for (let times = 1; ; times += 1) {
		try {
			await clients.call(account, {
				action: "CreateTags",
				instances: 0,
				patience: { sendUntil, waitUntil, tries: TRIES, stop },
				send: (client, options) => client.send(new CreateTagsCommand(tags), options),
			});
			return;
		} catch (error) {
			const next = timer.now() + pauseBefore(times);
			const isNew = launchedAt !== null && next <= launchedAt + SETTLING;
			if (codeOf(error) !== NOT_YET_KNOWN || !isNew || next >= sendUntil) throw error;
			await untilAborted(timer.sleep(next - timer.now()), stop).catch(() => {
				throw error;
			});
		}
	}
}
