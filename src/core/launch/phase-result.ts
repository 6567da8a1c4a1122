/** The result of one phase of a pool, for the report. */

import type { Lifecycle } from "../model/policy.ts";
import type { Cap } from "../plan/caps.ts";
import type { Phase } from "../plan/phase.ts";
import type { Reduction } from "../supply/heuristic.ts";

/** A cap that limited the launches. */
export interface AppliedCap {
	/** Reason code of the cap. */
	readonly code: string;
	/** Description of the cap. */
	readonly message: string;
	/** Instances it allowed at the start of the tick, for all pools together. */
	readonly headroom: number;
	/** How many of them the pool launched. */
	readonly launched: number;
}

/** What it needed and did not launch fell through to the next phase, or is short. */
export interface PhaseResult {
	readonly lifecycle: Lifecycle;
	/** Requests it had to serve. */
	readonly count: number;
	/** Instances that the heuristic counted. */
	readonly fresh: number;
	readonly old: number;
	/** Instances needed after the heuristic. */
	readonly needed: number;
	readonly launched: number;
	readonly caps: readonly AppliedCap[];
}

/** A phase that has started. */
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
 * The caps that were reached, without duplicates.
 * @param launchedUnder number of instances that the pool launched under a cap's key
 */
export function appliedCaps(
	caps: readonly (Cap & { readonly key: string })[],
	launchedUnder: (key: string) => number,
): readonly AppliedCap[] {
	const distinct = new Map(caps.map((cap) => [cap.key, cap]));
	const limits = new Map<string, AppliedCap>();
	for (const { key, draws, code, label, headroom } of distinct.values()) {
		// Caps that draw on the same amount are one limit to the reader.
		const limit = draws?.from ?? key;
		const { headroom: most, launched } = limits.get(limit) ?? { headroom, launched: 0 };
		limits.set(limit, {
			code,
			message: label,
			headroom: Math.max(most, headroom),
			launched: launched + launchedUnder(key),
		});
	}
	return [...limits.values()];
}
