/** What a tick needs from outside. Adapters implement these; the tick knows nothing else of the world. */

import type { Allocations } from "../core/demand/allocations.ts";
import type { Outcome } from "../core/launch/outcome.ts";
import type { LaunchRequest } from "../core/launch/refusal.ts";
import type { PendingRequests, RegionFacts } from "../core/model/facts.ts";
import type { AgeWindow, MozType } from "../core/model/policy.ts";
import type { Adoption } from "../core/plan/adoption.ts";
import type { PreviousRun } from "../core/report/previous-run.ts";
import type { Report } from "../core/report/report.ts";
import type { AccountRegion } from "../core/supply/accounts.ts";
import type { Diagnostic } from "../errors.ts";

export interface PendingSource {
	/**
	 * Counts the pending build requests per builder: `complete = 0` and unclaimed. Names are told apart byte by byte; ages
	 * are by the database server's clock.
	 * @throws DatabaseError
	 */
	read(window: AgeWindow): Promise<PendingRequests>;
}

export interface AllocationSource {
	/**
	 * What is known of the jacuzzis of these builders; what could not be told is part of the answer.
	 * @throws DatabaseError where the scheduler database is what tells
	 */
	read(builders: readonly string[]): Promise<Allocations>;
}

export interface TickLock {
	/**
	 * Takes the lock without waiting for it.
	 * @returns null: it is ours until it is released or this process ends; else who has it, in words
	 * @throws DatabaseError
	 */
	acquire(): Promise<string | null>;
	release(): void;
}

export interface PreviousRunSource {
	/** What is known of this workflow's last finished run, or why nothing is. Never throws, and ends within seconds. */
	read(): Promise<PreviousRun | { readonly unknown: string }>;
}

/** What is asked of an account in a region. */
export interface FleetQuery extends AccountRegion {
	readonly mozTypes: readonly MozType[];
	readonly subnetIds: readonly string[];
	/** EC2 instance types whose spot prices and recent spot requests are wanted, by product (`Linux/UNIX`, `Windows`). */
	readonly spotProducts: readonly { readonly productDescription: string; readonly instanceTypes: readonly string[] }[];
}

export interface Fleet {
	/**
	 * Reads one account in one region, completely or not at all.
	 * @throws FleetError
	 */
	read(query: FleetQuery): Promise<RegionFacts>;
}

export interface Launcher {
	/**
	 * Places one order. What EC2 refuses is part of the outcome; this never throws.
	 * @param deadline seconds since 1970, UTC, from which on no call is begun
	 */
	launch(request: LaunchRequest, deadline: number): Promise<Outcome>;
	/** Gives a machine its name; returns what went wrong. */
	adopt(adoption: Adoption): Promise<Outcome["namingFailures"]>;
}

export interface Certificates {
	/**
	 * The bootstrap certificate of a host, a secret.
	 * @throws CertificateError
	 */
	get(fqdn: string): Promise<string>;
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
	/** A fault, with its place in the user's own text. */
	annotate(level: "notice" | "warning" | "error", fault: Diagnostic): void;
	/** Ends the run. @param failure why it has failed; null: it has not */
	end(failure: string | null): void;
}

/** Where a run takes place: GitHub's runner, or a terminal. */
export interface Host {
	readonly log: RunLog;
	/** What must be in nothing that is left behind. */
	readonly secrets: readonly string[];
	/** Leaves behind what a tick came to, and says where. */
	publish(tick: Published): void;
}

export interface Published {
	readonly report: Report;
	/** Markdown. */
	readonly summary: string;
}

export interface Clock {
	/** Seconds since 1970, UTC. */
	now(): number;
	/** Milliseconds since some moment; unlike the time of day it never jumps. */
	elapsed(): number;
}

/** Runs `body` and says whether it came back within `milliseconds`; if not, it was stopped where it was. */
export type TimeLimit = (body: () => void, milliseconds: number) => boolean;
