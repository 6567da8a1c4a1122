/** Builder name → instance type. */
import type { BuilderPattern, MozType } from "../model/policy.ts";

/**
 * The type of the first pattern, in file order, that matches at the start of the name; null if none does, so that the
 * builder can't run on AWS. This is the seed's `for … in builder_map: if re.match(…)`, with a defined order.
 */
export function mapBuilder(builder: string, patterns: readonly BuilderPattern[]): MozType | null {
	return patterns.find((pattern) => matchesAtStart(pattern, builder))?.mozType ?? null;
}

/** Python's `re.match`. */
export function matchesAtStart(pattern: BuilderPattern, builder: string): boolean {
	// A sticky expression stores the position of its last match.
	pattern.regex.lastIndex = 0;
	return pattern.regex.test(builder);
}
