/** Bounds on the examination of patterns: counted in steps, so that the result is the same on every machine. */

/** A pattern is too complex to be examined. */
export class TooComplexError extends Error {
	override readonly name = "TooComplexError";
}

/** Always the same one: a trace of the stack for each costs more than the work that it ends. */
const TOO_COMPLEX = new TooComplexError();

/** Steps that one pattern may take unless its caller says otherwise: about a second. */
const DEFAULT_STEPS = 20_000_000;

/** Work that may still be done. */
export class Work {
	#left: number;

	constructor(steps = DEFAULT_STEPS) {
		this.#left = steps;
	}

	/** Steps that are left; below 0 if the last ones were too many. */
	get left(): number {
		return this.#left;
	}

	/** @throws TooComplexError if there is none left */
	spend(steps: number): void {
		this.#left -= steps;
		if (this.#left < 0) throw TOO_COMPLEX;
	}
}
