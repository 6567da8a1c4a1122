/** Maps all pending builders under a time limit: a pattern that runs away stops its builder, not the tick. */
import type { MappedBuilder } from "../core/demand/demand.ts";
import { mapBuilder, matchesAtStart } from "../core/demand/mapping.ts";
import type { PendingBuilder } from "../core/model/facts.ts";
import type { Failure, MappingCode } from "../core/model/failure.ts";
import type { BuilderPattern, MozType } from "../core/model/policy.ts";
import { shorten } from "../core/report/visible.ts";
import type { TimeLimit } from "./ports.ts";

/** Milliseconds for one builder against all patterns; one match takes microseconds. */
const BUDGET_PER_BUILDER = 250;
/** Milliseconds for a batch. One limit around all matches costs nothing; one around each costs 100 times the match. */
const BUDGET_PER_BATCH = 2_000;

type Match =
	| { readonly kind: "mapped"; readonly mozType: MozType }
	| { readonly kind: "unmatched" }
	| { readonly kind: "timeout"; readonly pattern: BuilderPattern };

export interface MappedBuilders {
	readonly builders: readonly MappedBuilder[];
	readonly failures: readonly Failure[];
}

/** Maps each builder once. A builder whose match times out is unmatched and reported. */
export function mapBuilders(args: {
	readonly pending: readonly PendingBuilder[];
	readonly patterns: readonly BuilderPattern[];
	readonly timeLimit: TimeLimit;
}): MappedBuilders {
	const { pending, patterns, timeLimit } = args;
	const results: { readonly builder: PendingBuilder; readonly match: Match }[] = [];
	while (results.length < pending.length) {
		const finished = timeLimit(() => {
			for (const builder of pending.slice(results.length)) {
				const mozType = mapBuilder(builder.builder, patterns);
				results.push({ builder, match: mozType === null ? { kind: "unmatched" } : { kind: "mapped", mozType } });
			}
		}, BUDGET_PER_BATCH);
		const stuck = pending[results.length];
		if (finished || stuck === undefined) continue;
		// A slow machine may have interrupted the batch at a harmless name, so only a name that is slow alone times out.
		results.push({ builder: stuck, match: matchAlone(stuck.builder, patterns, timeLimit) });
	}
	return {
		builders: results.map(({ builder, match }) => mappedBuilder(builder, match)),
		failures: results.flatMap(({ builder, match }) =>
			match.kind === "timeout" ? [timeoutFailure(match.pattern, builder.builder)] : [],
		),
	};
}

function matchAlone(builder: string, patterns: readonly BuilderPattern[], timeLimit: TimeLimit): Match {
	for (const pattern of patterns) {
		let matches = false;
		const finished = timeLimit(() => {
			matches = matchesAtStart(pattern, builder);
		}, BUDGET_PER_BUILDER);
		if (!finished) return { kind: "timeout", pattern };
		if (matches) return { kind: "mapped", mozType: pattern.mozType };
	}
	return { kind: "unmatched" };
}

function mappedBuilder(builder: PendingBuilder, match: Match): MappedBuilder {
	if (match.kind === "mapped") return { ...builder, mozType: match.mozType, slaveset: null, skipReason: null };
	const skipReason = match.kind === "timeout" ? "pattern-timeout" : "unmatched";
	return { ...builder, mozType: null, slaveset: null, skipReason };
}

function timeoutFailure({ source, line, mozType }: BuilderPattern, builder: string): Failure {
	const message = `Pattern ${source} (line ${line}) timed out after ${BUDGET_PER_BUILDER} ms on builder "${shorten(builder)}"; nothing was launched for it. Simplify the pattern.`;
	return { stage: "mapping", region: null, mozType, code: "pattern-timeout" satisfies MappingCode, message };
}
