/** A timer whose time advances only in `until`, from one sleeper to the next. */
import type { Timer } from "../../src/adapters/timer.ts";

export class SteppedTimer implements Timer {
	#now = 0;
	readonly #sleepers: { readonly at: number; readonly wake: () => void }[] = [];
	readonly #settled: () => Promise<void>;

	/** @param settled resolves when what happens without the timer, such as calls in flight, has happened */
	constructor(settled: () => Promise<void> = () => new Promise((next) => setImmediate(next))) {
		this.#settled = settled;
	}

	now(): number {
		return this.#now;
	}

	sleep(milliseconds: number): Promise<void> {
		return new Promise((wake) => this.#sleepers.push({ at: this.#now + milliseconds, wake }));
	}

	/** Advances time until the promise settles; returns its value. */
	async until<T>(done: Promise<T>): Promise<T> {
		const state = { ended: false };
		const watch = done.finally(() => {
			state.ended = true;
		});
		watch.catch(() => undefined);
		while (!state.ended) {
			await this.#settled();
			const next = this.#sleepers.toSorted((a, b) => a.at - b.at)[0];
			if (state.ended || next === undefined) continue;
			this.#sleepers.splice(this.#sleepers.indexOf(next), 1);
			this.#now = Math.max(this.#now, next.at);
			next.wake();
		}
		return watch;
	}
}
