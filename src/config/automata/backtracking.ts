/**
 * Names on which a backtracking search, such as JavaScript's and Python's, takes too long. A candidate is a short text
 * that a repeat of the pattern can read in two ways, or that several repeats can share, written many times. The number
 * of steps that the search takes on it is then computed, without a search.
 */
import type { Alphabet } from "./alphabet.ts";
import type { Automaton } from "./automaton.ts";
import { ACCEPT, type Machine } from "./machine.ts";
import { TooComplexError, Work } from "./work.ts";

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
const MAX_CANDIDATES = 60;

type Word = readonly number[];

/** @param work to find candidates; trying them is work of the automaton */
export function findAttack(
	machine: Machine,
	automaton: Automaton,
	alphabet: Alphabet,
	work = new Work(),
): Attack | null {
	try {
		for (const { prefix, pump } of new Candidates(machine, alphabet, work).all()) {
			const attack = tryCandidate(prefix, pump, automaton, alphabet);
			if (attack !== null) return attack;
		}
		return null;
	} catch (error) {
		if (error instanceof TooComplexError) return null;
		throw error;
	}
}

function tryCandidate(prefix: Word, pump: Word, automaton: Automaton, alphabet: Alphabet): Attack | null {
	const times = Math.floor((MAX_LENGTH - 1 - prefix.length) / pump.length);
	if (times < 1) return null;
	const body = [...prefix, ...Array.from({ length: times }, () => pump).flat()];
	const state = automaton.run(body);
	const suffix = [[], ...alphabet.characters.map((_, symbol) => [symbol])].find(
		([symbol]) => !automaton.accepts(symbol === undefined ? state : automaton.step(state, symbol)),
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
	readonly #work: Work;

	constructor(machine: Machine, alphabet: Alphabet, work: Work) {
		this.#work = work;
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
			const ways = this.#next[position] ?? [];
			this.#work.spend(1 + word.length + ways.length);
			if (symbol === -1) continue;
			for (const next of ways) {
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
		this.#work.spend(1 + ways.length * otherWays.length);
		if (symbol === null) return [];
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
			this.#work.spend(this.#loops.length);
			const kind = this.#loops.filter((loop) => this.#members[loop]?.[symbol] === true).join();
			if (!kinds.has(kind)) kinds.set(kind, [symbol]);
		}
		const last = this.#loops.at(-1) ?? position;
		const through = this.#word(this.#next[position] ?? [], last) ?? [];
		return [...kinds.values(), ...(through.length === 0 ? [] : [through])];
	}
}
