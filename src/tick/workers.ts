/** What Buildbot knows of the machines that run. Nothing in the tick depends on it. */
import type { WorkerFacts } from "../core/model/facts.ts";
import { deepFreeze } from "../core/model/freeze.ts";
import type { Policy } from "../core/model/policy.ts";
import { distinctInstances } from "../core/supply/accounts.ts";
import { namedMachines } from "../core/supply/first-builds.ts";
import { attempt } from "./attempt.ts";
import type { TickFacts } from "./facts.ts";
import type { Ending, Log, WorkerSource } from "./ports.ts";

/**
 * Reads the workers that have the names of running machines.
 * @param now seconds since 1970, UTC, by EC2's clock
 * @returns null if there are no such machines, or if the tables can't be read
 */
export async function readWorkers(args: {
	/** Null: there is no source. */
	readonly source: WorkerSource | null;
	readonly facts: TickFacts;
	readonly policy: Policy;
	readonly now: number;
	readonly ending: Ending;
	readonly log: Log;
}): Promise<WorkerFacts | null> {
	const { source, facts, policy, now, ending, log } = args;
	const machines = namedMachines(distinctInstances(facts.machines, policy));
	if (source === null || machines.length === 0) return null;
	const read = await attempt({ stage: "read", ending }, () => source.read(machines, now));
	if (read.kind === "done") return deepFreeze(read.value);
	log.debug(`The time from launch to first build is unknown. ${read.failure.message}`);
	return null;
}
