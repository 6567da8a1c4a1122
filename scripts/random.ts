/** Random numbers that are the same in each run. */

/** A generator of numbers from 0 to 1, of which 1 never occurs. */
export function randomFrom(seed: number): () => number {
	let state = seed;
	return () => {
		state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
		return state / 2 ** 32;
	};
}
