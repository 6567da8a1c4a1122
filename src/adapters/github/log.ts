/** The runner's log. */
import * as core from "@actions/core";
import { withoutSecrets } from "../../core/report/redaction.ts";
import { type Diagnostic, diagnostic, formatDiagnostic } from "../../errors.ts";
import type { RunLog } from "../../tick/ports.ts";
import { safeForLog } from "./text.ts";

type Level = "notice" | "warning" | "error";

/**
 * Annotations of one level that are made one by one. GitHub shows ten of each level and step and drops the rest, so two
 * are kept back: one that counts the rest, and the error that fails the run.
 */
const SHOWN = 8;

/**
 * A log in which no text from outside acts as a command, and no secret stands. What is over the limit of annotations is
 * a line of the log, and is counted in an annotation by `end`.
 */
export class ActionsLog implements RunLog {
	readonly #secrets: readonly string[];
	readonly #annotations: Readonly<Record<Level, Diagnostic[]>> = { notice: [], warning: [], error: [] };

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
		this.annotate("notice", diagnostic(message));
	}

	warning(message: string): void {
		this.annotate("warning", diagnostic(message));
	}

	error(message: string): void {
		this.annotate("error", diagnostic(message));
	}

	async group<T>(title: string, body: () => Promise<T>): Promise<T> {
		return core.group(this.#clean(title), body);
	}

	/** An annotation, on the line of a file where the fault has one. */
	annotate(level: Level, fault: Diagnostic): void {
		const soFar = this.#annotations[level].push(fault);
		if (soFar <= SHOWN) this.#emit(level, fault);
		else this.info(`${level}: ${formatDiagnostic(fault)}`);
	}

	/** Ends the run. @param failure why it has failed; null: it has not */
	end(failure: string | null): void {
		for (const level of ["notice", "warning", "error"] as const) {
			const [first, ...rest] = this.#annotations[level].slice(SHOWN);
			if (first === undefined) continue;
			if (rest.length === 0) this.#emit(level, first);
			else this.#emit(level, diagnostic(`${rest.length + 1} more like these: the log of this step has them all.`));
		}
		if (failure !== null) core.setFailed(this.#clean(failure));
	}

	#emit(level: Level, fault: Diagnostic): void {
		const { file, line, column } = fault;
		const emit = { notice: core.notice, warning: core.warning, error: core.error }[level];
		// The log shows the message alone, so it names its place there too.
		emit(this.#clean(formatDiagnostic(fault)), {
			...(file === null ? {} : { file: this.#clean(file) }),
			...(line === null ? {} : { startLine: line }),
			...(column === null ? {} : { startColumn: column }),
		});
	}

	#clean(message: string): string {
		return safeForLog(withoutSecrets(message, this.#secrets));
	}
}
