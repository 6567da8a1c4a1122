/** Why a phase launched fewer instances than it needed. */

import type { Cap, CapTracker } from "../plan/caps.ts";
import type { Phase } from "../plan/phase.ts";
import type { Placement } from "../plan/placements.ts";
import { describeRefusal, firstFew, type Reason, whyNoPlacement } from "./reasons.ts";
import { isError, type Refusal } from "./refusal.ts";

export interface RefusedPlacement {
	readonly placement: Placement;
	readonly refusal: Refusal;
}

export interface Shortfall {
	/** Their counts add up to the unmet need. */
	readonly reasons: readonly Reason[];
	/** Caps without room for the unmet need. */
	readonly reached: readonly ReachedCap[];
}

type ReachedCap = Cap & { readonly key: string };

/**
 * Explains an unmet need: the part that the caps still allow is EC2's refusal, the rest is the caps'.
 * @throws RangeError if neither a refusal nor a cap explains it, which is a bug
 */
export function explainShortfall(args: {
	readonly phase: Phase;
	/** Instances needed and not launched. */
	readonly unmet: number;
	/** The phase's placements that are unavailable. */
	readonly refused: readonly RefusedPlacement[];
	readonly caps: CapTracker;
}): Shortfall {
	const { phase, unmet, refused } = args;
	if (unmet === 0) return { reasons: [], reached: [] };
	const placements = phase.shares.flatMap((share) => share.placements);
	if (placements.length === 0) return { reasons: [{ ...whyNoPlacement(phase), count: unmet }], reached: [] };
	const trial = args.caps.copy(placements.flatMap(({ caps }) => caps));
	const allowed = fillUp(trial, placements, unmet);
	const refusals = allowed === 0 ? [] : [{ ...explainRefusals(refused), count: allowed }];
	if (allowed === unmet) return { reasons: refusals, reached: [] };
	const reached = placements.flatMap(({ caps }) => trial.exhausted(caps) ?? []);
	return { reasons: [...refusals, { ...explainCaps(reached), count: unmet - allowed }], reached };
}

/** Reserves up to `wanted` instances over the placements in turn; returns how many the caps allow. */
function fillUp(tracker: CapTracker, placements: readonly Placement[], wanted: number): number {
	return placements.reduce((allowed, { caps }) => {
		const count = tracker.available(caps, wanted - allowed);
		tracker.reserve(caps, count);
		return allowed + count;
	}, 0);
}

function explainRefusals(refused: readonly RefusedPlacement[]): Omit<Reason, "count"> {
	const errors = refused.filter(({ refusal }) => isError(refusal));
	const lockLost = refused.filter(({ refusal }) => refusal.kind === "lock-lost");
	if (lockLost.length > 0) return describeAll("error", lockLost);
	if (refused.some(({ refusal }) => refusal.kind === "timeout")) return describeAll("timeout", refused);
	if (errors.length === refused.length) return describeAll("error", errors);
	return describeAll("no-capacity", refused);
}

function describeAll(
	code: "timeout" | "error" | "no-capacity",
	refused: readonly RefusedPlacement[],
): Omit<Reason, "count"> {
	return { code, message: firstFew(refused.map(({ placement, refusal }) => describeRefusal(placement, refusal))) };
}

function explainCaps(reached: readonly ReachedCap[]): Omit<Reason, "count"> {
	const [first] = reached;
	if (first === undefined) throw new RangeError("neither a refusal nor a cap explains an unmet need");
	const alike = reached.filter(({ code }) => code === first.code);
	// The image shares add up to the need, so they never hold a request back.
	const code = first.code === "image-share" ? "error" : first.code;
	return { code, message: firstFew(alike.map(({ label }) => label)) };
}
