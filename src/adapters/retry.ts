/** Repeats I/O that may succeed on another attempt. */
import { setTimeout as wait } from "node:timers/promises";

/** Resolves after some milliseconds, or as soon as the signal aborts; never rejects. */
export type Sleep = (milliseconds: number, signal: AbortSignal | undefined) => Promise<void>;

export interface RetryOptions {
	/** Milliseconds before each further attempt; an empty list allows a single attempt. */
	readonly pauses: readonly number[];
	/** Whether another attempt may succeed after this error. */
	readonly isTransient: (error: unknown) => boolean;
	/** Once it aborts, no attempt starts and a pause ends at once. It doesn't interrupt an attempt. */
	readonly signal?: AbortSignal;
	/** Replaced by tests that step time. */
	readonly sleep?: Sleep;
}

/**
 * Calls `attempt` until it succeeds, fails for good, or has used up its pauses.
 * @throws the error of the last attempt; the signal's reason if it had aborted before the first
 */
export async function retry<T>(attempt: () => Promise<T>, options: RetryOptions): Promise<T> {
	const { pauses, isTransient, signal, sleep = realSleep } = options;
	signal?.throwIfAborted();
	for (const pause of pauses) {
		try {
			return await attempt();
		} catch (error) {
			if (!isTransient(error)) throw error;
			if (signal?.aborted !== true) await sleep(pause, signal);
			if (signal?.aborted === true) throw error;
		}
	}
	return attempt();
}

const realSleep: Sleep = async (milliseconds, signal) => {
	try {
		await wait(milliseconds, undefined, signal === undefined ? {} : { signal });
	} catch (error) {
		if (signal?.aborted !== true) throw error;
	}
};
