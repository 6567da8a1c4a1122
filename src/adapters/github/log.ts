/** The runner's log. */
import * as core from "@actions/core";
import { describeFault, type Fault } from "../../errors.ts";
import type { RunLog } from "../../ports.ts";
import { safeForLog, withoutSecrets } from "./text.ts";

/** A log in which no text from outside acts as a command, and no secret stands. */
export class ActionsLog implements RunLog {
	readonly #secrets: readonly string[];

	constructor(secrets: readonly string[]) {
		this.#secrets = secrets;
	}

	debug(message: string): void {
		core.debug(this.#clean(message));
	}

	info(message: string): void {
		core.info(this.#clean(message));
	}

	notice(message: string): void {
		core.notice(this.#clean(message));
	}

	warning(message: string): void {
		core.warning(this.#clean(message));
	}

	error(message: string): void {
		core.error(this.#clean(message));
	}

	async group<T>(title: string, body: () => Promise<T>): Promise<T> {
		return core.group(this.#clean(title), body);
	}

	/** An annotation on the line of a file. */
	annotate(level: "notice" | "warning" | "error", fault: Fault): void {
		const { file, line, column, message } = fault;
		// The log shows the message alone, so it names its place there too.
		const annotate = { notice: core.notice, warning: core.warning, error: core.error }[level];
		annotate(this.#clean(file === null ? message : describeFault(fault)), {
			...(file === null ? {} : { file }),
			...(line === null ? {} : { startLine: line }),
			...(column === null ? {} : { startColumn: column }),
		});
	}

	end(failure: string | null): void {
		if (failure !== null) core.setFailed(this.#clean(failure));
	}

	#clean(message: string): string {
		return safeForLog(withoutSecrets(message, this.#secrets));
	}
}
