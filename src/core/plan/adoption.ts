/** Our own instances without a `Name` tag: their run was stopped between launching and naming them. */

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
	/** Whether the instance has the name in its user data already, so that only its tags are missing. */
	readonly isGiven: boolean;
}

/** Seconds for which an instance without a name may still get it from the run that launched it. */
const GRACE = 60;

/**
 * Gives a name to each instance of these types that has no `Name` tag, the oldest first: the one that its user data gives it,
 * or a free one if it gives none. None is guessed to be in a jacuzzi.
 */
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
		args.instances.filter((one) => isLive(one) && isUntagged(one) && one.ours && one.launchedAt <= now - GRACE),
		({ mozType }) => mozType,
	);
	return args.mozTypes.toSorted(compareText).flatMap((mozType) => {
		const type = policy.types[mozType];
		const nameless = namelessByType.get(mozType) ?? [];
		if (type === undefined) return [];
		const oldestFirst = nameless.toSorted(
			(a, b) => a.launchedAt - b.launchedAt || compareText(a.instanceId, b.instanceId),
		);
		// One whose user data gives it a name that can't be read uses that name, so it gets no other.
		const withoutAny = nameless.filter(({ lacksNameTag }) => lacksNameTag !== true).length;
		const free = (names.take({ mozType, slaveset: null }, type, withoutAny) ?? []).values();
		return oldestFirst.flatMap(({ region, role, instanceId, lacksNameTag, name: given }) => {
			const name = lacksNameTag === true ? given : free.next().value;
			return name == null ? [] : [{ region, role, instanceId, mozType, name, isGiven: lacksNameTag === true }];
		});
	});
}

function isUntagged({ name, lacksNameTag }: Instance): boolean {
	return name === null || lacksNameTag === true;
}
