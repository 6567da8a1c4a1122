/** A lock that a watch takes once and holds until it ends. Its ticks take and release it in name only. */
import type { LockResult, TickLock } from "../tick/ports.ts";

export class HeldLock implements TickLock {
	/** Null: the watch runs without one. */
	readonly #lock: TickLock | null;
	#isHeld: boolean;

	constructor(lock: TickLock | null) {
		this.#lock = lock;
		this.#isHeld = lock === null;
	}

	get isHeld(): boolean {
		return this.#isHeld;
	}

	async acquire(): Promise<LockResult> {
		if (this.#isHeld || this.#lock === null) return { kind: "acquired" };
		const result = await this.#lock.acquire();
		this.#isHeld = result.kind === "acquired";
		return result;
	}

	async confirm(): Promise<void> {
		await this.#lock?.confirm();
	}

	/** Called by each tick. */
	release(): void {}

	/** Called once, by the watch. */
	end(): void {
		this.#lock?.release();
		this.#isHeld = false;
	}
}
