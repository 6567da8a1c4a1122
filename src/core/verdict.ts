/** Whether a run fails. */
import { adviceFor } from "./advice.ts";
import type { Report, ReportedPool } from "./report.ts";

export type FailOn = "error" | "shortfall" | "never";

/**
 * Why the run fails, one sentence each; empty: it does not.
 * - `error`: a failed read, a launch error other than missing capacity, or a pool whose need the ceilings allowed and of
 *   which nothing could be launched;
 * - `shortfall`: these, and any unmet need;
 * - `never`: nothing.
 */
export function whyFailed(report: Report, failOn: FailOn): readonly string[] {
	if (failOn === "never") return [];
	const errors = report.failures
		// A pattern that ran away left its builder unmatched; the tick itself is sound.
		.filter(({ stage }) => stage !== "mapping")
		.map(({ message }) => message);
	const stalled = report.pools
		.filter(({ launched, reasons }) => launched === 0 && reasons.some(({ code }) => isUnservedThoughAllowed(code)))
		.map((pool) => `${pool.mozType}: ${pool.shortfall} needed, none could be launched: ${whyShort(pool)}`);
	const short = report.pools
		.filter(({ shortfall }) => failOn === "shortfall" && shortfall > 0)
		.map((pool) => `${pool.mozType}: ${pool.shortfall} of ${pool.needed} needed were not launched: ${whyShort(pool)}`);
	return [...errors, ...(failOn === "shortfall" ? short : stalled)];
}

/** Why a pool is short, and what to do about it. */
function whyShort({ reasons }: ReportedPool): string {
	return reasons
		.filter(({ code }) => code !== "launched" && !code.startsWith("covered-"))
		.map(({ code, message }) => `${message}. ${adviceFor(code)}`)
		.join(" ");
}

function isUnservedThoughAllowed(code: string): boolean {
	return code !== "launched" && !code.startsWith("covered-") && !code.startsWith("cap-");
}
