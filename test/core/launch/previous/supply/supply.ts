/** Instances → what already serves a pool. */

import type { Pool } from "../../../../../src/core/demand/pool.ts";
import type { Instance } from "../../../../../src/core/model/facts.ts";
import type { Heuristics, Lifecycle } from "../../../../../src/core/model/policy.ts";

/** Running and, among them, fresh instances of a pool. */
export interface Supply {
	readonly running: Readonly<Record<Lifecycle, number>>;
	readonly fresh: Readonly<Record<Lifecycle, number>>;
}

/** Whether the instance exists and costs money: what a ceiling counts. Loaned and unready ones count too. */
export function isLive(instance: Instance): boolean {
	return instance.state === "pending" || instance.state === "running";
}

/**
 * Whether the instance works, or soon will, for the pool.
 * @param allocated names of all jacuzzis: a machine of one serves no pool without a slaveset
 */
export function serves(instance: Instance, pool: Pool, allocated: ReadonlySet<string>): boolean {
	return (
		isLive(instance) &&
		instance.mozType === pool.mozType &&
		!instance.loaned &&
		(instance.mozState === null || instance.mozState === "ready") &&
		(pool.slaveset === null
			? instance.name === null || !allocated.has(instance.name)
			: instance.name !== null && pool.slaveset.includes(instance.name))
	);
}

/** @param now seconds since 1970, UTC */
export function countSupply(args: {
	readonly pool: Pool;
	readonly instances: readonly Instance[];
	readonly allocated: ReadonlySet<string>;
	readonly heuristics: Heuristics;
	readonly now: number;
}): Supply {
	const { pool, heuristics, now } = args;
	const delay = pool.slaveset === null ? heuristics.freshInstanceDelay : heuristics.freshInstanceDelayJacuzzi;
	const running = { spot: 0, "on-demand": 0 };
	const fresh = { spot: 0, "on-demand": 0 };
	for (const instance of args.instances) {
		if (!serves(instance, pool, args.allocated)) continue;
		running[instance.lifecycle] += 1;
		if (instance.launchedAt > now - delay) fresh[instance.lifecycle] += 1;
	}
	return { running, fresh };
}
