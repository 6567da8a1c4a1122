/** Files whose path another program may occupy. */
import { statSync } from "node:fs";

/**
 * Opening a named pipe waits until someone opens its other end, and nothing else happens meanwhile, not even the deadline.
 * @throws Error if the path leads to a named pipe
 */
export function refusePipe(path: string): void {
	if (statSync(path, { throwIfNoEntry: false })?.isFIFO() === true) throw new Error(`${path} is a named pipe`);
}
