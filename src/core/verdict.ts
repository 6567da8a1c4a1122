/** Whether a run fails. */
import type { Failure, Report } from "./report.ts";

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
	const errors = report.failures.filter((failure) => isError(failure, failOn)).map(({ message }) => message);
	const stalled = report.pools
		.filter(
			({ launched, slaveset, reasons }) =>
				launched === 0 && reasons.some(({ code }) => isUnservedThoughAllowed(code, slaveset)),
		)
		.map(({ mozType, shortfall }) => `${mozType}: ${shortfall} needed, none could be launched`);
	const short = report.pools
		.filter(({ shortfall }) => failOn === "shortfall" && shortfall > 0)
		.map(({ mozType, shortfall, needed }) => `${mozType}: ${shortfall} of ${needed} needed were not launched`);
	return [...errors, ...(failOn === "shortfall" ? short : stalled)];
}

function isError({ stage, code }: Failure, failOn: FailOn): boolean {
	// A pattern that ran away left its builder unmatched; the tick itself is sound.
	if (stage === "mapping") return false;
	// That a master is stopped is its owner's doing; what waits for it is not served all the same.
	return code !== "not-configured" || failOn === "shortfall";
}

/** The names of a slaveset are a ceiling: where all of its machines run, it has what it may have. */
function isUnservedThoughAllowed(code: string, slaveset: readonly string[] | null): boolean {
	if (code === "no-name" && slaveset !== null) return false;
	return code !== "launched" && !code.startsWith("covered-") && !code.startsWith("cap-");
}
