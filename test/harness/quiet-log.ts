/** A log that writes nothing. */
import type { Log } from "../../src/tick/ports.ts";

const quiet = () => undefined;

export const QUIET: Log = {
	debug: quiet,
	info: quiet,
	notice: quiet,
	warning: quiet,
	error: quiet,
	group: async (_title, body) => body(),
};
