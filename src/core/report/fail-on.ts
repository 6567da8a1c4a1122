/** Whether a run fails, by the input `fail-on`. */

import { isServed } from "../launch/reasons.ts";
import { adviceForReason } from "./advice.ts";
import type { Report, ReportedFailure, ReportedPool } from "./report.ts";

/** Whether the report's counts are known. They aren't if the database was not read or another run held the lock. */
export function isCounted({ lockedBy, failures }: Report): boolean {
	return lockedBy === null && !failures.some(({ stage, healed }) => stage === "pending" && healed !== true);
}

export type FailOn = "error" | "shortfall" | "never";

/**
 * Why the run fails, one sentence each; empty if it doesn't.
 * - `error`: a failed read, a launch error other than missing capacity, or a pool for which nothing could be launched
 *   although its limits allowed it;
 * - `shortfall`: the same, and any unmet need;
 * - `never`: nothing.
 */
export function failureReasons(report: Report, failOn: FailOn): readonly string[] {
	if (failOn === "never") return [];
	const errors = report.failures.filter((failure) => isError(failure, failOn)).map(({ message }) => message);
	const starved = report.pools
		.filter(isStarved)
		.map((pool) => `${pool.mozType}: ${pool.shortfall} needed, 0 launched: ${whyShort(pool)}`);
	const short = report.pools
		.filter(({ shortfall }) => failOn === "shortfall" && shortfall > 0)
		.map((pool) => `${pool.mozType}: ${pool.shortfall} of ${pool.needed} needed not launched: ${whyShort(pool)}`);
	return [...errors, ...(failOn === "shortfall" ? short : starved)];
}

/** Whether nothing was launched for a pool although its limits allowed it. */
export function isStarved({ launched, slaveset, reasons }: ReportedPool): boolean {
	return launched === 0 && reasons.some(({ code }) => isUnservedThoughAllowed(code, slaveset));
}

function isError({ stage, code, healed }: ReportedFailure, failOn: FailOn): boolean {
	if (healed === true) return false;
	// A pattern that times out leaves only its builder unmatched.
	if (stage === "mapping") return false;
	// Stopping a master is its owner's decision, although requests then wait.
	return code !== "not-configured" || failOn === "shortfall";
}

/**
 * Whether a reason with this code fails the run if nothing was launched for its pool. The names of a slaveset are a
 * limit: a slaveset whose machines all run has everything it may have.
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
