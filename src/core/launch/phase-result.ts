/** The result of one phase of a pool, for the report. */

import type { Lifecycle } from "../model/policy.ts";
import type { Cap } from "../plan/caps.ts";
import type { Phase } from "../plan/phase.ts";
import type { Reduction } from "../supply/heuristic.ts";

/** A cap that prevented launches. */
export interface AppliedCap {
	/** The cap's reason code. */
	readonly code: string;
	/** Describes the cap. */
	readonly message: string;
	/** Instances that it allowed all pools together when the tick began. */
	readonly headroom: number;
	/** How many of them the pool launched. */
	readonly launched: number;
}

/** What it needed and did not launch fell through to the next phase, or is the pool's shortfall. */
export interface PhaseResult {
	readonly lifecycle: Lifecycle;
	/** Build requests that it had to serve. */
	readonly count: number;
	/** Instances that the heuristic counted. */
	readonly fresh: number;
	readonly old: number;
	/** Instances needed after the heuristic. */
	readonly needed: number;
	readonly launched: number;
	readonly caps: readonly AppliedCap[];
}

/** A phase that has begun. */
export interface PhaseState {
	readonly phase: Phase;
	readonly count: number;
	readonly reduction: Reduction;
	launched: number;
	caps: readonly AppliedCap[];
}

export function beginPhase(phase: Phase, count: number, reduction: Reduction): PhaseState {
	return { phase, count, reduction, launched: 0, caps: [] };
}

export function phaseResult({ phase, count, reduction, launched, caps }: PhaseState): PhaseResult {
	const { fresh, old, need: needed } = reduction;
	return { lifecycle: phase.lifecycle, count, fresh, old, needed, launched, caps };
}

/**
 * The caps that were reached, each once.
 * @param launchedUnder how many instances the pool launched under a cap's key
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
