/** Builder name → instance type. */
import type { BuilderPattern } from "../model/policy.ts";

/** Python's `re.match`. */
export function matchesAtStart(pattern: BuilderPattern, builder: string): boolean {
	// A sticky expression stores the position of its last match.
	pattern.regex.lastIndex = 0;
	return pattern.regex.test(builder);
}
