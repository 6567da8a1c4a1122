/** A timer whose time passes only when it is told to, from one waker to the next. */
import type { Timer } from "../../src/adapters/ec2/budget.ts";

export class SteppedTimer implements Timer {
	#now = 0;
	readonly #sleepers: { readonly at: number; readonly wake: () => void }[] = [];

	now(): number {
		return this.#now;
	}

	sleep(milliseconds: number): Promise<void> {
		return new Promise((wake) => this.#sleepers.push({ at: this.#now + milliseconds, wake }));
	}

	/** Lets time pass until all that was begun has ended; returns what it came to. */
	async until<T>(done: Promise<T>): Promise<T> {
		const state = { ended: false };
		const watch = done.finally(() => {
			state.ended = true;
		});
		watch.catch(() => undefined);
		while (!state.ended) {
			// Sockets answer between turns of the event loop; time does not pass meanwhile.
			await new Promise((next) => setImmediate(next));
			const next = this.#sleepers.toSorted((a, b) => a.at - b.at)[0];
			if (state.ended || next === undefined) continue;
			this.#sleepers.splice(this.#sleepers.indexOf(next), 1);
			this.#now = Math.max(this.#now, next.at);
			next.wake();
		}
		return watch;
	}
}
