/** The second step: what each pool needs, from the pending builders. */
import { countDemand, type Demand, type MappedBuilder } from "../core/demand/demand.ts";
import { readableName } from "../core/model/builder-name.ts";
import type { PendingBuilder } from "../core/model/facts.ts";
import type { Failure } from "../core/model/failure.ts";
import { deepFreeze } from "../core/model/freeze.ts";
import type { BuilderPattern } from "../core/model/policy.ts";
import { bindBuilders } from "./bind-builders.ts";
import { mappingDetails, mappingLines, undecodedLine } from "./log-lines.ts";
import { mapBuilders } from "./map-builders.ts";
import type { AllocationSource, Clock, Ending, Log, TimeLimit } from "./ports.ts";

export interface TickDemand {
	/** All pending builders. */
	readonly mapped: readonly MappedBuilder[];
	/** By pool, the one with the oldest request first. */
	readonly pools: readonly Demand[];
	/** Names of all jacuzzis, as far as they are known. */
	readonly allocated: ReadonlySet<string>;
	/** Names of workers that are connected to a master. */
	readonly connected: ReadonlySet<string>;
	readonly failures: readonly Failure[];
}

/** Maps the pending builders to pools, and counts what each pool needs. */
export async function findDemand(args: {
	readonly pending: readonly PendingBuilder[];
	readonly patterns: readonly BuilderPattern[];
	/** Null: no builder has a jacuzzi. */
	readonly allocations: AllocationSource | null;
	readonly timeLimit: TimeLimit;
	readonly ending: Ending;
	readonly clock: Pick<Clock, "elapsed">;
	readonly log: Log;
}): Promise<TickDemand> {
	const { pending, patterns, allocations, timeLimit, ending, clock, log } = args;
	const decoded = pending.filter(({ builder }) => builder.isWellFormed());
	const undecoded = pending.filter(({ builder }) => !builder.isWellFormed()).map(unmatchedBytes);
	for (const { builder, count } of undecoded) log.warning(undecodedLine(builder, count));
	const { builders, failures } = mapBuilders({ pending: decoded, patterns, timeLimit, clock });
	const bound = await bindBuilders([...builders, ...undecoded], allocations, ending);
	for (const line of mappingLines(bound.mapped)) log.info(line);
	log.debug(mappingDetails(bound.mapped));
	return deepFreeze({
		mapped: bound.mapped,
		pools: countDemand(bound.launchable),
		allocated: bound.allocated,
		connected: bound.connected,
		failures: [...failures, ...bound.failures],
	});
}

/** A builder whose name can't be decoded, with the name's bytes in place of it: `L\xefnux`. */
function unmatchedBytes(builder: PendingBuilder): MappedBuilder {
	const name = readableName(builder.builder);
	return { ...builder, builder: name, mozType: null, slaveset: null, skipReason: "unmatched" };
}
