/** What would end a watch before its time. */
import { inWords, isoTime } from "../core/report/duration.ts";

/** Seconds that a run needs after its last tick, to report. */
const REPORT = 60;

/** Warnings before a watch begins. All times are seconds. */
export function watchWarnings(args: {
	/** Null: until the run is stopped. */
	readonly duration: number | null;
	/** Of each tick. */
	readonly timeout: number;
	/** Since 1970, UTC. */
	readonly now: number;
	/** The job's; null: unknown. */
	readonly jobTimeout: number | null;
	/** When the credentials of the job expire, since 1970; null: unknown, or the run renews them. */
	readonly expiresAt: number | null;
}): readonly string[] {
	const { duration, timeout, now, jobTimeout, expiresAt } = args;
	if (duration === null) return [];
	const needed = duration + timeout + REPORT;
	return [
		...(jobTimeout !== null && jobTimeout < needed
			? [
					`The watch may be killed without a report: the job ends after ${inWords(jobTimeout)} (timeout-minutes), and watch-for, timeout, and the report need up to ${inWords(needed)}. Raise timeout-minutes to at least ${Math.ceil(needed / 60)}, or lower watch-for.`,
				]
			: []),
		...(expiresAt !== null && expiresAt < now + duration
			? [
					`The AWS credentials expire at ${isoTime(expiresAt)}, before the watch is over, which then ends early. Set role-to-assume, or raise role-duration-seconds.`,
				]
			: []),
	];
}
