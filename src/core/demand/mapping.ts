/** Builder name → instance type. */
import type { BuilderPattern } from "../model/policy.ts";

/** What the patterns decide for one name. */
export type Match =
	/** The first pattern that matches. */
	| { readonly kind: "mapped"; readonly pattern: BuilderPattern }
	| { readonly kind: "unmatched" }
	/** The pattern took too long, so what it and later ones would decide is unknown. */
	| { readonly kind: "timeout"; readonly pattern: BuilderPattern };

/** Python's `re.match`. */
export function matchesAtStart(pattern: BuilderPattern, builder: string): boolean {
	// A sticky expression stores the position of its last match.
	pattern.regex.lastIndex = 0;
	return pattern.regex.test(builder);
}
