import type { ParameterTree } from "./parameters.ts";

/** One call and its outcome. */
export interface JournalCall {
	/** 1 for the first call. */
	readonly sequence: number;
	/** From the credential scope; empty for a call without one. */
	readonly region: string;
	readonly action: string;
	/** Id of the account of its credentials; null if they are unknown. */
	readonly account: string | null;
	readonly parameters: ParameterTree;
	/** The same by their names on the wire, without `Action` and `Version`. */
	readonly flat: Readonly<Record<string, string>>;
	/** Zone that a `RunInstances` names, by its subnet or by its placement. */
	readonly zone: string | null;
	/** Monotonic milliseconds. */
	readonly startedAt: number;
	/** Monotonic milliseconds; null while the call is in flight. */
	readonly finishedAt: number | null;
	/**
	 * `ok`, EC2's error code, `reset-before` or `reset-after` (the effect), `damaged-<kind>`, or `aborted` (the caller did
	 * not wait for the answer); null while the call is in flight.
	 */
	readonly outcome: string | null;
}

/** What is known of a call when it arrives. */
export type JournalOpening = Omit<JournalCall, "sequence" | "startedAt" | "finishedAt" | "outcome">;

/** Keeps every call, including refused and malformed ones. */
export class Journal {
	/** Every action that was ever called, including forgotten calls. */
	readonly actions = new Set<string>();
	readonly #calls: JournalCall[] = [];
	#started = 0;
	readonly #now: () => number;

	/** @param now milliseconds since some moment */
	constructor(now: () => number) {
		this.#now = now;
	}

	/** Records a call that began at `startedAt`; the returned function records its end. */
	open(opening: JournalOpening, startedAt: number): (outcome: string) => void {
		this.#started += 1;
		this.actions.add(opening.action);
		let call: JournalCall = { ...opening, sequence: this.#started, startedAt, finishedAt: null, outcome: null };
		const index = this.#calls.push(call) - 1;
		return (outcome) => {
			if (call.outcome !== null) return;
			call = { ...call, finishedAt: this.#now(), outcome };
			if (this.#calls[index]?.sequence === call.sequence) this.#calls[index] = call;
		};
	}

	/** The calls in the order of their arrival, of one action or of all. */
	calls(action?: string): readonly JournalCall[] {
		return this.#calls.filter((call) => action === undefined || call.action === action);
	}

	/** Number of calls that EC2 throttled. */
	throttles(): number {
		return this.#calls.filter(({ outcome }) => outcome === "RequestLimitExceeded").length;
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
	 * Sequential round trips: the length of the longest chain of calls in which each began after the previous one ended.
	 * Needs an endpoint with a `latency`; without one, concurrent calls are answered one after the other.
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

	/** Forgets the calls so far, for example between ticks. Sequence numbers continue. */
	clear(): void {
		this.#calls.length = 0;
	}
}
