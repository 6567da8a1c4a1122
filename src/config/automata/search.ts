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

/** Searches in the order of length. @param budget maximum number of steps, which bounds the time */
export function shortestName({ all, none }: Wanted, alphabet: Alphabet, budget: number): Found {
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
		let steps = 0;
		// The list grows while it is read.
		for (const visit of open) {
			if (isGoal(visit.states)) return { kind: "name", name: nameOf(visit, alphabet) };
			for (let symbol = 0; symbol < alphabet.characters.length; symbol += 1) {
				steps += automata.length;
				if (steps > budget) return { kind: "unknown" };
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
