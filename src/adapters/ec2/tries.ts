/** What the failed tries of one call say together: whether to try again, and whether it may have taken effect. */
import { DatabaseError } from "../../errors.ts";
import { DeadlineError, isClockCorrected, isThrottling, isUnknown } from "./errors.ts";
import { meaningOf } from "./refusals.ts";

/** Milliseconds before the second try. Each later pause is twice as long, up to the maximum. */
const FIRST_PAUSE = 500;
const MAX_PAUSE = 30_000;
/** Throttled tries also wait in the budget, which each of them slows down. */
const MAX_THROTTLED = 5;

export class Tries {
	readonly #max: number;
	readonly #launches: boolean;
	#made = 0;
	#throttled = 0;
	#clockCorrected = false;
	/** The last failure after which the call may have taken effect. */
	#doubt: unknown = null;

	/**
	 * @param max number of tries
	 * @param launches whether the call launches instances
	 */
	constructor(max: number, launches: boolean) {
		this.#max = max;
		this.#launches = launches;
	}

	/** Notes a failure. @returns milliseconds before the next try; null: there is none */
	pauseAfter(error: unknown): number | null {
		this.#made += 1;
		if (isUnknown(error)) this.#doubt = error;
		if (this.#made >= this.#max) return null;
		if (isClockCorrected(error) && !this.#clockCorrected) {
			this.#clockCorrected = true;
			return 0;
		}
		if (isThrottling(error)) this.#throttled += 1;
		else if (!isUnknown(error)) return null;
		return this.#throttled < MAX_THROTTLED ? pauseBefore(this.#made) : null;
	}

	/** The error that says what is known of the call, if this one ended it. */
	verdict(error: unknown): unknown {
		return this.#doubt === null || this.#settles(error) ? error : this.#doubt;
	}

	/**
	 * Whether EC2 refused the request itself, so that no earlier try took effect. Of a launch, no refusal shows that: EC2 may
	 * still be carrying out the first try, or check this one before it looks for the other's token.
	 */
	#settles(error: unknown): boolean {
		if (this.#launches || error instanceof DeadlineError || error instanceof DatabaseError) return false;
		return !isThrottling(error) && !["stop-all", "unknown"].includes(meaningOf(error).kind);
	}
}

/** Milliseconds between a try and the next. @param tries made so far */
export function pauseBefore(tries: number): number {
	return Math.min(MAX_PAUSE, FIRST_PAUSE * 2 ** (tries - 1));
}
