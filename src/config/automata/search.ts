/** Names that some patterns match and others don't. */
import type { Alphabet } from "./alphabet.ts";
import { ALWAYS, type Automaton, NEVER } from "./automaton.ts";
import { TooComplexError, Work } from "./work.ts";

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

/** Searches in the order of length. */
export function shortestName({ all, none }: Wanted, alphabet: Alphabet, work = new Work()): Found {
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
		// Finding them is quick, but there may be many searches.
		work.spend(Math.ceil((alphabet.characters.length * automata.length) / 10));
		const symbols = distinctSymbols(automata, alphabet);
		// The list grows while it is read.
		for (const visit of open) {
			if (isGoal(visit.states)) return { kind: "name", name: nameOf(visit, alphabet) };
			for (const symbol of symbols) {
				work.spend(automata.length);
				const next = automata.map((automaton, index) => automaton.step(visit.states[index] ?? NEVER, symbol));
				add(next, visit, symbol);
			}
		}
		return { kind: "none" };
	} catch (error) {
		if (error instanceof TooComplexError) return { kind: "unknown" };
		throw error;
	}
}

/** One symbol, the plainest, of those that none of the patterns tells apart. */
function distinctSymbols(automata: readonly Automaton[], { characters }: Alphabet): readonly number[] {
	const first = new Map<string, number>();
	for (const symbol of characters.keys()) {
		const key = automata.map((automaton) => automaton.kindOf(symbol)).join();
		if (!first.has(key)) first.set(key, symbol);
	}
	return [...first.values()];
}

function nameOf(last: Visit, { characters }: Alphabet): string {
	const name: string[] = [];
	for (let visit = last; visit.from !== null; visit = visit.from) name.push(characters[visit.symbol] ?? "");
	return name.toReversed().join("");
}

/**
 * Names that the pattern matches, or may match if it is not exact: for each step of its automaton, one that takes it.
 * @param most maximum number of states that are examined
 */
export function* sampleNames(automaton: Automaton, alphabet: Alphabet, most: number): Generator<string> {
	const { visits, steps, rests } = waysThrough(automaton, alphabet, most);
	const seen = new Set<string>();
	for (const { from, symbol, to } of steps) {
		const rest = rests.get(to);
		if (rest === undefined) continue;
		const way = nameOf({ states: [to], from: visits.get(from) ?? null, symbol }, alphabet);
		const name = way + rest.map((at) => alphabet.characters[at] ?? "").join("");
		if (!seen.has(name)) yield name;
		seen.add(name);
	}
}

/** Empty if the automaton is too complex. */
function waysThrough(automaton: Automaton, alphabet: Alphabet, most: number) {
	try {
		const { visits, steps } = explore(automaton, alphabet, most);
		return { visits, steps, rests: restsOf(visits, steps, automaton) };
	} catch (error) {
		if (!(error instanceof TooComplexError)) throw error;
		return { visits: new Map<number, Visit>(), steps: [], rests: new Map<number, readonly number[]>() };
	}
}

interface StateStep {
	readonly from: number;
	readonly symbol: number;
	readonly to: number;
}

/** The states nearest to the start, each with a shortest way to it, and the steps from them. */
function explore(automaton: Automaton, { characters }: Alphabet, most: number) {
	const visits = new Map<number, Visit>([[automaton.start, { states: [automaton.start], from: null, symbol: 0 }]]);
	const steps: StateStep[] = [];
	for (const [from, visit] of visits) {
		for (const symbol of characters.keys()) {
			const to = automaton.step(from, symbol);
			if (to === NEVER) continue;
			steps.push({ from, symbol, to });
			if (!visits.has(to) && visits.size < most) visits.set(to, { states: [to], from: visit, symbol });
		}
	}
	return { visits, steps };
}

/** For each state a shortest text after which a name matches, as far as a way is known. */
function restsOf(
	visits: ReadonlyMap<number, Visit>,
	steps: readonly StateStep[],
	automaton: Automaton,
): ReadonlyMap<number, readonly number[]> {
	const into = Map.groupBy(steps, ({ to }) => to);
	const rests = new Map<number, readonly number[]>();
	for (const state of visits.keys()) if (automaton.accepts(state)) rests.set(state, []);
	for (const [state, rest] of rests) {
		for (const { from, symbol } of into.get(state) ?? []) {
			if (!rests.has(from)) rests.set(from, [symbol, ...rest]);
		}
	}
	return rests;
}
