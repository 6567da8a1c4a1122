/** What can go wrong in a tick: the failures of the report, and the closed lists of their stages and codes. */
import type { MozType, Region } from "./policy.ts";

/** The stages of a tick in which something can fail. */
export const FAILURE_STAGES = ["pending", "mapping", "jacuzzi", "read", "launch", "name"] as const;
export type FailureStage = (typeof FAILURE_STAGES)[number];

/** Why the scheduler database could not be read. */
export const DATABASE_CODES = [
	"connection-refused",
	"host-unknown",
	"timeout",
	"connection-lost",
	"server-busy",
	"access-denied",
	"no-such-database",
	"tls-untrusted",
	"tls-unavailable",
	"auth-plugin",
	"no-credentials",
	"not-a-buildbot-database",
	"query-failed",
	"lock-lost",
	"lock-unsupported",
	"no-worker-tables",
] as const;
export type DatabaseCode = (typeof DATABASE_CODES)[number];

/**
 * Why the workers of a builder are unknown. `allocation-unknown`: the source of the slavesets gave no usable answer;
 * `not-configured`: no master has the builder, for example because its master is stopped.
 */
export const ALLOCATION_CODES = ["allocation-unknown", "not-configured"] as const;
export type AllocationCode = (typeof ALLOCATION_CODES)[number];

/** A pattern of `buildermap` that runs away. */
export const MAPPING_CODES = ["pattern-timeout"] as const;
export type MappingCode = (typeof MAPPING_CODES)[number];

/** Why an instance was not requested. What EC2 itself refuses has EC2's code. */
export const LAUNCH_CODES = ["no-certificate", "user-data-too-long", "died-young"] as const;
export type LaunchCode = (typeof LAUNCH_CODES)[number];

/** An answer that is not EC2's own, or that is incomplete. */
export const ANSWER_CODES = ["unread-answer"] as const;
export type AnswerCode = (typeof ANSWER_CODES)[number];

/** Why a tick ended before its work was done: the time of the input `timeout` was over, or a signal stopped the run. */
export const STOP_CODES = ["timeout", "interrupted"] as const;
export type StopCode = (typeof STOP_CODES)[number];

/** All codes of this action's own; EC2, STS, and the network add theirs. */
export const FAILURE_CODES = [
	...DATABASE_CODES,
	...ALLOCATION_CODES,
	...MAPPING_CODES,
	...ANSWER_CODES,
	...LAUNCH_CODES,
	...STOP_CODES,
] as const;

/** Something that went wrong; the tick may have continued without it. */
export interface Failure {
	readonly stage: FailureStage;
	readonly region: Region | null;
	readonly mozType: MozType | null;
	/** One of {@link FAILURE_CODES}, or the code of EC2, STS, or the network. */
	readonly code: string;
	readonly message: string;
}
