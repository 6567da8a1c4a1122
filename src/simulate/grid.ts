/** The settings that a replay tries. */

import type { Policy } from "../core/model/policy.ts";
import { type ReplaySetting, TIMINGS } from "../core/report/replay-report.ts";

/** Seconds. */
const DELAYS = [300, 600, 900, 1_200];
const DIVISORS = [5, 10, 20];

/** Every combination, the configuration's own values included. The scope is varied only if a type has both lifecycles. */
export function gridOf(policy: Policy): readonly ReplaySetting[] {
	const { freshInstanceDelay, oldDivisor, scope } = policy.heuristics;
	const scopes = hasBothLifecycles(policy) ? (["lifecycle", "pool"] as const) : [scope];
	return TIMINGS.flatMap((timing) =>
		scopes.flatMap((one) =>
			withOwn(DIVISORS, oldDivisor).flatMap((divisor) =>
				withOwn(DELAYS, freshInstanceDelay).map((delay) => ({
					...{ freshInstanceDelay: delay, oldDivisor: divisor, scope: one, timing },
				})),
			),
		),
	);
}

function withOwn(values: readonly number[], own: number): readonly number[] {
	return [...new Set([...values, own])].toSorted((a, b) => a - b);
}

function hasBothLifecycles({ types, spotRules, onDemandLimits }: Policy): boolean {
	return Object.keys(types).some(
		(mozType) => (spotRules[mozType] ?? []).length > 0 && (onDemandLimits.global[mozType] ?? 0) > 0,
	);
}
