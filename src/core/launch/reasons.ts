/** Why pending requests have, or lack, a machine. */

import type { Phase } from "../plan/phase.ts";
import type { Placement, SkipCode, SkippedPlacement } from "../plan/placements.ts";

/** Why a pending request of a pool has, or lacks, an instance. */
export const REASON_CODES = [
	"launched",
	"covered-by-fresh",
	"covered-by-running",
	"cap-global",
	"cap-region",
	"cap-tick",
	"cap-cost",
	"no-capacity",
	"no-price",
	"no-address",
	"no-name",
	"no-rules",
	"no-subnet",
	"template",
	"died-young",
	"possibly-launched",
	"timeout",
	"error",
] as const;
export type ReasonCode = (typeof REASON_CODES)[number];

/** Why `count` pending requests are served, or not. */
export interface Reason {
	readonly code: ReasonCode;
	readonly message: string;
	readonly count: number;
}

/** Whether requests with this reason have an instance, or soon will. */
export function isServed(code: string): boolean {
	return code === "launched" || code.startsWith("covered-");
}

/** Requests that the heuristic covers with running instances. */
export function coverage(byFresh: number, byOld: number, lifecycle: string): Reason[] {
	const kind = lifecycle === "" ? "" : `${lifecycle} `;
	return [
		{ code: "covered-by-fresh", message: `fresh ${kind}instances are on their way`, count: byFresh },
		{ code: "covered-by-running", message: `running ${kind}instances are likely to become free`, count: byOld },
	];
}

/**
 * Why requests wait after two phases. If only limits stopped the second phase, the first phase's reason stands and the
 * limit is added: missing spot capacity is news to the reader, a limit they set is not.
 */
export function mergeReasons(first: readonly Reason[], second: readonly Reason[]): readonly Reason[] {
	if (first.length === 0) return second;
	let from = 0;
	return second.flatMap((reason) => {
		const earlier = slice(first, from, reason.count);
		from += reason.count;
		if (reason.code !== "no-rules" && !reason.code.startsWith("cap-")) return [reason];
		return earlier.map((one) =>
			one.message === reason.message ? one : { ...one, message: `${one.message}; ${reason.message}` },
		);
	});
}

/** The part of a list of reasons that begins at the `from`th request and is `count` requests long. */
function slice(reasons: readonly Reason[], from: number, count: number): readonly Reason[] {
	let start = 0;
	return reasons.flatMap((reason) => {
		const begin = Math.max(start, from);
		start += reason.count;
		const length = Math.min(start, from + count) - begin;
		return length > 0 ? [{ ...reason, count: length }] : [];
	});
}

/** The most important reason why a phase has no placement. */
export function whyNoPlacement(phase: Phase): SkippedPlacement {
	const byWeight: readonly SkipCode[] = [
		"error",
		"template",
		"no-price",
		"no-capacity",
		"no-subnet",
		"cap-cost",
		"cap-region",
		"no-rules",
	];
	for (const code of byWeight) {
		const messages = phase.skipped.filter((one) => one.code === code).map(({ message }) => message);
		if (messages.length > 0) return { code, message: firstFew(messages) };
	}
	return { code: "no-rules", message: "no region in use has one of the subnets configured for the type" };
}

/** For example `spot c6i.xlarge in us-east-1a`. */
export function describePlacement({ lifecycle, instanceType, availabilityZone }: Placement): string {
	return `${lifecycle} ${instanceType} in ${availabilityZone}`;
}

/** Joins the first three distinct messages and counts the rest. */
export function firstFew(messages: readonly string[]): string {
	const distinct = [...new Set(messages)];
	const rest = distinct.length - 3;
	return distinct.slice(0, 3).join("; ") + (rest > 0 ? `; and ${rest} more` : "");
}
