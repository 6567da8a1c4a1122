/** What a tick needs from outside. Adapters implement these interfaces, and no other I/O reaches the tick. */

import type { Allocations } from "../core/demand/allocations.ts";
import type { Outcome } from "../core/launch/outcome.ts";
import type { LaunchRequest, Refusal } from "../core/launch/refusal.ts";
import type { PendingRequests, RegionFacts, WorkerFacts } from "../core/model/facts.ts";
import type { History } from "../core/model/history.ts";
import type { AgeWindow, LaunchTemplate, MozType } from "../core/model/policy.ts";
import type { Adoption } from "../core/plan/adoption.ts";
import type { PreviousRun } from "../core/report/previous-run.ts";
import type { Redactor } from "../core/report/redaction.ts";
import type { ReplayReport } from "../core/report/replay-report.ts";
import type { ApiCalls, Report } from "../core/report/report.ts";
import type { AccountRegion } from "../core/supply/accounts.ts";
import type { Diagnostic } from "../errors.ts";

export interface PendingSource {
	/**
	 * Counts the pending build requests per builder: `complete = 0` and unclaimed. Names are compared byte by byte; ages
	 * are measured by the database server's clock.
	 * @throws DatabaseError
	 */
	read(window: AgeWindow): Promise<PendingRequests>;
}

export interface HistorySource {
	/**
	 * Reads the requests that were submitted within the last `days`, by the database server's clock, with their builds. In a
	 * copy of a database, whose newest request is more than a day old, these are the last days before that request.
	 * Changes nothing, and pauses between its queries.
	 * @throws DatabaseError
	 */
	read(days: number): Promise<History>;
}

export interface NamedMachine {
	readonly name: string;
	/** Seconds since 1970, UTC. */
	readonly launchedAt: number;
}

export interface WorkerSource {
	/**
	 * Looks up the workers that have the names of these machines, and their first builds. Ends within seconds.
	 * @param now seconds since 1970, UTC
	 * @throws DatabaseError
	 */
	read(machines: readonly NamedMachine[], now: number): Promise<WorkerFacts>;
}

export interface AllocationSource {
	/**
	 * What is known of the jacuzzis of these builders. What is unknown is part of the answer.
	 * @throws DatabaseError if the allocations come from the scheduler database
	 */
	read(builders: readonly string[]): Promise<Allocations>;
}

export type LockResult =
	/** Until `release`, or until this process ends. */
	| { readonly kind: "acquired" }
	/** `by` describes the holder; `seconds` is how long it has held the lock, null if unknown. */
	| { readonly kind: "held"; readonly by: string; readonly seconds: number | null; readonly watch?: WatchEnd };

/** When a run that watches ends: seconds since 1970, UTC; null: when it is stopped. */
export interface WatchEnd {
	readonly until: number | null;
}

export interface TickLock {
	/**
	 * Takes the lock without waiting for it.
	 * @throws DatabaseError
	 */
	acquire(): Promise<LockResult>;
	/**
	 * Checks that the lock is still held. A lock that was lost stays lost, since another run may have launched meanwhile.
	 * @throws DatabaseError `lock-lost`
	 */
	confirm(): Promise<void>;
	release(): void;
}

export type PreviousRunAnswer =
	| { readonly kind: "known"; readonly run: PreviousRun }
	| { readonly kind: "unknown"; readonly reason: string };

export interface PreviousRunSource {
	/** This workflow's last finished run. Never throws, and ends within seconds. */
	read(): Promise<PreviousRunAnswer>;
}

/** What to read from an account in a region. */
export interface FleetQuery extends AccountRegion {
	readonly mozTypes: readonly MozType[];
	readonly subnetIds: readonly string[];
	/** Launch templates to read. */
	readonly templates: readonly LaunchTemplate[];
	/** EC2 instance types whose spot prices and recent spot requests to read, by product (`Linux/UNIX`, `Windows`). */
	readonly spotProducts: readonly { readonly productDescription: string; readonly instanceTypes: readonly string[] }[];
}

export interface Fleet {
	/**
	 * Reads one account in one region completely.
	 * @throws FleetError with the instances, if only something else could not be read
	 */
	read(query: FleetQuery): Promise<RegionFacts>;
}

export type LateNaming = Outcome["namingFailures"][number] & Pick<Adoption, "region" | "mozType">;

export interface Launcher {
	/**
	 * Makes one launch request. What EC2 refuses is part of the outcome; this never throws.
	 * @param deadline seconds since 1970, UTC, after which no call starts
	 * @param confirmLock called right before each call that launches; if it throws, the call is not made
	 */
	launch(request: LaunchRequest, deadline: number, confirmLock: () => Promise<void>): Promise<Outcome>;
	/**
	 * Waits until every instance that takes its name from its user data has its tags, or until the deadline. Never throws.
	 * @returns the tags that could not be added; a later run adds them
	 */
	finishNaming(): Promise<readonly LateNaming[]>;
	/**
	 * Gives an instance its name. Returns the failures to do so.
	 * @param deadline seconds since 1970, UTC
	 */
	adopt(adoption: Adoption, deadline: number): Promise<Outcome["namingFailures"]>;
	/**
	 * Asks EC2 whether it would permit a launch request, without launching anything. Never throws.
	 * @param deadline seconds since 1970, UTC
	 * @returns the refusal that a launch would get; null if there is none
	 */
	rehearse(request: LaunchRequest, deadline: number): Promise<Refusal | null>;
}

export interface Certificates {
	/**
	 * The bootstrap certificate of a host, a secret.
	 * @throws CertificateError
	 */
	get(fqdn: string): Promise<string>;
}

/** When a tick ends although its work is not done. The reason of both signals is a `StoppedError`. */
export interface Ending {
	/** From then on, nothing starts. */
	readonly stop: AbortSignal;
	/** From then on, no answer is awaited. */
	readonly end: AbortSignal;
}

export interface TickPorts {
	readonly pending: PendingSource;
	/** Null: no builder has a jacuzzi. */
	readonly allocations: AllocationSource | null;
	/** Null: what Buildbot knows of the machines is not read. */
	readonly workers: WorkerSource | null;
	/** Null: the tick runs without a lock. */
	readonly lock: TickLock | null;
	/** Null: earlier runs can't be read. */
	readonly previousRun: PreviousRunSource | null;
	/** Opened only if a pending request maps to AWS: until then no credentials are needed. */
	readonly cloud: () => Promise<Cloud>;
	readonly timeLimit: TimeLimit;
	readonly ending: Ending;
	readonly log: Log;
	readonly clock: Clock;
}

export interface Cloud {
	readonly fleet: Fleet;
	readonly launcher: Launcher;
	/** Of the tick so far. */
	readonly apiCalls: () => ApiCalls;
}

export interface Log {
	debug(message: string): void;
	info(message: string): void;
	notice(message: string): void;
	warning(message: string): void;
	error(message: string): void;
	/** Runs `body` with its lines folded under `title`. */
	group<T>(title: string, body: () => Promise<T>): Promise<T>;
}

/** The log of a whole run. */
export interface RunLog extends Log {
	/** A problem, with its location in a person's file. */
	annotate(level: "notice" | "warning" | "error", problem: Diagnostic): void;
	/** The last message of a run: sets its exit status. */
	end(outcome: RunOutcome): void;
}

export type RunOutcome =
	| { readonly kind: "succeeded" }
	/** A sentence. */
	| { readonly kind: "failed"; readonly message: string };

/** What runs the action: GitHub's runner or a terminal. */
export interface Host {
	readonly log: RunLog;
	/** Masks what must not appear in anything the run writes. */
	readonly redactor: Redactor;
	readonly ending: Ending;
	/** Writes the result of a tick, and logs where. What can't be written is only a warning. */
	publish(tick: Published): void;
	/** Writes the result of a replay. */
	publishReplay(replay: PublishedReplay): void;
	/** Writes the summary of a checked configuration, in Markdown. */
	publishCheck(summary: string): void;
}

export interface Published {
	readonly report: Report;
	/** Markdown. */
	readonly summary: string;
}

export interface PublishedReplay {
	readonly report: ReplayReport;
	/** Markdown. */
	readonly summary: string;
}

export interface Clock {
	/** Seconds since 1970, UTC. */
	now(): number;
	/** Milliseconds since an arbitrary moment. Unlike the time of day, this never jumps. */
	elapsed(): number;
}

/** Runs `body`, and returns whether it finished within `milliseconds`. If not, it was interrupted. */
export type TimeLimit = (body: () => void, milliseconds: number) => boolean;
