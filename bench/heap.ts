/** The heap of this process. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** Returns a function that collects garbage and returns the bytes of the heap in use. */
export function heapMeter(): () => number {
	setFlagsFromString("--expose-gc");
	const collect: () => void = runInNewContext("gc");
	return () => {
		collect();
		return process.memoryUsage().heapUsed;
	};
}
