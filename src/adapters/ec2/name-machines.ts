/** The names of the machines of one call. */
import type { LaunchedInstance, Outcome } from "../../core/launch/outcome.ts";
import type { LaunchRequest } from "../../core/launch/refusal.ts";
import type { LateNaming } from "../../tick/ports.ts";
import { type NamedInstance, type NamingFailure, type NamingLimits, nameInstance } from "./naming.ts";
import { regionOf } from "./request.ts";
import type { LauncherParts, Machine, Part } from "./run-instances.ts";

/** Milliseconds after the deadline for sending names, and for answers to these. */
export const NAME_GRACE = 20_000;
export const END_GRACE = 25_000;

/** A machine with its name, as far as it is known. */
interface Assigned {
	readonly machine: Machine;
	readonly name: string | null;
}

/** The machines of a call and the names that they get. */
interface Naming {
	readonly outcome: Promise<Outcome>;
	/** Names whose tags are still being added when the outcome is known. */
	readonly late: Promise<readonly LateNaming[]>;
}

/**
 * Names the machines of a call that could not give each its own tags. Machines that know their names are launched as they
 * are, and get their tags meanwhile.
 * @param sendUntil milliseconds of the timer
 */
export function nameMachines(
	parts: LauncherParts,
	part: Part,
	machines: readonly Machine[],
	sendUntil: number,
): Naming {
	const assigned = assignNames(part, machines);
	const name = tagger(parts, part, sendUntil);
	if (part.listsNames) return nameLater(part.request, assigned, name);
	return { outcome: nameNow(assigned, name), late: Promise.resolve([]) };
}

type Tagger = (one: Assigned) => Promise<readonly NamingFailure[]>;

/** Adds the tags of a name, unless the call added them. */
function tagger({ clients, policy }: LauncherParts, { request, listsNames }: Part, sendUntil: number): Tagger {
	const { domain } = regionOf(policy, request);
	const limits: NamingLimits = {
		launchedAt: clients.timer.now(),
		// What is left of listed names at the deadline, the next run tags with the same names.
		sendUntil: listsNames ? sendUntil : sendUntil + NAME_GRACE,
		waitUntil: sendUntil + END_GRACE,
		// An instance of this tick is named even if the tick is stopped meanwhile.
		stop: clients.ending.end,
	};
	return async ({ machine, name }) => {
		if (name === null || request.count === 1) return [];
		const instance: NamedInstance = { instanceId: machine.instanceId, name, domain, knowsItsName: listsNames };
		return nameInstance(clients, request.placement, instance, limits);
	};
}

function nameLater({ placement, pool }: LaunchRequest, assigned: readonly Assigned[], name: Tagger): Naming {
	const { region } = placement;
	const { mozType } = pool;
	const late = Promise.all(assigned.map(name)).then((failures) =>
		failures.flat().map((failure) => ({ ...failure, region, mozType })),
	);
	const unknown = assigned.flatMap((one) => (one.name === null ? [one.machine] : []));
	const outcome: Outcome = {
		launched: assigned.map(launchedInstance),
		refusal: null,
		namingFailures: unknown.map(({ instanceId }) => withoutLaunchIndex(instanceId, region)),
	};
	return { outcome: Promise.resolve(outcome), late };
}

async function nameNow(assigned: readonly Assigned[], name: Tagger): Promise<Outcome> {
	const all = await Promise.all(
		assigned.map(async (one) => {
			const namingFailures = await name(one);
			const isNamed = namingFailures.length === 0;
			return { launched: launchedInstance(isNamed ? one : { ...one, name: null }), namingFailures };
		}),
	);
	return {
		launched: all.map(({ launched }) => launched),
		refusal: null,
		namingFailures: all.flatMap(({ namingFailures }) => namingFailures),
	};
}

/**
 * The name of each machine: by its launch index, at which it finds it in its user data. A machine whose index is not known
 * gets any other name of the call, but none if it has one in its user data.
 */
function assignNames({ request, listsNames }: Part, machines: readonly Machine[]): readonly Assigned[] {
	const names = request.names ?? [];
	const indexes = new Set(machines.map(({ launchIndex }) => launchIndex));
	const others = names.filter((_, index) => !indexes.has(index)).values();
	return machines.map((machine) => {
		const launchIndex = request.count === 1 ? 0 : machine.launchIndex;
		const name = launchIndex !== null ? names[launchIndex] : listsNames ? undefined : others.next().value;
		return { machine, name: name ?? null };
	});
}

export function launchedInstance({ machine, name }: Assigned): LaunchedInstance {
	const { instanceId, virtualizationType, rootDeviceType } = machine;
	return { instanceId, name, virtualizationType, rootDeviceType };
}

function withoutLaunchIndex(instanceId: string, region: string): NamingFailure {
	const message = `EC2's answer has no valid launch index for ${instanceId} in ${region}, so the name that it takes from its user data is not known. A later run reads it and adds the tags.`;
	return { code: "no-launch-index", message };
}
