/** The heap of this process. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** After so many, a further one frees nothing. */
const COLLECTIONS = 6;

/** Returns a function that collects garbage and returns the bytes of the heap in use. */
export function heapMeter(): () => number {
	setFlagsFromString("--expose-gc");
	const collect: () => void = runInNewContext("gc");
	return () => {
		// Code that is no longer used outlives some collections.
		for (let again = 0; again < COLLECTIONS; again += 1) collect();
		return process.memoryUsage().heapUsed;
	};
}
