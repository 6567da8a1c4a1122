import type { ParameterTree } from "./parameters.ts";

/** One call, as it came and as it went. */
export interface JournalCall {
	/** 1 for the first call. */
	readonly sequence: number;
	/** From the credential scope; empty where the call bore none. */
	readonly region: string;
	readonly action: string;
	/** Id of the account whose credentials it bore; null: they are of none. */
	readonly account: string | null;
	readonly parameters: ParameterTree;
	/** The same by their names on the wire, without `Action` and `Version`. */
	readonly flat: Readonly<Record<string, string>>;
	/** Zone that a `RunInstances` named, by its subnet or by its placement. */
	readonly zone: string | null;
	/** Monotonic milliseconds. */
	readonly startedAt: number;
	/** Monotonic milliseconds; null while the call is under way. */
	readonly finishedAt: number | null;
	/**
	 * `ok`, EC2's error code, `reset-before` or `reset-after` (the effect), `aborted` (the caller did not wait for the
	 * answer); null while the call is under way.
	 */
	readonly outcome: string | null;
}

/** What is known of a call when it comes. */
export type JournalOpening = Omit<JournalCall, "sequence" | "startedAt" | "finishedAt" | "outcome">;

/** Keeps every call, refused and malformed ones too. */
export class Journal {
	/** Every action that was ever called, forgotten calls too. */
	readonly actions = new Set<string>();
	readonly #calls: JournalCall[] = [];
	#started = 0;

	/** Notes a call that began at `startedAt`; the returned function notes its end. */
	open(opening: JournalOpening, startedAt: number): (outcome: string) => void {
		this.#started += 1;
		this.actions.add(opening.action);
		let call: JournalCall = { ...opening, sequence: this.#started, startedAt, finishedAt: null, outcome: null };
		const index = this.#calls.push(call) - 1;
		return (outcome) => {
			if (call.outcome !== null) return;
			call = { ...call, finishedAt: performance.now(), outcome };
			if (this.#calls[index]?.sequence === call.sequence) this.#calls[index] = call;
		};
	}

	/** The calls in the order they came, of one action or of all. */
	calls(action?: string): readonly JournalCall[] {
		return this.#calls.filter((call) => action === undefined || call.action === action);
	}

	/** Number of calls per region and action. */
	counts(): Readonly<Record<string, Readonly<Record<string, number>>>> {
		const counts: Record<string, Record<string, number>> = {};
		for (const { region, action } of this.#calls) {
			counts[region] ??= {};
			const ofRegion = counts[region];
			ofRegion[action] = (ofRegion[action] ?? 0) + 1;
		}
		return counts;
	}

	/**
	 * Sequential round trips: the length of the longest chain of calls in which each began after the end of the one
	 * before. Give the endpoint a `latency`: without, calls sent side by side are answered one after the other.
	 */
	rounds(calls: readonly JournalCall[] = this.#calls): number {
		const byEnd = calls
			.map(({ startedAt, finishedAt }) => ({ startedAt, finishedAt: finishedAt ?? Number.POSITIVE_INFINITY }))
			.sort((a, b) => a.finishedAt - b.finishedAt);
		let rounds = 0;
		let end = Number.NEGATIVE_INFINITY;
		// Taking the call that ends first leaves the most room for the rest of the chain.
		for (const call of byEnd) {
			if (call.startedAt < end) continue;
			rounds += 1;
			end = call.finishedAt;
		}
		return rounds;
	}

	/** Forgets the calls so far, as between ticks. Sequence numbers go on. */
	clear(): void {
		this.#calls.length = 0;
	}
}
