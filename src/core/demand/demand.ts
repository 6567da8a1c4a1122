/** Mapped pending builders → the demand of each pool. */
import type { PendingBuilder } from "../model/facts.ts";
import { ALLOCATION_CODES, MAPPING_CODES } from "../model/failure.ts";
import type { MozType } from "../model/policy.ts";
import { compareText, type Pool, poolKey } from "./pool.ts";

/** Why requests are in no pool; reason codes of the report. */
export const SKIP_REASONS = ["unmatched", ...MAPPING_CODES, ...ALLOCATION_CODES] as const;
export type SkipReason = (typeof SKIP_REASONS)[number];

/** A pending builder and its instance type. */
export interface MappedBuilder extends PendingBuilder {
	/** Null: no pattern matched. */
	readonly mozType: MozType | null;
	readonly slaveset: readonly string[] | null;
	/** Why its requests are in no pool; null: they are in the pool of its type and slaveset. */
	readonly skipReason: SkipReason | null;
}

export interface Demand {
	readonly pool: Pool;
	/** Pending build requests. */
	readonly pending: number;
	/** Seconds since 1970, UTC. */
	readonly oldestSubmittedAt: number;
}

/**
 * Sums the mapped builders per pool. The pool with the oldest request comes first, so that it is first under a shared
 * limit; ties by name. The order of the rows does not matter.
 */
export function countDemand(builders: readonly MappedBuilder[]): readonly Demand[] {
	const demands = new Map<string, Demand>();
	for (const { mozType, slaveset, skipReason, count, oldestSubmittedAt } of builders) {
		if (mozType === null || skipReason !== null) continue;
		const pool: Pool = { mozType, slaveset };
		const key = poolKey(pool);
		const before = demands.get(key);
		demands.set(key, {
			pool: before?.pool ?? pool,
			pending: (before?.pending ?? 0) + count,
			oldestSubmittedAt: Math.min(before?.oldestSubmittedAt ?? Number.POSITIVE_INFINITY, oldestSubmittedAt),
		});
	}
	return [...demands.entries()]
		.sort(([aKey, a], [bKey, b]) => a.oldestSubmittedAt - b.oldestSubmittedAt || compareText(aKey, bKey))
		.map(([, demand]) => demand);
}
