/** Whether a run fails. */

import { isServed } from "../launch/reasons.ts";
import { adviceForReason } from "./advice.ts";
import type { Report, ReportedFailure, ReportedPool } from "./report.ts";

/** Whether the report's counts are known: not where the database was not read, or another run holds the lock. */
export function isCounted({ lockedBy, failures }: Report): boolean {
	return lockedBy === null && !failures.some(({ stage }) => stage === "pending");
}

export type FailOn = "error" | "shortfall" | "never";

/**
 * Why the run fails, one sentence each; empty: it does not.
 * - `error`: a failed read, a launch error other than missing capacity, or a pool whose need the ceilings allowed and of
 *   which nothing could be launched;
 * - `shortfall`: these, and any unmet need;
 * - `never`: nothing.
 */
export function failureReasons(report: Report, failOn: FailOn): readonly string[] {
	if (failOn === "never") return [];
	const errors = report.failures.filter((failure) => isError(failure, failOn)).map(({ message }) => message);
	const stalled = report.pools
		.filter(isStarved)
		.map((pool) => `${pool.mozType}: ${pool.shortfall} needed, none could be launched: ${whyShort(pool)}`);
	const short = report.pools
		.filter(({ shortfall }) => failOn === "shortfall" && shortfall > 0)
		.map((pool) => `${pool.mozType}: ${pool.shortfall} of ${pool.needed} needed were not launched: ${whyShort(pool)}`);
	return [...errors, ...(failOn === "shortfall" ? short : stalled)];
}

/** Whether nothing could be launched of what the pool needs and the ceilings allow. */
export function isStarved({ launched, slaveset, reasons }: ReportedPool): boolean {
	return launched === 0 && reasons.some(({ code }) => isUnservedThoughAllowed(code, slaveset));
}

function isError({ stage, code }: ReportedFailure, failOn: FailOn): boolean {
	// A pattern that ran away left its builder unmatched; the tick itself is sound.
	if (stage === "mapping") return false;
	// That a master is stopped is its owner's doing; what waits for it is not served all the same.
	return code !== "not-configured" || failOn === "shortfall";
}

/**
 * Whether a reason of this code fails the run where nothing was launched for its pool. The names of a slaveset are a
 * ceiling: where all of its machines run, it has what it may have.
 */
export function isUnservedThoughAllowed(code: string, slaveset: readonly string[] | null): boolean {
	if (code === "no-name" && slaveset !== null) return false;
	return !isServed(code) && !code.startsWith("cap-");
}

/** Why a pool is short, and what to do about it. */
function whyShort({ reasons }: ReportedPool): string {
	return reasons
		.filter(({ code }) => !isServed(code))
		.map(({ code, message }) => `${message}. ${adviceForReason(code)}`)
		.join(" ");
}
