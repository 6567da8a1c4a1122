/** The log of the command line: lines on standard error, and in a log file. */
import { appendFileSync } from "node:fs";
import type { Redactor } from "../../core/report/redaction.ts";
import { visible } from "../../core/report/visible.ts";
import { type Diagnostic, errorMessage, formatDiagnostic } from "../../errors.ts";
import type { Published, RunLog, RunOutcome } from "../../tick/ports.ts";
import { refusePipe } from "../pipe.ts";
import { plainText } from "./text.ts";

type Level = "debug" | "info" | "notice" | "warning" | "error";

export interface TerminalLogOptions {
	/** Whether debug lines are shown. */
	readonly verbose: boolean;
	/** Path of a log file, which gets debug lines too; null: none. */
	readonly file: string | null;
	readonly redactor: Redactor;
}

/** A log in which no foreign text acts on the terminal and no secret appears. */
export class TerminalLog implements RunLog {
	readonly #options: TerminalLogOptions;
	/** Null: there is none, or writing to it failed. */
	#file: string | null;

	/** @throws Error if the file can't be written */
	constructor(options: TerminalLogOptions) {
		this.#options = options;
		this.#file = options.file;
		if (options.file !== null) {
			refusePipe(options.file);
			appendFileSync(options.file, "");
		}
	}

	debug(message: string): void {
		this.#write("debug", message);
	}

	info(message: string): void {
		this.#write("info", message);
	}

	notice(message: string): void {
		this.#write("notice", message);
	}

	warning(message: string): void {
		this.#write("warning", message);
	}

	error(message: string): void {
		this.#write("error", message);
	}

	async group<T>(title: string, body: () => Promise<T>): Promise<T> {
		this.info(`${title}:`);
		return body();
	}

	annotate(level: "notice" | "warning" | "error", problem: Diagnostic): void {
		this.#write(level, formatDiagnostic(problem));
	}

	end(outcome: RunOutcome): void {
		if (outcome.kind === "succeeded") return;
		this.error(outcome.message);
		process.exitCode = 1;
	}

	/** The summary goes to standard output, separate from the log, and to the log file. */
	publish({ summary }: Pick<Published, "summary">): void {
		const text = this.#options.redactor.redact(plainText(summary));
		process.stdout.write(`${text}\n`);
		this.#append("info", text);
	}

	#write(level: Level, message: string): void {
		const { verbose, redactor } = this.#options;
		const text = redactor.redact(message).split("\n").map(visible).join("\n");
		if (level !== "debug" || verbose) process.stderr.write(level === "info" ? `${text}\n` : `${level}: ${text}\n`);
		this.#append(level, text);
	}

	#append(level: Level, text: string): void {
		if (this.#file === null) return;
		const start = `${new Date().toISOString()} ${level.toUpperCase().padEnd(7)}`;
		try {
			appendFileSync(this.#file, text.replace(/^/gm, `${start} `).concat("\n"));
		} catch (error) {
			// A full disk must not interrupt launching.
			this.#file = null;
			this.warning(`Writing the log file failed, so it ends here: ${errorMessage(error)}`);
		}
	}
}
