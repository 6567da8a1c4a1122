/** Interrupts code that runs for too long. */
import { createContext, Script } from "node:vm";
import type { TimeLimit } from "../tick/ports.ts";

const run = new Script("body()");
const nothing = () => {};
/** One context for all: each takes longer to create than most bodies take to run. */
const scope = { body: nothing };
const context = createContext(scope);

/** Uses V8's own execution time limit, the only way to interrupt a regular expression that backtracks without end. */
export const timeLimit: TimeLimit = (body, milliseconds) => {
	scope.body = body;
	try {
		run.runInContext(context, { timeout: milliseconds });
		return true;
	} catch (error) {
		// The error belongs to the other context, so it is no instance of this context's Error.
		const code = typeof error === "object" && error !== null && "code" in error ? error.code : null;
		if (code === "ERR_SCRIPT_EXECUTION_TIMEOUT") return false;
		throw error;
	} finally {
		// What the body holds can be freed.
		scope.body = nothing;
	}
};
