/** How long each stage of a tick takes. */
import type { Timing } from "../core/report/report.ts";
import type { Clock } from "./ports.ts";

export const TIMED_STAGES = ["lock", "pending", "mapping", "read", "plan", "launch"] as const;
export type TimedStage = (typeof TIMED_STAGES)[number];

export class Stopwatch {
	readonly #clock: Clock;
	readonly #timings: Timing[] = [];

	constructor(clock: Clock) {
		this.#clock = clock;
	}

	/** In the order in which the stages ended. */
	get timings(): readonly Timing[] {
		return this.#timings;
	}

	/** Measures `body`, even if it throws. */
	async time<T>(stage: TimedStage, body: () => Promise<T>): Promise<T> {
		const start = this.#clock.elapsed();
		try {
			return await body();
		} finally {
			this.#timings.push({ stage, seconds: Math.round(this.#clock.elapsed() - start) / 1000 });
		}
	}
}
