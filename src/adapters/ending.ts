/** When this process's run ends: at its deadline, or after a signal. */
import { constants } from "node:os";
import { StoppedError } from "../errors.ts";
import type { Ending } from "../tick/ports.ts";

type Signal = "SIGINT" | "SIGTERM";

/** Milliseconds for calls in flight after the deadline, so that a run ends within 30 seconds of it. */
const DEADLINE_GRACE = 25_000;
/** The same after a signal: GitHub's runner kills a canceled step 7.5 seconds after its first signal. */
const SIGNAL_GRACE = 5_000;
/** Milliseconds within which a second signal counts as the first: `timeout` of GNU coreutils sends each twice. */
const SAME_SIGNAL = 100;

export class ProcessEnding implements Ending {
	readonly #stop = new AbortController();
	readonly #end = new AbortController();
	#signal: Signal | null = null;
	#signaledAt = 0;

	/**
	 * The first SIGINT or SIGTERM stops the run, and a second one ends the process at once.
	 * @param timeout seconds after which the run is stopped; null: its ticks have times of their own
	 */
	constructor(timeout: number | null) {
		for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => this.#interrupt(signal));
		if (timeout === null) return;
		const reason = new StoppedError("timeout", 'The time of the input "timeout" was over.');
		setTimeout(() => this.#stop.abort(reason), timeout * 1000);
		setTimeout(() => this.#end.abort(reason), timeout * 1000 + DEADLINE_GRACE);
	}

	get stop(): AbortSignal {
		return this.#stop.signal;
	}

	get end(): AbortSignal {
		return this.#end.signal;
	}

	/** Ends the process, since calls that were given up may still hold sockets. */
	async exit(): Promise<void> {
		// Lets streams report what they could not write.
		await new Promise((done) => setImmediate(done));
		this.#exitNow();
	}

	/** After a signal with 128 and its number, as shells do. */
	#exitNow(): void {
		if (this.#signal !== null) process.exitCode = 128 + constants.signals[this.#signal];
		process.exit();
	}

	#interrupt(signal: Signal): void {
		if (this.#signal !== null) {
			if (performance.now() - this.#signaledAt > SAME_SIGNAL) this.#exitNow();
			return;
		}
		this.#signal = signal;
		this.#signaledAt = performance.now();
		const reason = new StoppedError("interrupted", `The run was stopped by ${signal}.`);
		this.#stop.abort(reason);
		setTimeout(() => this.#end.abort(reason), SIGNAL_GRACE);
	}
}
