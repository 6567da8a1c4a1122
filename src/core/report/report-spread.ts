/** How a tick's spot machines are spread over spot pools, and what that costs. */

import type { LaunchResult } from "../launch/launch-run.ts";
import type { MozType } from "../model/policy.ts";
import type { Plan } from "../plan/plan.ts";
import { type SpotPool, spotPoolKey } from "../plan/spot-pools.ts";
import type { ReportedSpotPool, ReportedSpread } from "./report.ts";
import { roundedUsd } from "./run-report.ts";

/** The spot pools that have machines after the tick, or that EC2 reclaimed instances from. */
export function reportSpotPools(plan: Plan, launched: LaunchResult): readonly ReportedSpotPool[] {
	return withLaunches(plan, launched)
		.filter(({ pool, launched: count }) => pool.live + count + pool.reclaimed > 0)
		.map(({ pool, launched: count }) => {
			const { mozType, region, role, availabilityZone, instanceType, live, reclaimed, spotPrice } = pool;
			return { mozType, region, role, availabilityZone, instanceType, live, launched: count, reclaimed, spotPrice };
		});
}

/** One for each type in demand that has `spot.spread`. */
export function reportSpread(plan: Plan, launched: LaunchResult): readonly ReportedSpread[] {
	const byType = Map.groupBy(withLaunches(plan, launched), ({ pool }) => pool.mozType);
	const refused = new Set(
		launched.refusals.map(({ request: { pool, placement } }) => spotPoolKey(pool.mozType, placement)),
	);
	return Object.entries(plan.spread).map(([mozType, { pools, premium }]) => ({
		...{ mozType, pools, premium },
		usdPerHour: extraCost(byType.get(mozType) ?? [], spreadOf(plan, mozType), refused),
	}));
}

interface LaunchedPool {
	readonly key: string;
	readonly pool: SpotPool;
	readonly launched: number;
}

function withLaunches(plan: Plan, { launches }: LaunchResult): readonly LaunchedPool[] {
	const spot = launches.filter(({ placement }) => placement.lifecycle === "spot");
	const counts = Map.groupBy(spot, ({ pool, placement }) => spotPoolKey(pool.mozType, placement));
	return plan.spotPools.map((pool) => {
		const key = spotPoolKey(pool.mozType, pool);
		return { key, pool, launched: counts.get(key)?.length ?? 0 };
	});
}

/** Keys of the spot pools that the type's machines were shared by; empty: no price is known. */
function spreadOf({ pools }: Plan, mozType: MozType): readonly string[] {
	const [own] = pools.filter(({ pool }) => pool.mozType === mozType).map(({ phases }) => phases.slice(0, 1));
	return [...new Set(own?.flatMap(({ spread }) => spread))];
}

/**
 * By how many USD per hour a type's spot machines, live and new, exceed what the same work would cost in the cheapest of
 * the pools that share them and that had capacity; null: unknown.
 */
function extraCost(
	pools: readonly LaunchedPool[],
	spread: readonly string[],
	refused: ReadonlySet<string>,
): number | null {
	if (spread.length === 0) return null;
	const priced = pools.flatMap(({ key, pool, launched }) => {
		const { spotPrice, performanceConstant, live } = pool;
		if (spotPrice === null || performanceConstant === null) return [];
		return [{ key, machines: live + launched, spotPrice, performanceConstant }];
	});
	const open = priced.filter(({ key }) => spread.includes(key) && !refused.has(key));
	// Infinite if EC2 had too little in each of them: then the machines would be no cheaper without spreading.
	const cheapest = Math.min(...open.map(({ spotPrice, performanceConstant }) => spotPrice / performanceConstant));
	return roundedUsd(
		priced.reduce(
			(sum, { machines, spotPrice, performanceConstant }) =>
				sum + machines * Math.max(0, spotPrice - cheapest * performanceConstant),
			0,
		),
	);
}
