/** Simulations of one setting → its outcome, for all requests together and by instance type. */

import type { ReplayOutcome, ReplayWaits } from "../core/report/replay-report.ts";
import type { Simulated } from "./simulation.ts";
import type { Workload } from "./workload.ts";

/** Requests and pools of one instance type, or of all. */
export interface Group {
	/** Positions in the workload. */
	readonly requests: Uint32Array;
	readonly pools: readonly number[];
}

/** The instance types of a workload, by name. */
export function groupsOf({ pools, byPool }: Workload): ReadonlyMap<string, Group> {
	const types = Map.groupBy(pools.entries(), ([, { mozType }]) => mozType);
	return new Map(
		[...types].map(([mozType, some]) => [
			mozType,
			groupOf(
				some.map(([index]) => index),
				byPool,
			),
		]),
	);
}

/** All requests and pools of a workload. */
export function wholeOf({ pools, byPool }: Workload): Group {
	return groupOf([...pools.keys()], byPool);
}

function groupOf(pools: readonly number[], byPool: Workload["byPool"]): Group {
	return { pools, requests: Uint32Array.from(pools.flatMap((index) => [...(byPool[index] ?? [])])) };
}

/**
 * @param runs one per seed
 * @param scratch memory for the waits of all runs, which is used in each call
 */
export function outcomeOf(
	{ requests, pools }: Group,
	runs: readonly Simulated[],
	scratch: Float64Array,
): ReplayOutcome {
	const all = runs.map((run) => run.waits);
	const waits = gather(all, requests, scratch.subarray(0, all.length * requests.length));
	const machines = runs.flatMap((run) => pools.flatMap((index) => run.pools[index] ?? []));
	const mean = (total: number, digits: number) => round(total / runs.length, digits);
	const sum = (key: "launched" | "neverUsed" | "machineSeconds") =>
		machines.reduce((total, pool) => total + pool[key], 0);
	const notServed = waits.reduce((total, wait) => total + (Number.isFinite(wait) ? 0 : 1), 0);
	const cost = machines.reduce<number | null>(
		(total, pool) => (total === null || pool.cost === null ? null : total + pool.cost),
		0,
	);
	return {
		...waitsOf(waits),
		notServed: mean(notServed, 0),
		launched: mean(sum("launched"), 0),
		neverUsed: mean(sum("neverUsed"), 0),
		machineHours: mean(sum("machineSeconds") / 3_600, 1),
		cost: cost === null ? null : mean(cost, 2),
	};
}

/** The waits as they happened. */
export function realWaitsOf({ requests }: Group, { realWait }: Workload): ReplayWaits {
	return waitsOf(gather([realWait], requests, new Float64Array(requests.length)));
}

/** Sorts the waits. Percentiles by the nearest-rank method: the least wait that this share of them did not exceed. */
function waitsOf(waits: Float64Array): ReplayWaits {
	waits.sort();
	const percentile = (share: number) => {
		const wait = waits[Math.max(0, Math.ceil(share * waits.length) - 1)];
		return wait === undefined || !Number.isFinite(wait) ? null : wait;
	};
	return { p50: percentile(0.5), p95: percentile(0.95), p99: percentile(0.99), longest: percentile(1) };
}

/** Copies the values at some positions of one or more arrays. */
function gather(arrays: readonly Float64Array[], positions: Uint32Array, gathered: Float64Array): Float64Array {
	let index = 0;
	for (const values of arrays) {
		for (const position of positions) {
			gathered[index] = values[position] ?? Number.POSITIVE_INFINITY;
			index += 1;
		}
	}
	return gathered;
}

function round(value: number, digits: number): number {
	return Number(value.toFixed(digits));
}
