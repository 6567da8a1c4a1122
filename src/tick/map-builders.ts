/** Maps all pending builders under a time limit: a pattern that runs away stops the builders that need it, not the tick. */
import type { MappedBuilder } from "../core/demand/demand.ts";
import { type Match, matchesAtStart } from "../core/demand/mapping.ts";
import type { PendingBuilder } from "../core/model/facts.ts";
import type { Failure, MappingCode } from "../core/model/failure.ts";
import type { BuilderPattern } from "../core/model/policy.ts";
import { shorten } from "../core/report/visible.ts";
import type { Clock, TimeLimit } from "./ports.ts";

/** Milliseconds that a tick spends on matching; 100,000 builders need less. */
const BUDGET = 2_000;
/** Milliseconds for a batch of matches, each of which takes microseconds. A limit costs 100 times as much as a match. */
const LIMIT = 100;
/** Milliseconds for the same match alone: a busy machine may well stop a process for longer than {@link LIMIT}. */
const LIMIT_ALONE = 500;

export interface MappedBuilders {
	readonly builders: readonly MappedBuilder[];
	readonly failures: readonly Failure[];
}

/** Maps each builder once. Builders that a pattern keeps from being matched are unmatched and reported. */
export function mapBuilders({
	pending,
	...args
}: Omit<MatchArguments, "names" | "budget"> & { readonly pending: readonly PendingBuilder[] }): MappedBuilders {
	const matches = matchNames({ ...args, names: pending.map(({ builder }) => builder), budget: BUDGET });
	const results = pending.map((builder, index) => ({ builder, match: matches[index] ?? UNMATCHED }));
	const timeouts = results.flatMap(({ builder, match }) =>
		match.kind === "timeout" ? [{ builder: builder.builder, pattern: match.pattern }] : [],
	);
	return {
		builders: results.map(({ builder, match }) => mappedBuilder(builder, match)),
		failures: [...Map.groupBy(timeouts, ({ pattern }) => pattern)].map(([pattern, stopped]) =>
			timeoutFailure(
				pattern,
				stopped.map(({ builder }) => builder),
			),
		),
	};
}

export interface MatchArguments {
	readonly names: readonly string[];
	readonly patterns: readonly BuilderPattern[];
	/** Milliseconds for all names together. */
	readonly budget: number;
	readonly timeLimit: TimeLimit;
	readonly clock: Pick<Clock, "elapsed">;
}

const UNMATCHED: Match = { kind: "unmatched" };

/** What the patterns decide for each name, in the order of the names. */
export function matchNames(args: MatchArguments): readonly Match[] {
	return new Matching(args).run();
}

class Matching {
	readonly #names: readonly string[];
	readonly #patterns: readonly BuilderPattern[];
	readonly #timeLimit: TimeLimit;
	readonly #clock: Pick<Clock, "elapsed">;
	readonly #end: number;
	readonly #results: Match[] = [];
	/** Patterns that timed out. They are not tried again. */
	readonly #runaway = new Set<BuilderPattern>();
	/** The pattern that is being matched. */
	#current: BuilderPattern | undefined;

	constructor({ names, patterns, budget, timeLimit, clock }: MatchArguments) {
		this.#names = names;
		this.#patterns = patterns;
		this.#timeLimit = timeLimit;
		this.#clock = clock;
		this.#end = clock.elapsed() + budget;
	}

	run(): readonly Match[] {
		let stuckBefore = -1;
		for (;;) {
			if (this.#finishes(() => this.#matchRest(), LIMIT)) return this.#results;
			const index = this.#results.length;
			const stuck = this.#names[index];
			const pattern = this.#current;
			if (stuck === undefined || pattern === undefined) continue;
			if (this.#isOver()) return [...this.#results, ...this.#restStoppedBy(pattern)];
			// A slow machine may have interrupted a harmless match, so only one that is slow alone times out.
			if (!this.#finishes(() => matchesAtStart(pattern, stuck), LIMIT_ALONE)) this.#runaway.add(pattern);
			else if (index === stuckBefore) this.#results.push({ kind: "timeout", pattern });
			stuckBefore = index;
		}
	}

	/** Matches names in their order, until all are done or the limit interrupts it. */
	#matchRest(): void {
		for (const name of this.#names.slice(this.#results.length)) this.#results.push(this.#match(name));
	}

	/** The first pattern in file order decides, as the original's would if its order were defined. */
	#match(name: string): Match {
		for (const pattern of this.#patterns) {
			if (this.#runaway.has(pattern)) return { kind: "timeout", pattern };
			this.#current = pattern;
			if (matchesAtStart(pattern, name)) return { kind: "mapped", pattern };
		}
		return UNMATCHED;
	}

	#restStoppedBy(pattern: BuilderPattern): readonly Match[] {
		return this.#names.slice(this.#results.length).map(() => ({ kind: "timeout", pattern }));
	}

	#finishes(body: () => void, limit: number): boolean {
		return this.#timeLimit(body, Math.max(1, Math.min(limit, Math.ceil(this.#end - this.#clock.elapsed()))));
	}

	#isOver(): boolean {
		return this.#clock.elapsed() >= this.#end;
	}
}

function mappedBuilder(builder: PendingBuilder, match: Match): MappedBuilder {
	if (match.kind === "mapped") {
		return { ...builder, mozType: match.pattern.mozType, slaveset: null, skipReason: null };
	}
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
