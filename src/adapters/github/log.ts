/** The log of the GitHub runner. */
import * as core from "@actions/core";
import type { Redactor } from "../../core/report/redaction.ts";
import { type Diagnostic, diagnostic, formatDiagnostic } from "../../errors.ts";
import type { RunLog, RunOutcome } from "../../tick/ports.ts";
import { safeForLog } from "./text.ts";

type Level = "notice" | "warning" | "error";

/**
 * Annotations of one level before they are only counted. GitHub shows ten per level and step and drops the rest. Two are
 * reserved: the one that counts the rest, and the error that fails the run.
 */
const SHOWN = 8;

/**
 * A log in which no foreign text acts as a command and no secret appears. Annotations over the limit become lines of the
 * log, and `end` counts them in an annotation.
 */
export class ActionsLog implements RunLog {
	readonly #redactor: Redactor;
	readonly #annotations: Readonly<Record<Level, Diagnostic[]>> = { notice: [], warning: [], error: [] };

	constructor(redactor: Redactor) {
		this.#redactor = redactor;
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

	annotate(level: Level, problem: Diagnostic): void {
		const soFar = this.#annotations[level].push(problem);
		if (soFar <= SHOWN) this.#emit(level, problem);
		else this.info(`${level}: ${formatDiagnostic(problem)}`);
	}

	end(outcome: RunOutcome): void {
		for (const level of ["notice", "warning", "error"] as const) {
			const [first, ...rest] = this.#annotations[level].slice(SHOWN);
			if (first === undefined) continue;
			if (rest.length === 0) this.#emit(level, first);
			else this.#emit(level, diagnostic(`${rest.length + 1} more like these: see the log of this step.`));
		}
		if (outcome.kind === "failed") core.setFailed(this.#clean(outcome.message));
	}

	#emit(level: Level, problem: Diagnostic): void {
		const { file, line, column } = problem;
		const emit = { notice: core.notice, warning: core.warning, error: core.error }[level];
		// The log shows only the message, so the message repeats the location.
		emit(this.#clean(formatDiagnostic(problem)), {
			...(file === null ? {} : { file: this.#clean(file) }),
			...(line === null ? {} : { startLine: line }),
			...(column === null ? {} : { startColumn: column }),
		});
	}

	#clean(message: string): string {
		return safeForLog(this.#redactor.redact(message));
	}
}
