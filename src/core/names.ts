/** Names of new instances. */

/** The `%d` or `%03d` of a hostname pattern. */
const NUMBER = /%(0(\d+))?d/;

/** Whether the text is a usable hostname pattern: one `%d` or `%0Nd` and no other `%`. */
export function isHostnamePattern(pattern: string): boolean {
	return NUMBER.test(pattern) && !pattern.replace(NUMBER, "").includes("%");
}

/**
 * The first `count` names of the pattern that are not taken, numbered from 1. `%03d` has 999 names, `%d` has 9999: a
 * number that outgrows its width would break the name's form. May return fewer than `count`.
 */
export function freeNames(pattern: string, taken: ReadonlySet<string>, count: number): readonly string[] {
	const width = Number(NUMBER.exec(pattern)?.[2] ?? 0);
	const last = 10 ** (width === 0 ? 4 : width) - 1;
	const names: string[] = [];
	for (let number = 1; number <= last && names.length < count; number += 1) {
		const name = pattern.replace(NUMBER, String(number).padStart(width, "0"));
		if (!taken.has(name)) names.push(name);
	}
	return names;
}
