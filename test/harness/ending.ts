/** Ends of ticks. */
import { StoppedError } from "../../src/errors.ts";
import type { Ending } from "../../src/tick/ports.ts";

/** Of a tick that runs as long as it needs. */
export const NEVER: Ending = { stop: new AbortController().signal, end: new AbortController().signal };

/** An ending that the test controls. */
export class ManualEnding implements Ending {
	readonly #stop = new AbortController();
	readonly #end = new AbortController();
	readonly stop = this.#stop.signal;
	readonly end = this.#end.signal;
	readonly #reason = new StoppedError("interrupted", "The run was stopped by SIGTERM.");

	stopNow(): void {
		this.#stop.abort(this.#reason);
	}

	endNow(): void {
		this.stopNow();
		this.#end.abort(this.#reason);
	}
}
