/** Builder name → instance type. */
import type { BuilderPattern, MozType } from "../model/policy.ts";

/**
 * The type of the first pattern, in file order, that matches at the start of the name; null where none does: such a
 * builder is not runnable on AWS. The seed's `for … in builder_map: if re.match(…)`, with the order made certain.
 */
export function mapBuilder(builder: string, patterns: readonly BuilderPattern[]): MozType | null {
	return patterns.find((pattern) => matchesAtStart(pattern, builder))?.mozType ?? null;
}

/** Python's `re.match`. */
export function matchesAtStart(pattern: BuilderPattern, builder: string): boolean {
	// A sticky expression remembers where its last match ended.
	pattern.regex.lastIndex = 0;
	return pattern.regex.test(builder);
}
