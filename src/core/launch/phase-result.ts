/** What one lifecycle of a pool came to, for the report. */

import type { Lifecycle } from "../model/policy.ts";
import type { Cap } from "../plan/caps.ts";
import type { Phase } from "../plan/phase.ts";
import type { Reduction } from "../supply/heuristic.ts";

/** A ceiling that held launches back. */
export interface AppliedCap {
	/** Reason code of the ceiling. */
	readonly code: string;
	/** What the ceiling is, in words. */
	readonly message: string;
	/** Instances that it left room for when the tick began, over all pools. */
	readonly headroom: number;
	/** How many of them the pool launched. */
	readonly launched: number;
}

/** What it needed and did not launch went on to the next phase, or is short. */
export interface PhaseResult {
	readonly lifecycle: Lifecycle;
	/** Requests that it was asked to serve. */
	readonly count: number;
	/** Instances that the heuristic counted. */
	readonly fresh: number;
	readonly old: number;
	/** Instances wanted after the heuristic. */
	readonly needed: number;
	readonly launched: number;
	readonly caps: readonly AppliedCap[];
}

/** A phase that was begun. */
export interface PhaseState {
	readonly phase: Phase;
	readonly count: number;
	readonly reduction: Reduction;
	launched: number;
	caps: readonly AppliedCap[];
}

export function beginPhase(phase: Phase | undefined, count: number, reduction: Reduction): PhaseState {
	if (phase === undefined) throw new RangeError("a pool has no phase");
	return { phase, count, reduction, launched: 0, caps: [] };
}

export function phaseResult({ phase, count, reduction, launched, caps }: PhaseState): PhaseResult {
	const { fresh, old, need: needed } = reduction;
	return { lifecycle: phase.lifecycle, count, fresh, old, needed, launched, caps };
}

/**
 * Ceilings that were reached, each once.
 * @param launchedUnder what the pool launched under a ceiling's key
 */
export function appliedCaps(
	caps: readonly (Cap & { readonly key: string })[],
	launchedUnder: (key: string) => number,
): readonly AppliedCap[] {
	const distinct = new Map(caps.map((cap) => [cap.key, cap]));
	return [...distinct.values()].map(({ key, code, label, headroom }) => ({
		code,
		message: label,
		headroom,
		launched: launchedUnder(key),
	}));
}
