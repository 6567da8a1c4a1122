/** Names that two versions of `buildermap` map to different instance types. */
import type { Match } from "../../core/demand/mapping.ts";
import type { BuilderPattern, MozType } from "../../core/model/policy.ts";
import { Examination, type Examined, Searches } from "./examined.ts";

/** What becomes of some names. */
export interface Move {
	/** Null: no pattern matched. */
	readonly from: MozType | null;
	readonly to: MozType | null;
	/** Number of builders; null if they are not known. */
	readonly count: number | null;
	/** One of the names. */
	readonly example: string;
}

export interface Moves {
	readonly moves: readonly Move[];
	/** Whether some names or patterns could not be compared. */
	readonly isPartial: boolean;
}

/**
 * Moves of known builders.
 * @param before what the old patterns decide for each name
 * @param now what the new ones do
 */
export function movesOf(names: readonly string[], before: readonly Match[], now: readonly Match[]): Moves {
	const moves = new Map<string, Move & { readonly count: number }>();
	let isPartial = false;
	for (const [index, example] of names.entries()) {
		const from = typeOf(before[index]);
		const to = typeOf(now[index]);
		if (from === undefined || to === undefined) isPartial = true;
		if (from === undefined || to === undefined || from === to) continue;
		const key = JSON.stringify([from, to]);
		const known = moves.get(key);
		moves.set(key, known === undefined ? { from, to, count: 1, example } : { ...known, count: known.count + 1 });
	}
	return { moves: [...moves.values()].toSorted((one, other) => other.count - one.count), isPartial };
}

/** Undefined: it is not known. */
function typeOf(match: Match | undefined): MozType | null | undefined {
	if (match === undefined || match.kind === "timeout") return undefined;
	return match.kind === "mapped" ? match.pattern.mozType : null;
}

/** Steps of all searches, and of the search for one pair of patterns: first few, so that each pair gets some. */
const STEPS = 8_000_000;
const STEPS_PER_PAIR = [4_000, 300_000];

/** Sample names of a pattern that are tried if searches do not settle what moves. */
const MOST_SAMPLES = 200;

/** Moves of any names at all, each with an example. */
export function possibleMoves(before: readonly BuilderPattern[], now: readonly BuilderPattern[]): Moves {
	const comparison = new Comparison(before, now);
	return comparison.compare();
}

/** A pattern of each version; null: none matches. */
interface Pair {
	readonly old: BuilderPattern | null;
	readonly novel: BuilderPattern | null;
}

type Result = "settled" | "unknown";

class Comparison {
	readonly #before: readonly BuilderPattern[];
	readonly #now: readonly BuilderPattern[];
	readonly #examination: Examination;
	readonly #bySource: ReadonlyMap<string, Examined>;
	readonly #moves = new Map<string, Move>();

	constructor(before: readonly BuilderPattern[], now: readonly BuilderPattern[]) {
		this.#before = before;
		this.#now = now;
		const distinct = new Map([...before, ...now].map((pattern) => [pattern.source, pattern]));
		// Equal lists are compared without an examination.
		this.#examination = new Examination(this.#pairs().length === 0 ? [] : [...distinct.values()]);
		this.#bySource = new Map(this.#examination.patterns.map((one) => [one.pattern.source, one]));
	}

	compare(): Moves {
		const searches = new Searches(STEPS);
		let open = this.#pairs();
		for (const most of STEPS_PER_PAIR) {
			open = open.filter((pair) => this.#settle(pair, searches, most) === "unknown");
		}
		for (const pattern of new Set(open.flatMap(({ old, novel }) => [old, novel]))) this.#trySamples(pattern);
		return { moves: [...this.#moves.values()], isPartial: open.length > 0 };
	}

	/** Pairs that could decide for the same name, each as the first pattern that matches it. */
	#pairs(): readonly Pair[] {
		const indexBefore = indexesOf(this.#before);
		const indexNow = indexesOf(this.#now);
		const isFirst = (one: BuilderPattern, other: BuilderPattern | null, indexes: ReadonlyMap<string, number>) => {
			const at = indexes.get(one.source) ?? -1;
			const otherAt = other === null ? undefined : indexes.get(other.source);
			return otherAt === undefined || at <= otherAt;
		};
		const both = this.#before.flatMap((old) =>
			this.#now
				.filter((novel) => old.mozType !== novel.mozType)
				.filter((novel) => isFirst(old, novel, indexBefore) && isFirst(novel, old, indexNow))
				.map((novel): Pair => ({ old, novel })),
		);
		const lost = this.#before.filter(({ source }) => !indexNow.has(source)).map((old): Pair => ({ old, novel: null }));
		const won = this.#now.filter(({ source }) => !indexBefore.has(source)).map((novel): Pair => ({ old: null, novel }));
		return [...both, ...lost, ...won];
	}

	/** Searches for a name for which both patterns decide, and excludes what keeps the names found from being one. */
	#settle(pair: Pair, searches: Searches, most: number): Result {
		if (this.#moves.has(moveKey(pair.old?.mozType ?? null, pair.novel?.mozType ?? null))) return "settled";
		const all = [pair.old, pair.novel].flatMap((pattern) => this.#examined(pattern));
		const none = new Set<Examined>();
		for (;;) {
			const found = searches.run(most, (work) => this.#examination.search(all, [...none], work));
			if (found.kind === "none") return "settled";
			const others = found.kind === "name" ? this.#tryName(found.name, pair) : null;
			if (others === null || others.some((one) => none.has(one))) return "unknown";
			if (others.length === 0) return "settled";
			for (const one of others) none.add(one);
		}
	}

	/** Patterns that decide for the name in place of the pair's; none if these do; null if that is not known. */
	#tryName(name: string, { old, novel }: Pair): readonly Examined[] | null {
		const from = this.#firstOf(this.#before, name);
		const to = this.#firstOf(this.#now, name);
		if (from === undefined || to === undefined) return null;
		this.#add(from, to, name);
		const others = [from === old ? null : from, to === novel ? null : to].flatMap((one) => this.#examined(one));
		const isPair = from === old && to === novel;
		// A name that an inexact pattern seems to match may be one that it does not.
		const canExclude = others.length > 0 && others.every(({ automaton }) => automaton?.isExact === true);
		return isPair || canExclude ? others : null;
	}

	#examined(pattern: BuilderPattern | null): readonly Examined[] {
		const one = pattern === null ? undefined : this.#bySource.get(pattern.source);
		return one === undefined ? [] : [one];
	}

	/** Null: none matches; undefined: it is not known which. */
	#firstOf(patterns: readonly BuilderPattern[], name: string): BuilderPattern | null | undefined {
		for (const pattern of patterns) {
			const [one] = this.#examined(pattern);
			const isMatch = one === undefined ? null : this.#examination.test(one, name);
			if (isMatch === null) return undefined;
			if (isMatch) return pattern;
		}
		return null;
	}

	#add(from: BuilderPattern | null, to: BuilderPattern | null, example: string): void {
		const types = { from: from?.mozType ?? null, to: to?.mozType ?? null };
		const key = moveKey(types.from, types.to);
		if (types.from !== types.to && !this.#moves.has(key)) this.#moves.set(key, { ...types, count: null, example });
	}

	#trySamples(pattern: BuilderPattern | null): void {
		const [one] = this.#examined(pattern);
		if (one === undefined) return;
		let tried = 0;
		for (const name of this.#examination.samples(one)) {
			if (tried >= MOST_SAMPLES) return;
			tried += 1;
			const from = this.#firstOf(this.#before, name);
			const to = this.#firstOf(this.#now, name);
			if (from !== undefined && to !== undefined) this.#add(from, to, name);
		}
	}
}

function moveKey(from: MozType | null, to: MozType | null): string {
	return JSON.stringify([from, to]);
}

function indexesOf(patterns: readonly BuilderPattern[]): ReadonlyMap<string, number> {
	return new Map(patterns.map(({ source }, index) => [source, index]));
}
