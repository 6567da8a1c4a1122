/** Stops code that does not come back. */
import { createContext, Script } from "node:vm";
import type { TimeLimit } from "../tick/ports.ts";

const run = new Script("body()");

/**
 * Runs `body` under V8's own execution time limit, the only means to stop a regular expression that backtracks without
 * end.
 */
export const timeLimit: TimeLimit = (body, milliseconds) => {
	try {
		run.runInContext(createContext({ body }), { timeout: milliseconds });
		return true;
	} catch (error) {
		// The error is of the other context, so it is no instance of this one's Error.
		const code = typeof error === "object" && error !== null && "code" in error ? error.code : null;
		if (code === "ERR_SCRIPT_EXECUTION_TIMEOUT") return false;
		throw error;
	}
};
