/** Patterns in the form in which they are compared, within bounds that they share fairly. */
import { matchesAtStart } from "../../core/demand/mapping.ts";
import type { BuilderPattern } from "../../core/model/policy.ts";
import { Alphabet, isSlowClass } from "../automata/alphabet.ts";
import { Automaton } from "../automata/automaton.ts";
import { type Attack, findAttack } from "../automata/backtracking.ts";
import { type Machine, machineOf } from "../automata/machine.ts";
import { type Found, sampleNames, shortestName } from "../automata/search.ts";
import { TooComplexError, Work } from "../automata/work.ts";
import { treeOf } from "../python-re/compile.ts";

/** Steps for all patterns together, in each part of their examination. */
const STEPS = 5_000_000;
/** Steps for one pattern, however few there are. */
const MOST_STEPS = 1_000_000;
/** Classes of all patterns together for which all of Unicode is read. */
const MOST_CLASSES = 400;
/** States of an automaton that sample names go through. */
const SAMPLED_STATES = 400;
/** Steps of a backtracking search that take milliseconds. */
const QUICK = 100_000;

export interface Examined {
	readonly pattern: BuilderPattern;
	/** Null: the pattern is too complex. */
	readonly automaton: Automaton | null;
	/** A name on which a backtracking search takes too long; null: none was found. */
	readonly attack: Attack | null;
}

/** Some patterns, which can be compared with each other. */
export class Examination {
	readonly patterns: readonly Examined[];
	readonly #alphabet: Alphabet;
	/** The last name that was tested: each is tested with many patterns. */
	#last: { readonly name: string; readonly symbols: readonly number[] } = { name: "", symbols: [] };

	constructor(patterns: readonly BuilderPattern[]) {
		const share = Math.min(MOST_STEPS, Math.floor(STEPS / Math.max(1, patterns.length)));
		const machines = withFewClasses(patterns.map(({ source }) => machineWithin(source, share)));
		const alphabet = new Alphabet(machines.flatMap((machine) => machine?.classes ?? []));
		this.#alphabet = alphabet;
		this.patterns = patterns.map((pattern, index) => {
			const machine = machines[index] ?? null;
			const automaton = machine === null ? null : orNull(() => new Automaton(machine, alphabet, new Work(share)));
			// Atomic groups, which make a pattern inexact, are what prevents an attack.
			const attack =
				machine === null || automaton?.isExact !== true
					? null
					: findAttack(machine, automaton, alphabet, new Work(share));
			return { pattern, automaton, attack };
		});
	}

	/**
	 * A shortest name that all of some patterns match, and none of others. Patterns that are not exact seem to match more
	 * than they do.
	 */
	search(all: readonly Examined[], none: readonly Examined[], work: Work): Found {
		const automata = [...all, ...none].map(({ automaton }) => automaton).filter((automaton) => automaton !== null);
		if (automata.length < all.length + none.length) return { kind: "unknown" };
		return shortestName({ all: automata.slice(0, all.length), none: automata.slice(all.length) }, this.#alphabet, work);
	}

	/** Names that the pattern matches, of many kinds. */
	*samples(one: Examined): Generator<string> {
		if (one.automaton === null) return;
		for (const name of sampleNames(one.automaton, this.#alphabet, SAMPLED_STATES)) {
			if (this.matches(one, name)) yield name;
		}
	}

	/** Whether the pattern certainly matches a name that {@link search} or {@link samples} returned. */
	matches(one: Examined, name: string): boolean {
		return this.test(one, name) === true;
	}

	/** The same; null if it can't be found out in a short time: the name could be an attack on this pattern. */
	test({ pattern, automaton }: Examined, name: string): boolean | null {
		if (automaton === null) return null;
		if (name !== this.#last.name) this.#last = { name, symbols: this.#alphabet.symbolsOf(name) };
		const { symbols } = this.#last;
		const isAccepted = orNull(() => automaton.accepts(automaton.run(symbols)));
		if (automaton.isExact || isAccepted !== true) return isAccepted;
		const steps = orNull(() => automaton.countSteps(symbols));
		return steps !== null && steps <= QUICK ? matchesAtStart(pattern, name) : null;
	}
}

/** Searches that together take a limited number of steps. */
export class Searches {
	#left: number;

	constructor(steps: number) {
		this.#left = steps;
	}

	/** @param most steps that `search` may take */
	run<T>(most: number, search: (work: Work) => T): T {
		const steps = Math.max(0, Math.min(most, this.#left));
		const work = new Work(steps);
		const result = search(work);
		this.#left -= steps - Math.max(0, work.left);
		return result;
	}
}

function machineWithin(source: string, steps: number): Machine | null {
	return orNull(() => machineOf(treeOf(source), new Work(steps)));
}

/** Patterns with few classes come first, so that one with many does not keep others from being examined. */
function withFewClasses(machines: readonly (Machine | null)[]): readonly (Machine | null)[] {
	const slow = machines.map((machine, index) => ({ index, classes: (machine?.classes ?? []).filter(isSlowClass) }));
	const admitted = new Set<number>();
	const classes = new Set<string>();
	for (const one of slow.toSorted((a, b) => a.classes.length - b.classes.length)) {
		const novel = new Set(one.classes.filter((js) => !classes.has(js)));
		if (classes.size + novel.size > MOST_CLASSES) continue;
		for (const js of novel) classes.add(js);
		admitted.add(one.index);
	}
	return machines.map((machine, index) => (admitted.has(index) ? machine : null));
}

/** Null: it is too complex. */
function orNull<T>(examine: () => T): T | null {
	try {
		return examine();
	} catch (error) {
		if (error instanceof TooComplexError) return null;
		throw error;
	}
}
