/** The log of a watch's ticks: one group per tick, and each warning once as an annotation. */
import type { Log } from "../tick/ports.ts";

/** Messages that are remembered; numbers in them would otherwise make their list grow for weeks. */
const MAX_REMEMBERED = 200;

/** GitHub's groups can't be nested and it shows ten annotations per step, so a warning that recurs becomes a line. */
export class TickLog implements Log {
	readonly #log: Log;
	readonly #shown = new Set<string>();

	constructor(log: Log) {
		this.#log = log;
	}

	debug(message: string): void {
		this.#log.debug(message);
	}

	info(message: string): void {
		this.#log.info(message);
	}

	notice(message: string): void {
		this.#once("notice", message);
	}

	warning(message: string): void {
		this.#once("warning", message);
	}

	error(message: string): void {
		this.#once("error", message);
	}

	/** Without a group of its own. */
	async group<T>(_title: string, body: () => Promise<T>): Promise<T> {
		return body();
	}

	#once(level: "notice" | "warning" | "error", message: string): void {
		const key = `${level}: ${message}`;
		if (this.#shown.has(key) || this.#shown.size >= MAX_REMEMBERED) {
			this.#log.info(key);
			return;
		}
		this.#shown.add(key);
		this.#log[level](message);
	}
}
