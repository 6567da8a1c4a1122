/** Random numbers that depend on nothing but their keys, so that every setting meets the same luck. */

/** An integer from 0 to 2³² − 1. Source of the constants: the finalizer of MurmurHash3. */
export function draw(seed: number, stream: number, index: number): number {
	let hash = Math.imul(seed + 1, 0x9e3779b1) ^ Math.imul(stream + 1, 0x85ebca77) ^ Math.imul(index + 1, 0xc2b2ae3d);
	hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
	hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
	return (hash ^ (hash >>> 16)) >>> 0;
}

/** A whole number from `lowest` to `highest`, each with the same probability. */
export function between(lowest: number, highest: number, drawn: number): number {
	return lowest + Math.floor((drawn / 2 ** 32) * (highest - lowest + 1));
}
