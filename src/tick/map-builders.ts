/** Maps all pending builders under a time limit: a pattern that runs away stops the builders that need it, not the tick. */
import type { MappedBuilder } from "../core/demand/demand.ts";
import { matchesAtStart } from "../core/demand/mapping.ts";
import type { PendingBuilder } from "../core/model/facts.ts";
import type { Failure, MappingCode } from "../core/model/failure.ts";
import type { BuilderPattern, MozType } from "../core/model/policy.ts";
import { shorten } from "../core/report/visible.ts";
import type { Clock, TimeLimit } from "./ports.ts";

/** Milliseconds that a tick spends on matching; 100,000 builders need less. */
const BUDGET = 2_000;
/** Milliseconds for a batch of matches, each of which takes microseconds. A limit costs 100 times as much as a match. */
const LIMIT = 100;
/** Milliseconds for the same match alone: a busy machine may well stop a process for longer than {@link LIMIT}. */
const LIMIT_ALONE = 500;

type Match =
	| { readonly kind: "mapped"; readonly mozType: MozType }
	| { readonly kind: "unmatched" }
	| { readonly kind: "timeout"; readonly pattern: BuilderPattern };

interface Result {
	readonly builder: PendingBuilder;
	readonly match: Match;
}

export interface MappedBuilders {
	readonly builders: readonly MappedBuilder[];
	readonly failures: readonly Failure[];
}

/** Maps each builder once. Builders that a pattern keeps from being matched are unmatched and reported. */
export function mapBuilders(args: {
	readonly pending: readonly PendingBuilder[];
	readonly patterns: readonly BuilderPattern[];
	readonly timeLimit: TimeLimit;
	readonly clock: Pick<Clock, "elapsed">;
}): MappedBuilders {
	const results = new Mapping(args).run();
	const timeouts = results.flatMap(({ builder, match }) =>
		match.kind === "timeout" ? [{ builder: builder.builder, pattern: match.pattern }] : [],
	);
	return {
		builders: results.map(mappedBuilder),
		failures: [...Map.groupBy(timeouts, ({ pattern }) => pattern)].map(([pattern, stopped]) =>
			timeoutFailure(
				pattern,
				stopped.map(({ builder }) => builder),
			),
		),
	};
}

class Mapping {
	readonly #pending: readonly PendingBuilder[];
	readonly #patterns: readonly BuilderPattern[];
	readonly #timeLimit: TimeLimit;
	readonly #clock: Pick<Clock, "elapsed">;
	readonly #end: number;
	readonly #results: Result[] = [];
	/** Patterns that timed out. They are not tried again in this tick. */
	readonly #runaway = new Set<BuilderPattern>();
	/** The pattern that is being matched. */
	#current: BuilderPattern | undefined;

	constructor({ pending, patterns, timeLimit, clock }: Parameters<typeof mapBuilders>[0]) {
		this.#pending = pending;
		this.#patterns = patterns;
		this.#timeLimit = timeLimit;
		this.#clock = clock;
		this.#end = clock.elapsed() + BUDGET;
	}

	run(): readonly Result[] {
		let stuckBefore: PendingBuilder | undefined;
		for (;;) {
			if (this.#finishes(() => this.#matchRest(), LIMIT)) return this.#results;
			const stuck = this.#pending[this.#results.length];
			const pattern = this.#current;
			if (stuck === undefined || pattern === undefined) continue;
			if (this.#isOver()) return [...this.#results, ...this.#restStoppedBy(pattern)];
			// A slow machine may have interrupted a harmless match, so only one that is slow alone times out.
			if (!this.#finishes(() => matchesAtStart(pattern, stuck.builder), LIMIT_ALONE)) this.#runaway.add(pattern);
			else if (stuck === stuckBefore) this.#add(stuck, { kind: "timeout", pattern });
			stuckBefore = stuck;
		}
	}

	/** Matches builders in their order, until all are done or the limit interrupts it. */
	#matchRest(): void {
		for (const builder of this.#pending.slice(this.#results.length)) this.#add(builder, this.#match(builder.builder));
	}

	/** The first pattern in file order decides, as the original's would if its order were defined. */
	#match(builder: string): Match {
		for (const pattern of this.#patterns) {
			if (this.#runaway.has(pattern)) return { kind: "timeout", pattern };
			this.#current = pattern;
			if (matchesAtStart(pattern, builder)) return { kind: "mapped", mozType: pattern.mozType };
		}
		return { kind: "unmatched" };
	}

	#add(builder: PendingBuilder, match: Match): void {
		this.#results.push({ builder, match });
	}

	#restStoppedBy(pattern: BuilderPattern): readonly Result[] {
		return this.#pending
			.slice(this.#results.length)
			.map((builder) => ({ builder, match: { kind: "timeout", pattern } }));
	}

	#finishes(body: () => void, limit: number): boolean {
		return this.#timeLimit(body, Math.max(1, Math.min(limit, Math.ceil(this.#end - this.#clock.elapsed()))));
	}

	#isOver(): boolean {
		return this.#clock.elapsed() >= this.#end;
	}
}

function mappedBuilder({ builder, match }: Result): MappedBuilder {
	if (match.kind === "mapped") return { ...builder, mozType: match.mozType, slaveset: null, skipReason: null };
	const skipReason = match.kind === "timeout" ? "pattern-timeout" : "unmatched";
	return { ...builder, mozType: null, slaveset: null, skipReason };
}

function timeoutFailure(
	{ source, line, mozType }: BuilderPattern,
	[first = "", ...others]: readonly string[],
): Failure {
	const also = others.length === 0 ? "" : ` and ${others.length} more`;
	const message = `Pattern ${source} (line ${line}) timed out; nothing was launched for builder "${shorten(first)}"${also}. Simplify the pattern.`;
	return { stage: "mapping", region: null, mozType, code: "pattern-timeout" satisfies MappingCode, message };
}
