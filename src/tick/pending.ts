/** The first step: takes the lock and reads the pending build requests. */
import type { PendingRequests } from "../core/model/facts.ts";
import type { Failure } from "../core/model/failure.ts";
import { deepFreeze } from "../core/model/freeze.ts";
import type { AgeWindow } from "../core/model/policy.ts";
import { attempt } from "./attempt.ts";
import { pendingLines } from "./log-lines.ts";
import type { Clock, Ending, LockResult, Log, PendingSource, TickLock } from "./ports.ts";

interface Failed {
	readonly kind: "failed";
	readonly failure: Failure;
}
export type Locked = LockResult | Failed;
export type Pending = ({ readonly kind: "read" } & PendingRequests) | Failed;

const ACQUIRED: LockResult = { kind: "acquired" };

/** @param lock null: the tick runs without one */
export async function takeLock(lock: TickLock | null, ending: Ending, log: Log): Promise<Locked> {
	const take = async (): Promise<LockResult> => (await lock?.acquire()) ?? ACQUIRED;
	const taken = await attempt({ stage: "pending", ending }, take);
	if (taken.kind === "failed") return deepFreeze(taken);
	if (taken.value.kind === "held") log.notice(`Skipping this run: the lock is held by ${taken.value.by}.`);
	return deepFreeze(taken.value);
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
