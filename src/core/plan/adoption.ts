/** Our own instances without a name: their run was stopped between launching and naming them. */

import { compareText } from "../demand/pool.ts";
import type { Instance } from "../model/facts.ts";
import type { MozType, Policy, Region, Role } from "../model/policy.ts";
import { isLive } from "../supply/supply.ts";
import type { FreeNames } from "./names.ts";

/** A name for an instance that has none. */
export interface Adoption {
	readonly region: Region;
	readonly role: Role;
	readonly instanceId: string;
	readonly mozType: MozType;
	readonly name: string;
}

/** Seconds for which an instance without a name may still get it from the run that launched it. */
const GRACE = 60;

/** Gives a free name to each nameless instance of these types, the oldest first. None is guessed to be in a jacuzzi. */
export function adopt(args: {
	readonly instances: readonly Instance[];
	readonly mozTypes: readonly MozType[];
	readonly policy: Policy;
	readonly names: FreeNames;
	/** Seconds since 1970, UTC. */
	readonly now: number;
}): readonly Adoption[] {
	const { policy, names, now } = args;
	const namelessByType = Map.groupBy(
		args.instances.filter((one) => isLive(one) && one.name === null && one.ours && one.launchedAt <= now - GRACE),
		({ mozType }) => mozType,
	);
	return args.mozTypes.toSorted(compareText).flatMap((mozType) => {
		const type = policy.types[mozType];
		const nameless = namelessByType.get(mozType) ?? [];
		if (type === undefined) return [];
		const oldestFirst = nameless.toSorted(
			(a, b) => a.launchedAt - b.launchedAt || compareText(a.instanceId, b.instanceId),
		);
		const free = names.take({ mozType, slaveset: null }, type, nameless.length) ?? [];
		return oldestFirst.flatMap(({ region, role, instanceId }, index) => {
			const name = free[index];
			return name === undefined ? [] : [{ region, role, instanceId, mozType, name }];
		});
	});
}
