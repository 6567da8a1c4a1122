/** Names that some patterns match and others don't. */
import type { Alphabet } from "./alphabet.ts";
import { ALWAYS, type Automaton, NEVER, TooManyStatesError } from "./automaton.ts";

export type Found =
	/** A shortest such name. */
	| { readonly kind: "name"; readonly name: string }
	/** No name is such. */
	| { readonly kind: "none" }
	/** The search was given up. */
	| { readonly kind: "unknown" };

export interface Wanted {
	/** Patterns that match the name. */
	readonly all: readonly Automaton[];
	/** Patterns that don't. */
	readonly none: readonly Automaton[];
}

interface Visit {
	readonly states: readonly number[];
	readonly from: Visit | null;
	readonly symbol: number;
}

/** Bounds the time of searches by their steps, so that the result is the same on every machine. */
export class Budget {
	readonly #perSearch: number;
	#total: number;
	#left = 0;

	constructor(total: number, perSearch: number) {
		this.#total = total;
		this.#perSearch = perSearch;
	}

	startSearch(): void {
		this.#left = this.#perSearch;
	}

	/** Whether the search may take this many more steps. */
	take(steps: number): boolean {
		this.#left -= steps;
		this.#total -= steps;
		return this.#left >= 0 && this.#total >= 0;
	}
}

/** Searches in the order of length. */
export function shortestName({ all, none }: Wanted, alphabet: Alphabet, budget: Budget): Found {
	const automata = [...all, ...none];
	const isOpen = (states: readonly number[]) =>
		states.every((state, index) => state !== (index < all.length ? NEVER : ALWAYS));
	const isGoal = (states: readonly number[]) =>
		automata.every((automaton, index) => automaton.accepts(states[index] ?? NEVER) === index < all.length);
	const open: Visit[] = [];
	const seen = new Set<string>();
	const add = (states: readonly number[], from: Visit | null, symbol: number) => {
		if (!isOpen(states)) return;
		const key = states.join();
		if (seen.has(key)) return;
		seen.add(key);
		open.push({ states, from, symbol });
	};
	try {
		add(
			automata.map(({ start }) => start),
			null,
			0,
		);
		budget.startSearch();
		// The list grows while it is read.
		for (const visit of open) {
			if (isGoal(visit.states)) return { kind: "name", name: nameOf(visit, alphabet) };
			for (let symbol = 0; symbol < alphabet.characters.length; symbol += 1) {
				if (!budget.take(automata.length)) return { kind: "unknown" };
				const next = automata.map((automaton, index) => automaton.step(visit.states[index] ?? NEVER, symbol));
				add(next, visit, symbol);
			}
		}
		return { kind: "none" };
	} catch (error) {
		if (error instanceof TooManyStatesError) return { kind: "unknown" };
		throw error;
	}
}

function nameOf(last: Visit, { characters }: Alphabet): string {
	const name: string[] = [];
	for (let visit = last; visit.from !== null; visit = visit.from) name.push(characters[visit.symbol] ?? "");
	return name.toReversed().join("");
}

/**
 * Names that the pattern matches, or may match if it is not exact: for each step of its automaton, one that takes it.
 * @param most maximum number of names
 */
export function sampleNames(automaton: Automaton, alphabet: Alphabet, most: number): readonly string[] {
	const names = new Set<string>();
	const rests = new Map<number, string | null>();
	try {
		for (const { visit } of visits(automaton, automaton.start, alphabet, most)) {
			const [state = NEVER] = visit.states;
			for (const symbol of alphabet.characters.keys()) {
				const next = automaton.step(state, symbol);
				const rest = rests.has(next) ? (rests.get(next) ?? null) : restOf(next, automaton, alphabet, most);
				rests.set(next, rest);
				if (rest !== null) names.add(nameOf({ states: [next], from: visit, symbol }, alphabet) + rest);
			}
			if (names.size >= most) break;
		}
	} catch (error) {
		if (!(error instanceof TooManyStatesError)) throw error;
	}
	return [...names].slice(0, most);
}

/** A shortest text after which a name in this state matches; null if none is found. */
function restOf(from: number, automaton: Automaton, alphabet: Alphabet, most: number): string | null {
	for (const { visit, state } of visits(automaton, from, alphabet, most)) {
		if (automaton.accepts(state)) return nameOf(visit, alphabet);
	}
	return null;
}

/** The states that follow `from`, the nearest first, each with a shortest way to it. */
function* visits(
	automaton: Automaton,
	from: number,
	alphabet: Alphabet,
	most: number,
): Generator<{ readonly visit: Visit; readonly state: number }> {
	const start: Visit = { states: [from], from: null, symbol: 0 };
	const open = [{ visit: start, state: from }];
	const seen = new Set([from, NEVER]);
	for (const { visit, state } of open) {
		yield { visit, state };
		for (const symbol of alphabet.characters.keys()) {
			const next = automaton.step(state, symbol);
			if (seen.has(next) || seen.size > most) continue;
			seen.add(next);
			open.push({ visit: { states: [next], from: visit, symbol }, state: next });
		}
	}
}
