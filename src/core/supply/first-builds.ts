/** How long machines take from their launch to their first build, and which never became workers. */
import { compareText } from "../demand/pool.ts";
import type { Instance, WorkerFacts } from "../model/facts.ts";
import type { MozType } from "../model/policy.ts";
import { isReady } from "./supply.ts";

/** Seconds. Only machines launched within this time are measured. */
export const MEASURED = 86_400;
/**
 * Seconds. If a request that was submitted after the launch waited less than this for its build, the machine may have
 * been idle before, and its time says nothing about how long machines take.
 */
const IDLE = 60;

export interface FirstBuilds {
	/** Number of machines launched in the last day whose first build is known. */
	readonly machines: number;
	/** Seconds from launch to first build; null without such machines. */
	readonly median: number | null;
	readonly slowest: number | null;
	/** Machines that should be workers by now, and are not. */
	readonly neverConnected: readonly NeverConnected[];
}

/** Machines at the same place that never connected to Buildbot. */
export interface NeverConnected
	extends Pick<Machine, "mozType" | "region" | "availabilityZone" | "instanceType" | "imageId"> {
	readonly count: number;
	/** Of the one launched last, seconds since 1970, UTC. */
	readonly launchedAt: number;
}

interface Machine extends Instance {
	readonly mozType: MozType;
	readonly name: string;
}

/** The machines that a worker of their name may belong to. Of two with the same name, neither is known to be the worker. */
export function namedMachines(instances: readonly Instance[]): readonly Machine[] {
	const named = instances.flatMap((one) => {
		const { name, mozType } = one;
		return one.ours && isReady(one) && name !== null && name !== "" && mozType !== null
			? [{ ...one, name, mozType }]
			: [];
	});
	return [...Map.groupBy(named, ({ name }) => name).values()].flatMap((some) => (some.length === 1 ? some : []));
}

/**
 * Compares machines with the workers of their names. A machine counts as never connected if its worker is not connected,
 * has had no build since the launch, and the launch was longer ago than twice the slowest machine of its type took. If
 * none of its type is known, the slowest of all counts, and the machine is no longer fresh.
 * @param delay the fresh-instance delay in seconds
 * @param now seconds since 1970, UTC, by EC2's clock
 * @returns null if no machine has the name of a worker: the names don't correspond, so nothing is known
 */
export function firstBuilds(args: {
	readonly machines: readonly Machine[];
	readonly workers: WorkerFacts;
	readonly delay: number;
	readonly now: number;
}): FirstBuilds | null {
	const { machines, workers, delay, now } = args;
	const byName = new Map(workers.known.map((worker) => [worker.name, worker]));
	const pairs = machines.flatMap((machine) => {
		const worker = byName.get(machine.name);
		return worker === undefined ? [] : [{ machine, worker }];
	});
	if (pairs.length === 0) return null;
	const times = pairs
		.flatMap(({ machine: { launchedAt, mozType }, worker: { firstBuild } }) => {
			if (firstBuild === null || launchedAt <= now - MEASURED || isIdleUntil(firstBuild, launchedAt)) return [];
			// Its master's clock is ahead.
			if (firstBuild.startedAt > now) return [];
			return { mozType, time: firstBuild.startedAt - launchedAt };
		})
		.toSorted((a, b) => a.time - b.time);
	const slowest = times.at(-1)?.time ?? null;
	// In ascending order, the last one of each type stays.
	const slowestOfType = new Map(times.map(({ mozType, time }) => [mozType, time]));
	const limitOf = (mozType: MozType) => {
		const known = slowestOfType.get(mozType);
		if (known !== undefined) return 2 * known;
		return slowest === null ? 2 * delay : Math.max(2 * slowest, delay);
	};
	const neverConnected = pairs.filter(
		({ machine: { launchedAt, mozType }, worker: { isConnected, firstBuild } }) =>
			isConnected === false &&
			firstBuild === null &&
			launchedAt >= workers.buildsSince &&
			now - launchedAt > limitOf(mozType),
	);
	return {
		machines: times.length,
		median: medianOf(times.map(({ time }) => time)),
		slowest,
		neverConnected: byPlace(neverConnected.map(({ machine }) => machine)),
	};
}

function isIdleUntil(
	{ startedAt, submittedAt }: NonNullable<WorkerFacts["known"][number]["firstBuild"]>,
	launchedAt: number,
): boolean {
	if (submittedAt === null || submittedAt <= launchedAt) return false;
	// A request that is younger than its build proves nothing.
	return startedAt >= submittedAt && startedAt - submittedAt < IDLE;
}

/** Of two values in the middle, their mean, in whole seconds. */
function medianOf(sorted: readonly number[]): number | null {
	const [low, high] = [sorted[Math.ceil(sorted.length / 2) - 1], sorted[Math.floor(sorted.length / 2)]];
	return low === undefined || high === undefined ? null : Math.round((low + high) / 2);
}

function byPlace(machines: readonly Machine[]): readonly NeverConnected[] {
	const groups = Map.groupBy(machines, ({ mozType, region, availabilityZone, instanceType, imageId }) =>
		JSON.stringify([mozType, region, availabilityZone, instanceType, imageId]),
	);
	return [...groups]
		.toSorted(([a], [b]) => compareText(a, b))
		.flatMap(([, some]) => {
			const latestFirst = some.toSorted((a, b) => b.launchedAt - a.launchedAt);
			return latestFirst
				.slice(0, 1)
				.map(({ mozType, region, availabilityZone, instanceType, imageId, launchedAt }) => ({
					...{ mozType, region, availabilityZone, instanceType, imageId },
					count: some.length,
					launchedAt,
				}));
		});
}
