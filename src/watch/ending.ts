/** When a watch's current tick ends: after its own `timeout`, or when the whole run is stopped. */
import { StoppedError } from "../errors.ts";
import type { Ending } from "../tick/ports.ts";

/** Calls `body` once after some milliseconds, without keeping the process alive. Returns a function that prevents it. */
export type After = (milliseconds: number, body: () => void) => () => void;

/** Milliseconds for calls in flight after the deadline. */
const GRACE = 25_000;

/** The adapters of a watch outlive its ticks, so they ask for the signals of the tick that is running. */
export class TickEnding implements Ending {
	readonly #run: Ending;
	readonly #after: After;
	#tick: Ending | null = null;

	/** @param run ends the whole run */
	constructor(run: Ending, after: After) {
		this.#run = run;
		this.#after = after;
	}

	get stop(): AbortSignal {
		return (this.#tick ?? this.#run).stop;
	}

	get end(): AbortSignal {
		return (this.#tick ?? this.#run).end;
	}

	/**
	 * Runs one tick, which is stopped after its own time.
	 * @param timeout seconds
	 */
	async during<T>(timeout: number, tick: () => Promise<T>): Promise<T> {
		const stop = new AbortController();
		const end = new AbortController();
		const reason = new StoppedError("timeout", 'The time of the input "timeout" was over.');
		const timers = [
			this.#after(timeout * 1000, () => stop.abort(reason)),
			this.#after(timeout * 1000 + GRACE, () => end.abort(reason)),
		];
		this.#tick = {
			stop: AbortSignal.any([this.#run.stop, stop.signal]),
			end: AbortSignal.any([this.#run.end, end.signal]),
		};
		try {
			return await tick();
		} finally {
			for (const cancel of timers) cancel();
			this.#tick = null;
		}
	}
}
