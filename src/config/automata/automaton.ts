/**
 * Which names a pattern matches, as a deterministic automaton that is built while it is read. A state is the set of
 * threads that a search with every choice at once would have; a thread with an assertion about what follows has the
 * state of that assertion with it. So lookaheads and lookbehinds are exact, which patterns of builders are full of.
 */
import type { Alphabet } from "./alphabet.ts";
import { ACCEPT, type Machine, type Step } from "./machine.ts";
import { Work } from "./work.ts";

/** A state in which everything that follows matches, and one in which nothing does. */
export const ALWAYS = 0;
export const NEVER = 1;

/** Work for a new state, which is kept for good, and so costs memory, too. */
const STATE_STEPS = 50;

/** An assertion about what follows, which a thread still depends on: twice its set of threads, plus 1 if negated. */
type Duty = number;

interface Thread {
	/** The position that matches the next character, or {@link ACCEPT}. */
	readonly at: number;
	readonly duties: readonly Duty[];
}

/** A thread, and in how many ways a backtracking search arrives at it. */
interface Ways {
	readonly thread: Thread;
	readonly count: number;
}

interface State {
	/** Index of its set of threads. */
	readonly threads: number;
	/** For each assertion about what precedes: the positions that it has reached, and whether it holds here. */
	readonly behind: readonly Behind[];
}

interface Behind {
	readonly positions: readonly number[];
	readonly holds: boolean;
}

export class Automaton {
	readonly isExact: boolean;
	readonly start: number;
	readonly #machine: Machine;
	readonly #members: readonly (readonly boolean[])[];
	readonly #states: State[] = [];
	readonly #stateByKey = new Map<string, number>();
	readonly #sets: (readonly Thread[])[] = [];
	readonly #setByKey = new Map<string, number>();
	readonly #steps = new Map<number, number>();
	/** For each symbol the first one that the pattern does not tell from it. */
	readonly #kinds: readonly number[];
	readonly #setSteps = new Map<string, number>();
	/** Indexes of the assertions about what precedes. */
	readonly #behind: readonly number[];
	readonly #startBehind: readonly Behind[];

	readonly #work: Work;

	/**
	 * @param work that all reading of it together may take
	 * @throws TooComplexError, and so do all methods
	 */
	constructor(machine: Machine, alphabet: Alphabet, work = new Work()) {
		this.#machine = machine;
		this.#work = work;
		this.isExact = machine.isExact;
		this.#kinds = kindsOf(machine, alphabet);
		this.#members = machine.classes.map((js) => alphabet.membersOf(js));
		this.#behind = machine.looks.flatMap(({ behind }, index) => (behind ? [index] : []));
		// A set that always matches is a thread at the end without duties; one that never does is empty.
		this.#intern([{ at: ACCEPT, duties: [] }]);
		this.#intern([]);
		this.#stateOf(ALWAYS, []);
		this.#stateOf(NEVER, []);
		const behind = this.#behind.map((look) => this.#enterBehind(look, new Set(), false));
		this.#startBehind = behind;
		this.start = this.#stateOf(this.#enter(machine.start, [], holding(behind)), behind);
	}

	/** The same number for symbols that the pattern does not tell apart. */
	kindOf(symbol: number): number {
		return this.#kinds[symbol] ?? -1;
	}

	/** The state after a symbol. */
	step(state: number, symbol: number): number {
		if (state <= NEVER) return state;
		const kind = this.kindOf(symbol);
		const key = state * this.#kinds.length + kind;
		const known = this.#steps.get(key);
		if (known !== undefined) return known;
		const next = this.#step(state, kind);
		this.#steps.set(key, next);
		return next;
	}

	/** Whether a name that ends here matches. */
	accepts(state: number): boolean {
		return this.#matchesAtEnd(this.#states[state]?.threads ?? NEVER);
	}

	/** The state after a whole name. */
	run(symbols: readonly number[]): number {
		return symbols.reduce((state, symbol) => this.step(state, symbol), this.start);
	}

	/** Characters that a backtracking search examines at most until it knows that the name does not match. */
	countSteps(symbols: readonly number[]): number {
		if (this.#machine.hasMorePaths) return Number.POSITIVE_INFINITY;
		// A state in which the outcome is known has no assertions, but the search may examine more.
		let behind = this.#startBehind;
		let ways = this.#ways(this.#machine.startPaths, [], holding(behind), 1);
		let steps = 0;
		for (const symbol of symbols) {
			this.#work.spend(ways.length);
			for (const { count } of ways) steps += count;
			behind = this.#behindAfter(behind, symbol);
			const holds = holding(behind);
			const next = ways.flatMap(({ thread: { at, duties }, count }) => {
				if (at === ACCEPT || this.#members[at]?.[symbol] !== true) return [];
				const left = withoutSettled(duties.map((duty) => 2 * this.#stepSet(duty >> 1, symbol, holds) + (duty & 1)));
				return left === null ? [] : this.#ways(this.#machine.paths[at] ?? [], left, holds, count);
			});
			ways = merged(next);
		}
		return steps;
	}

	/** The search reads what assertions ask for, too. */
	#ways(paths: readonly Step[], duties: readonly Duty[], holds: string, count: number): readonly Ways[] {
		const ways = this.#threads(paths, duties, holds).map((thread): Ways => ({ thread, count }));
		const entered = paths.flatMap(({ looks }) => looks.map((index) => this.#machine.looks[index]));
		const inside = entered.flatMap((look) =>
			look === undefined || look.behind ? [] : this.#ways(look.startPaths, [], holds, count),
		);
		return [...ways, ...inside];
	}

	#step(state: number, symbol: number): number {
		const { threads, behind } = this.#states[state] ?? { threads: NEVER, behind: [] };
		const next = this.#behindAfter(behind, symbol);
		return this.#stateOf(this.#stepSet(threads, symbol, holding(next)), next);
	}

	#behindAfter(behind: readonly Behind[], symbol: number): readonly Behind[] {
		return behind.map(({ positions }, index) => {
			const reached = new Set<number>();
			let holds = false;
			this.#work.spend(positions.length);
			for (const position of positions) {
				if (this.#members[position]?.[symbol] !== true) continue;
				for (const { target } of this.#machine.steps[position] ?? []) {
					if (target === ACCEPT) holds = true;
					else reached.add(target);
				}
			}
			return this.#enterBehind(this.#behind[index] ?? 0, reached, holds);
		});
	}

	/** What precedes can start anywhere, so an assertion about it starts at every character. */
	#enterBehind(look: number, reached: Set<number>, held: boolean): Behind {
		let holds = held;
		for (const { target } of this.#machine.looks[look]?.start ?? []) {
			if (target === ACCEPT) holds = true;
			else reached.add(target);
		}
		return { positions: [...reached].toSorted((one, other) => one - other), holds };
	}

	#stateOf(threads: number, behind: readonly Behind[]): number {
		const key = threads <= NEVER ? String(threads) : JSON.stringify([threads, behind]);
		const known = this.#stateByKey.get(key);
		if (known !== undefined) return known;
		this.#work.spend(STATE_STEPS + behind.reduce((sum, { positions }) => sum + positions.length, 0));
		const state = this.#states.push({ threads, behind }) - 1;
		this.#stateByKey.set(key, state);
		return state;
	}

	#stepSet(set: number, symbol: number, holds: string): number {
		if (set <= NEVER) return set;
		const key = `${set}:${symbol}:${holds}`;
		const known = this.#setSteps.get(key);
		if (known !== undefined) return known;
		const threads: Thread[] = [];
		this.#work.spend((this.#sets[set] ?? []).length);
		for (const { at, duties } of this.#sets[set] ?? []) {
			if (at !== ACCEPT && this.#members[at]?.[symbol] !== true) continue;
			const left = withoutSettled(duties.map((duty) => 2 * this.#stepSet(duty >> 1, symbol, holds) + (duty & 1)));
			if (left === null) continue;
			if (at === ACCEPT) threads.push({ at, duties: left });
			else threads.push(...this.#threads(this.#machine.steps[at] ?? [], left, holds));
		}
		const next = this.#intern(threads);
		this.#setSteps.set(key, next);
		return next;
	}

	#enter(steps: readonly Step[], duties: readonly Duty[], holds: string): number {
		return this.#intern(this.#threads(steps, duties, holds));
	}

	/** The threads after steps, as far as the assertions of these allow them. */
	#threads(steps: readonly Step[], duties: readonly Duty[], holds: string): readonly Thread[] {
		this.#work.spend(steps.length * (1 + duties.length));
		return steps.flatMap(({ target, looks }) => {
			const added: Duty[] = [];
			for (const index of looks) {
				const look = this.#machine.looks[index];
				if (look === undefined) continue;
				if (!look.behind) added.push(2 * this.#enter(look.start, [], holds) + Number(look.negated));
				else if ((holds[this.#behind.indexOf(index)] === "1") === look.negated) return [];
			}
			const all = withoutSettled([...duties, ...added]);
			return all === null ? [] : [{ at: target, duties: all }];
		});
	}

	#intern(threads: readonly Thread[]): number {
		const needed = withoutSubsumed(threads);
		const key = needed.map(({ at, duties }) => `${at}:${duties.join()}`).join(";");
		const known = this.#setByKey.get(key);
		if (known !== undefined) return known;
		this.#work.spend(STATE_STEPS + needed.length);
		const set = this.#sets.push(needed) - 1;
		this.#setByKey.set(key, set);
		return set;
	}

	#matchesAtEnd(set: number): boolean {
		return (this.#sets[set] ?? []).some(
			({ at, duties }) => at === ACCEPT && duties.every((duty) => this.#matchesAtEnd(duty >> 1) !== ((duty & 1) === 1)),
		);
	}
}

function kindsOf(machine: Machine, alphabet: Alphabet): readonly number[] {
	const members = [...new Set(machine.classes)].map((js) => alphabet.membersOf(js));
	const first = new Map<string, number>();
	return alphabet.characters.map((_, symbol) => {
		const key = members.map((having) => (having[symbol] === true ? "1" : "0")).join("");
		if (!first.has(key)) first.set(key, symbol);
		return first.get(key) ?? symbol;
	});
}

function merged(ways: readonly Ways[]): readonly Ways[] {
	const alike = Map.groupBy(ways, ({ thread: { at, duties } }) => `${at}:${duties.join()}`);
	return [...alike.values()].flatMap((some) => {
		const [first] = some;
		return first === undefined ? [] : [{ ...first, count: some.reduce((sum, { count }) => sum + count, 0) }];
	});
}

function holding(behind: readonly Behind[]): string {
	return behind.map(({ holds }) => Number(holds)).join("");
}

/** Duties that what follows decides, in ascending order; null if one of them already fails. */
function withoutSettled(duties: readonly Duty[]): readonly Duty[] | null {
	const left = new Set<Duty>();
	for (const duty of duties) {
		const set = duty >> 1;
		const isNegated = (duty & 1) === 1;
		if (set > NEVER) left.add(duty);
		else if ((set === ALWAYS) === isNegated) return null;
	}
	return [...left].toSorted((one, other) => one - other);
}

/** Threads without those that match only what another matches: it is at the same position, and has fewer duties. */
function withoutSubsumed(threads: readonly Thread[]): readonly Thread[] {
	if (threads.some(({ at, duties }) => at === ACCEPT && duties.length === 0)) return [{ at: ACCEPT, duties: [] }];
	const kept: Thread[] = [];
	const sorted = threads.toSorted(
		(one, other) =>
			one.at - other.at ||
			one.duties.length - other.duties.length ||
			(one.duties.join() < other.duties.join() ? -1 : 1),
	);
	for (const thread of sorted) {
		// Those at the same position are the last.
		const first = kept.findLastIndex(({ at }) => at !== thread.at) + 1;
		const isSubsumed = kept.slice(first).some(({ duties }) => duties.every((duty) => thread.duties.includes(duty)));
		if (!isSubsumed) kept.push(thread);
	}
	return kept;
}
