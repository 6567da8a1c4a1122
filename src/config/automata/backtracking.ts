/**
 * Names on which a backtracking search, such as JavaScript's and Python's, takes too long. A candidate is a short text
 * that a repeat of the pattern can read in two ways, or that several repeats can share, written many times. The number
 * of steps that the search takes on it is then computed, without a search.
 */
import type { Alphabet } from "./alphabet.ts";
import { type Automaton, TooManyStatesError } from "./automaton.ts";
import { ACCEPT, type Machine } from "./machine.ts";

/** A name that starts with `prefix`, continues with `pump` as many times as `times`, and ends with `suffix`. */
export interface Attack {
	readonly prefix: string;
	readonly pump: string;
	readonly times: number;
	readonly suffix: string;
	/** Steps that the search takes. */
	readonly steps: number;
}

/** Length of the longest name that a candidate has: Buildbot's database allows 255 characters in a builder's name. */
const MAX_LENGTH = 255;
/** Steps that take about a tenth of a second. */
const TOO_MANY = 10_000_000;
/** Bounds on the examination of one pattern. */
const MAX_CANDIDATES = 60;
const MAX_VISITS = 200_000;

type Word = readonly number[];

export function findAttack(machine: Machine, automaton: Automaton, alphabet: Alphabet): Attack | null {
	try {
		for (const { prefix, pump } of new Candidates(machine, alphabet).all()) {
			const attack = tryCandidate(prefix, pump, automaton, alphabet);
			if (attack !== null) return attack;
		}
		return null;
	} catch (error) {
		if (error instanceof TooManyStatesError) return null;
		throw error;
	}
}

function tryCandidate(prefix: Word, pump: Word, automaton: Automaton, alphabet: Alphabet): Attack | null {
	const times = Math.floor((MAX_LENGTH - 1 - prefix.length) / pump.length);
	if (times < 1) return null;
	const body = [...prefix, ...Array.from({ length: times }, () => pump).flat()];
	const suffix = [[], ...alphabet.characters.map((_, symbol) => [symbol])].find(
		(end) => !automaton.accepts(automaton.run([...body, ...end])),
	);
	if (suffix === undefined) return null;
	// What follows the suffix is never read, so one more character makes the search try every way.
	const steps = automaton.countSteps([...body, ...suffix]);
	if (steps < TOO_MANY) return null;
	const text = (word: Word) => word.map((symbol) => alphabet.characters[symbol] ?? "").join("");
	return { prefix: text(prefix), pump: text(pump), times, suffix: text(suffix), steps };
}

interface Candidate {
	readonly prefix: Word;
	readonly pump: Word;
}

/** Two ways to read the same text, each at a position. */
interface Pair {
	readonly one: number;
	readonly other: number;
	/** Whether the ways differ so far. */
	readonly isSplit: boolean;
	readonly word: Word;
}

/** Texts that may make a search slow. */
class Candidates {
	readonly #machine: Machine;
	readonly #members: readonly (readonly boolean[])[];
	readonly #symbols: number;
	readonly #next: readonly (readonly number[])[];
	/** Positions that a repeat leads back to. */
	readonly #loops: readonly number[];
	#visits = 0;

	constructor(machine: Machine, alphabet: Alphabet) {
		this.#machine = machine;
		this.#members = machine.classes.map((js) => alphabet.membersOf(js));
		this.#symbols = alphabet.characters.length;
		this.#next = machine.paths.map((steps) => steps.map(({ target }) => target).filter((target) => target !== ACCEPT));
		this.#loops = machine.classes
			.map((_, position) => position)
			.filter((position) => this.#word(this.#next[position] ?? [], position) !== null);
	}

	all(): readonly Candidate[] {
		const start = this.#machine.startPaths.map(({ target }) => target).filter((target) => target !== ACCEPT);
		return this.#loops
			.flatMap((position) => {
				const prefix = this.#word(start, position);
				if (prefix === null) return [];
				return [...this.#ambiguous(position), ...this.#shared(position)].map((pump) => ({ prefix, pump }));
			})
			.slice(0, MAX_CANDIDATES);
	}

	/** A shortest text that leads from one of `from` to `to`, and whose next character is that of `to`. */
	#word(from: readonly number[], to: number): Word | null {
		const words = new Map<number, Word>(from.map((position) => [position, []]));
		for (const [position, word] of words) {
			if (position === to) return word;
			const symbol = this.#members[position]?.indexOf(true) ?? -1;
			if (symbol === -1) continue;
			for (const next of this.#next[position] ?? []) {
				if (!words.has(next)) words.set(next, [...word, symbol]);
			}
		}
		return null;
	}

	/** A text that leads back to `position` in two ways: the ways double with each time. */
	#ambiguous(position: number): readonly Word[] {
		const open: Pair[] = [{ one: position, other: position, isSplit: false, word: [] }];
		const seen = new Set<string>();
		for (const pair of open) {
			for (const next of this.#after(pair)) {
				if (next.isSplit && next.one === position && next.other === position) return [next.word];
				const key = `${next.one}:${next.other}:${next.isSplit}`;
				if (seen.has(key)) continue;
				seen.add(key);
				open.push(next);
			}
		}
		return [];
	}

	/** Every pair of ways after a character that both can read. */
	#after({ one, other, isSplit, word }: Pair): readonly Pair[] {
		const symbol = this.#common(one, other);
		const ways = this.#next[one] ?? [];
		const otherWays = this.#next[other] ?? [];
		this.#visits += ways.length * otherWays.length;
		if (symbol === null || this.#visits > MAX_VISITS) return [];
		return ways.flatMap((next, index) =>
			otherWays.map((otherNext, otherIndex) => ({
				one: next,
				other: otherNext,
				isSplit: isSplit || next !== otherNext || (one === other && index !== otherIndex),
				word: [...word, symbol],
			})),
		);
	}

	#common(one: number, other: number): number | null {
		for (let symbol = 0; symbol < this.#symbols; symbol += 1) {
			if (this.#members[one]?.[symbol] === true && this.#members[other]?.[symbol] === true) return symbol;
		}
		return null;
	}

	/** Texts that this repeat and later ones can share in many ways. */
	#shared(position: number): readonly Word[] {
		const kinds = new Map<string, Word>();
		for (let symbol = 0; symbol < this.#symbols; symbol += 1) {
			if (this.#members[position]?.[symbol] !== true) continue;
			const kind = this.#loops.filter((loop) => this.#members[loop]?.[symbol] === true).join();
			if (!kinds.has(kind)) kinds.set(kind, [symbol]);
		}
		const last = this.#loops.at(-1) ?? position;
		const through = this.#word(this.#next[position] ?? [], last) ?? [];
		return [...kinds.values(), ...(through.length === 0 ? [] : [through])];
	}
}
