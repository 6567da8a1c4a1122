/** Why a phase launched fewer instances than it needed. */

import type { Cap, CapCode, CapTracker } from "../plan/caps.ts";
import { type Phase, placementsOf } from "../plan/phase.ts";
import type { Placement } from "../plan/placements.ts";
import { describePlacement, firstFew, type Reason, whyNoPlacement } from "./reasons.ts";
import { isError } from "./refusal.ts";
import type { RefusalAt } from "./unavailable-capacity.ts";

export interface RefusedPlacement {
	readonly placement: Placement;
	/** EC2's refusal, of this placement or of another that rules it out. */
	readonly cause: RefusalAt;
}

export interface Shortfall {
	/** Their counts add up to the unmet need. */
	readonly reasons: readonly Reason[];
	/** Caps that are used up. */
	readonly reached: readonly ReachedCap[];
}

const POSSIBLY_LAUNCHED: Omit<Reason, "count"> = {
	code: "possibly-launched",
	message: "EC2's answer to the launch was lost, so they may be running",
};

type ReachedCap = Cap & { readonly key: string };

/**
 * Explains an unmet need: first the part that may run nevertheless; of the rest, what the caps still allow is EC2's
 * refusal, and what they don't is the caps', if they are used up.
 */
export function explainShortfall(args: {
	readonly phase: Phase;
	/** Instances needed and not launched. */
	readonly unmet: number;
	/** Instances of the pool that may run although EC2's answer was lost; they still hold their reservations. */
	readonly possiblyLaunched: number;
	/** The phase's placements that are unavailable. */
	readonly refused: readonly RefusedPlacement[];
	readonly caps: CapTracker;
}): Shortfall {
	const { phase, refused } = args;
	const possible = Math.min(args.unmet, args.possiblyLaunched);
	const unknown: readonly Reason[] = possible === 0 ? [] : [{ ...POSSIBLY_LAUNCHED, count: possible }];
	const unmet = args.unmet - possible;
	if (unmet === 0) return { reasons: unknown, reached: [] };
	const placements = placementsOf(phase);
	if (placements.length === 0) return { reasons: [{ ...whyNoPlacement(phase), count: unmet }], reached: [] };
	const trial = args.caps.copy(placements.flatMap(({ caps }) => caps));
	const allowed = fillUp(trial, placements, unmet);
	const refusals = allowed === 0 ? [] : [{ ...explainRefusals(refused), count: allowed }];
	if (allowed === unmet) return { reasons: [...unknown, ...refusals], reached: [] };
	const reached = placements.flatMap(({ caps }) => limiting(trial.exhausted(caps)).slice(0, 1));
	// A cap that would have been reached only if EC2 had granted more has not limited anything.
	const bound = limiting(reached.filter(({ key }) => args.caps.available([key], 1) === 0));
	const [first] = bound;
	if (first === undefined) return { reasons: [...unknown, { ...explainRefusals(refused), count: unmet }], reached: [] };
	const limit = { ...explainCaps(first.code, bound), count: unmet - allowed };
	return { reasons: [...unknown, ...refusals, limit], reached: bound };
}

/** Without the images' shares if there is another cap: the shares add up to the need, so the other holds back the rest. */
function limiting(caps: readonly ReachedCap[]): readonly ReachedCap[] {
	const limits = caps.filter(({ code }) => code !== "image-share");
	return limits.length > 0 ? limits : caps;
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
	const errors = refused.filter(({ cause }) => isError(cause.refusal));
	const lockLost = refused.filter(({ cause }) => cause.refusal.kind === "lock-lost");
	if (lockLost.length > 0) return describeAll("error", lockLost);
	if (refused.some(({ cause }) => cause.refusal.kind === "timeout")) return describeAll("timeout", refused);
	if (errors.length === refused.length) return describeAll("error", errors);
	return describeAll("no-capacity", refused);
}

function describeAll(
	code: "timeout" | "error" | "no-capacity",
	refused: readonly RefusedPlacement[],
): Omit<Reason, "count"> {
	const causes = Map.groupBy(refused, ({ cause }) => cause.refusal.code);
	return { code, message: firstFew([...causes].map(([cause, some]) => describeCause(cause, some))) };
}

/**
 * One cause with the placements that EC2 gave it for, and how many others were skipped because of it. Nothing is
 * attributed to a placement that was not requested.
 */
function describeCause(code: string, refused: readonly RefusedPlacement[]): string {
	const answered = new Set(refused.map(({ cause }) => cause.placement));
	const skipped = refused.filter(({ placement }) => !answered.has(placement)).length;
	const others =
		skipped === 0
			? ""
			: `; ${skipped} more ${skipped === 1 ? "placement was" : "placements were"} skipped because of it`;
	return `${code} (${firstFew([...answered].map(describePlacement))}${others})`;
}

function explainCaps(code: CapCode, reached: readonly ReachedCap[]): Omit<Reason, "count"> {
	const alike = reached.filter((cap) => cap.code === code);
	// Alone, the images' shares hold no request back.
	return { code: code === "image-share" ? "error" : code, message: firstFew(alike.map(({ label }) => label)) };
}
