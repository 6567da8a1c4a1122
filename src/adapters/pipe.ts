/** Files that are written. */
import { statSync } from "node:fs";

/**
 * Opening a named pipe to write waits until someone reads it, and nothing else happens meanwhile, not even the deadline.
 * @throws Error if the path leads to a named pipe
 */
export function refusePipe(path: string): void {
	if (statSync(path, { throwIfNoEntry: false })?.isFIFO() === true) throw new Error(`${path} is a named pipe`);
}
