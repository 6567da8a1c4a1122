/** A history of build requests → what the simulated machines have to do. */

import { compareText, type Pool, poolKey } from "../core/demand/pool.ts";
import type { History, PastBuild, PastRequest } from "../core/model/history.ts";

/** Requests in the order in which they were submitted, ties by ID. Each array has one element per request. */
export interface Workload {
	/** Seconds since 1970, UTC: the time that the history covers. */
	readonly from: number;
	readonly until: number;
	/** Sorted by key. */
	readonly pools: readonly Pool[];
	/** Positions of each pool's requests. */
	readonly byPool: readonly Uint32Array[];
	/** Index of the request's pool. */
	readonly pool: Uint16Array;
	/** Seconds since 1970, UTC. */
	readonly submittedAt: Float64Array;
	/** Seconds that a machine works on the request: the sum of its builds. */
	readonly duration: Float64Array;
	/** Seconds from the submission to the first build, as it happened. */
	readonly realWait: Float64Array;
	readonly leftOut: LeftOut;
}

/** Requests that are not simulated. */
export interface LeftOut {
	/** No pattern matches their builder, or its workers are unknown. */
	readonly unmatched: number;
	/** No build started: they were canceled, merged into another request, or are still pending. */
	readonly neverStarted: number;
	/** No build of theirs has finished, so their duration is unknown. */
	readonly unfinished: number;
	/** A build of theirs has times that can't be right: a clock was set while it ran. */
	readonly implausible: number;
}

/** Seconds by which the clocks of masters and database may differ. */
const CLOCKS = 3_600;

/** @param poolOf the pool of a builder; null: no pattern matches it, or its workers are unknown */
export function workloadOf(history: History, poolOf: (builder: string) => Pool | null): Workload {
	const builders = [...new Set(history.requests.map(({ builder }) => builder))];
	const byBuilder = new Map(builders.map((builder) => [builder, poolOf(builder)]));
	const used = new Map([...byBuilder.values()].flatMap((pool) => (pool === null ? [] : [[poolKey(pool), pool]])));
	const pools = [...used].toSorted(([a], [b]) => compareText(a, b));
	const indexOf = new Map(pools.map(([key], index) => [key, index]));
	const poolIndex = new Map(
		[...byBuilder].flatMap(([builder, pool]) =>
			pool === null ? [] : [[builder, indexOf.get(poolKey(pool)) ?? 0] as const],
		),
	);
	const leftOut = { unmatched: 0, neverStarted: 0, unfinished: 0, implausible: 0 };
	const kept = history.requests.filter((request) => {
		const reason = poolIndex.has(request.builder) ? whyLeftOut(request, history.readAt) : "unmatched";
		if (reason !== null) leftOut[reason] += 1;
		return reason === null;
	});
	const requests = kept.toSorted((a, b) => a.submittedAt - b.submittedAt || a.id - b.id);
	const pool = Uint16Array.from(requests, ({ builder }) => poolIndex.get(builder) ?? 0);
	return {
		...{ from: history.from, until: history.until, leftOut, pool },
		pools: pools.map(([, one]) => one),
		byPool: positionsOf(pool, pools.length),
		submittedAt: Float64Array.from(requests, ({ submittedAt }) => submittedAt),
		duration: Float64Array.from(requests, durationOf),
		realWait: Float64Array.from(requests, realWaitOf),
	};
}

function whyLeftOut({ submittedAt, builds }: PastRequest, readAt: number): keyof LeftOut | null {
	if (builds.length === 0) return "neverStarted";
	if (!builds.every((build) => isPlausible(build, submittedAt, readAt))) return "implausible";
	return builds.every(({ finishedAt }) => finishedAt === null) ? "unfinished" : null;
}

/** A build ends after it starts and before it is read. One wrong time would outweigh all other machine-hours. */
function isPlausible({ startedAt, finishedAt }: PastBuild, submittedAt: number, readAt: number): boolean {
	if (startedAt < submittedAt - CLOCKS || startedAt > readAt + CLOCKS) return false;
	return finishedAt === null || (finishedAt >= startedAt && finishedAt <= readAt + CLOCKS);
}

/** A build that was retried occupied a machine each time. */
function durationOf({ builds }: PastRequest): number {
	return builds.reduce((sum, { startedAt, finishedAt }) => sum + (finishedAt === null ? 0 : finishedAt - startedAt), 0);
}

/** Clocks of master and database may differ, but no wait is negative. */
function realWaitOf({ submittedAt, builds }: PastRequest): number {
	const first = builds.reduce((earliest, { startedAt }) => Math.min(earliest, startedAt), Number.POSITIVE_INFINITY);
	return Math.max(0, first - submittedAt);
}

function positionsOf(pool: Uint16Array, pools: number): readonly Uint32Array[] {
	const positions = Array.from({ length: pools }, (): number[] => []);
	for (const [position, index] of pool.entries()) positions[index]?.push(position);
	return positions.map((some) => Uint32Array.from(some));
}
