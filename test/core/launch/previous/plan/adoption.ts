/** Machines of ours that have no name: a run was stopped between launching and naming them. */

import { compareText } from "../../../../../src/core/demand/pool.ts";
import type { Instance } from "../../../../../src/core/model/facts.ts";
import type { MozType, Policy, Region, Role } from "../../../../../src/core/model/policy.ts";
import { isLive } from "../supply/supply.ts";
import { namesFor } from "./names.ts";

/** A name for a machine that has none. */
export interface Adoption {
	readonly region: Region;
	readonly role: Role;
	readonly instanceId: string;
	readonly mozType: MozType;
	readonly name: string;
}

/** Seconds for which a machine without a name may still get it from the run that launched it. */
const GRACE = 60;

/** Gives a name to each nameless machine of these types, the oldest first; adds the names to `taken`. */
export function adopt(args: {
	readonly instances: readonly Instance[];
	readonly mozTypes: readonly MozType[];
	readonly policy: Policy;
	readonly taken: Set<string>;
	/** Names of all jacuzzis: a machine is not guessed to be of one. */
	readonly allocated: ReadonlySet<string>;
	/** Seconds since 1970, UTC. */
	readonly now: number;
}): readonly Adoption[] {
	return args.mozTypes.toSorted(compareText).flatMap((mozType) => {
		const type = args.policy.types[mozType];
		if (type === undefined) return [];
		const nameless = args.instances
			.filter((instance) => isLive(instance) && instance.mozType === mozType && instance.name === null)
			.filter((instance) => instance.ours && instance.launchedAt <= args.now - GRACE)
			.toSorted((a, b) => a.launchedAt - b.launchedAt || compareText(a.instanceId, b.instanceId));
		const names = namesFor({ mozType, slaveset: null }, type, args.taken, args.allocated, nameless.length) ?? [];
		return names.flatMap((name, index) => {
			const instance = nameless[index];
			if (instance === undefined) return [];
			args.taken.add(name);
			const { region, role, instanceId } = instance;
			return [{ region, role, instanceId, mozType, name }];
		});
	});
}
