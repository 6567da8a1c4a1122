/** The first step: takes the lock and reads the pending build requests. */
import type { PendingRequests } from "../core/model/facts.ts";
import type { Failure } from "../core/model/failure.ts";
import { deepFreeze } from "../core/model/freeze.ts";
import type { AgeWindow } from "../core/model/policy.ts";
import { attempt } from "./attempt.ts";
import { describeHolder, heldTooLong, pendingLines } from "./log-lines.ts";
import type { Clock, Ending, LockResult, Log, PendingSource, TickLock } from "./ports.ts";

interface Failed {
	readonly kind: "failed";
	readonly failure: Failure;
}
/** `since`: seconds since 1970, UTC; null if unknown. */
interface Held {
	readonly kind: "held";
	readonly by: string;
	readonly since: number | null;
}
export type Locked = { readonly kind: "acquired" } | Held | Failed;
export type Pending = ({ readonly kind: "read" } & PendingRequests) | Failed;

const ACQUIRED: LockResult = { kind: "acquired" };

/** Takes the lock. Warns if another run has held it for longer than its tick or watch lasts. */
export async function takeLock(args: {
	/** Null: the tick runs without one. */
	readonly lock: TickLock | null;
	/** Seconds. */
	readonly timeout: number;
	readonly ending: Ending;
	readonly log: Log;
	readonly clock: Clock;
}): Promise<Locked> {
	const { lock, timeout, ending, log, clock } = args;
	const take = async (): Promise<LockResult> => (await lock?.acquire()) ?? ACQUIRED;
	const taken = await attempt({ stage: "pending", ending }, take);
	if (taken.kind === "failed") return deepFreeze(taken);
	if (taken.value.kind === "acquired") return deepFreeze(taken.value);
	const { seconds } = taken.value;
	const by = describeHolder(taken.value);
	const now = clock.now();
	const since = seconds === null ? null : now - seconds;
	log.notice(`Skipping this run: the lock is held by ${by}.`);
	const warning = heldTooLong(taken.value, timeout, now);
	if (warning !== null) log.warning(warning);
	return deepFreeze({ kind: "held", by, since });
}

/** Counts the pending build requests per builder. */
export async function readPending(args: {
	readonly source: PendingSource;
	readonly window: AgeWindow;
	readonly ending: Ending;
	readonly log: Log;
	readonly clock: Clock;
}): Promise<Pending> {
	const { source, window, ending, log, clock } = args;
	const read = await attempt({ stage: "pending", ending }, () => source.read(window));
	if (read.kind === "failed") return deepFreeze(read);
	for (const line of pendingLines(read.value, clock.now())) log.info(line);
	const { builders, outsideAgeWindow } = read.value;
	return deepFreeze({ kind: "read", builders, outsideAgeWindow });
}
