/** Instances → what already serves a pool. */

import type { Pool } from "../demand/pool.ts";
import type { Instance } from "../model/facts.ts";
import type { Heuristics, Lifecycle, MozType } from "../model/policy.ts";

/** A pool's running instances and, among them, the fresh ones. */
export interface Supply {
	readonly running: Readonly<Record<Lifecycle, number>>;
	readonly fresh: Readonly<Record<Lifecycle, number>>;
}

/** Whether the instance exists and costs money, so that it counts against caps. Loaned and unready ones count too. */
export function isLive(instance: Instance): boolean {
	return instance.state === "pending" || instance.state === "running";
}

/** Whether the instance works, or soon will. A loaned one doesn't, nor does one whose `moz-state` is not `ready`. */
export function isReady(instance: Instance): boolean {
	const { loaned, mozState } = instance;
	return isLive(instance) && !loaned && (mozState === null || mozState === "ready");
}

/** Finds the instances that work, or soon will, for a pool, without a look at all instances. */
export class ServingInstances {
	readonly #withoutJacuzzi: ReadonlyMap<MozType, readonly Instance[]>;
	readonly #byTypeAndName: ReadonlyMap<MozType, ReadonlyMap<string, readonly Instance[]>>;

	/** @param allocated names of all jacuzzis: an instance of one serves no pool without a slaveset */
	constructor(instances: readonly Instance[], allocated: ReadonlySet<string>) {
		const usable = instances.flatMap((instance) => {
			const { mozType } = instance;
			return mozType !== null && isReady(instance) ? [{ mozType, instance }] : [];
		});
		const byType = [...Map.groupBy(usable, ({ mozType }) => mozType)].map(
			([mozType, some]) => [mozType, some.map(({ instance }) => instance)] as const,
		);
		this.#withoutJacuzzi = new Map(
			byType.map(([mozType, some]) => [mozType, some.filter(({ name }) => name === null || !allocated.has(name))]),
		);
		this.#byTypeAndName = new Map(
			byType.map(([mozType, some]) => [mozType, Map.groupBy(some, ({ name }) => name ?? "")]),
		);
	}

	of({ mozType, slaveset }: Pool): readonly Instance[] {
		if (slaveset === null) return this.#withoutJacuzzi.get(mozType) ?? [];
		const byName = this.#byTypeAndName.get(mozType);
		return [...new Set(slaveset)].flatMap((name) => (name === "" ? [] : (byName?.get(name) ?? [])));
	}
}

/**
 * @param serving the pool's instances
 * @param now seconds since 1970, UTC
 */
export function countSupply(args: {
	readonly pool: Pool;
	readonly serving: readonly Pick<Instance, "lifecycle" | "launchedAt">[];
	readonly heuristics: Heuristics;
	readonly now: number;
}): Supply {
	const { pool, serving, heuristics, now } = args;
	const delay = pool.slaveset === null ? heuristics.freshInstanceDelay : heuristics.freshInstanceDelayJacuzzi;
	const running = { spot: 0, "on-demand": 0 };
	const fresh = { spot: 0, "on-demand": 0 };
	for (const { lifecycle, launchedAt } of serving) {
		running[lifecycle] += 1;
		if (launchedAt > now - delay) fresh[lifecycle] += 1;
	}
	return { running, fresh };
}
