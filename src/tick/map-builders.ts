/** Maps all pending builders under a time limit, so that a pattern that runs away stops its builder, not the tick. */
import type { MappedBuilder } from "../core/demand/demand.ts";
import { mapBuilder, matchesAtStart } from "../core/demand/mapping.ts";
import type { PendingBuilder } from "../core/model/facts.ts";
import type { BuilderPattern, MozType } from "../core/model/policy.ts";
import type { Failure } from "../core/report/report.ts";
import { shorten } from "../core/report/visible.ts";
import type { TimeLimit } from "./ports.ts";

/** Milliseconds for one builder against all patterns; one match takes microseconds. */
const BUDGET_PER_BUILDER = 250;
/** Milliseconds for a batch. One guard around all matches costs nothing, one around each costs 100 times the match. */
const BUDGET_PER_BATCH = 2_000;

/** Matches each distinct name once. A name whose match does not come back in time is unmatched and is reported. */
export function mapBuilders(args: {
	readonly pending: readonly PendingBuilder[];
	readonly patterns: readonly BuilderPattern[];
	readonly timeLimit: TimeLimit;
}): { readonly builders: readonly MappedBuilder[]; readonly failures: readonly Failure[] } {
	const { pending, patterns, timeLimit } = args;
	const types: (MozType | null)[] = [];
	const failures: Failure[] = [];
	const givenUp = new Set<string>();
	while (types.length < pending.length) {
		const cameBack = timeLimit(() => {
			for (const { builder } of pending.slice(types.length)) types.push(mapBuilder(builder, patterns));
		}, BUDGET_PER_BATCH);
		const stuck = pending[types.length];
		if (cameBack || stuck === undefined) continue;
		// The batch may have been stopped at a sound name by a slow machine: only a name that is slow alone is given up.
		const type = mapOne(stuck.builder, patterns, timeLimit);
		if (typeof type === "object" && type !== null) {
			const message = `The pattern ${type.source} (line ${type.line}) did not come back on the builder name "${shorten(stuck.builder)}" within ${BUDGET_PER_BUILDER} ms, so nothing is launched for it: simplify the pattern's repetitions.`;
			failures.push({ stage: "mapping", region: null, mozType: type.mozType, code: "pattern-timeout", message });
			givenUp.add(stuck.builder);
			types.push(null);
		} else {
			types.push(type);
		}
	}
	const builders = pending.map((builder, index): MappedBuilder => {
		const mozType = types[index] ?? null;
		const skipReason = givenUp.has(builder.builder) ? "pattern-timeout" : mozType === null ? "unmatched" : null;
		return { ...builder, mozType, slaveset: null, skipReason };
	});
	return { builders, failures };
}

/** The builder's type, or the pattern that did not come back. */
function mapOne(
	builder: string,
	patterns: readonly BuilderPattern[],
	timeLimit: TimeLimit,
): MozType | null | BuilderPattern {
	for (const pattern of patterns) {
		let matches = false;
		const cameBack = timeLimit(() => {
			matches = matchesAtStart(pattern, builder);
		}, BUDGET_PER_BUILDER);
		if (!cameBack) return pattern;
		if (matches) return pattern.mozType;
	}
	return null;
}
