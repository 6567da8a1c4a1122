/** Names of new instances. */
import type { TypeConfig } from "./policy.ts";

/** The `%d` or `%03d` of a hostname pattern. */
const NUMBER = /%(0(\d+))?d/;

/** Whether the text is a usable hostname pattern: one `%d` or `%0Nd` and no other `%`. */
export function isHostnamePattern(pattern: string): boolean {
	return NUMBER.test(pattern) && !pattern.replace(NUMBER, "").includes("%");
}

/** Whether the type's instances get names. */
export function hasNames(type: TypeConfig): boolean {
	return type.hostname !== null || type.names !== null;
}

/** The first `count` names of the type that are not taken; may be fewer. */
export function freeNames(type: TypeConfig, taken: ReadonlySet<string>, count: number): readonly string[] {
	const free: string[] = [];
	for (const name of type.names ?? numbered(type.hostname ?? "")) {
		if (free.length >= count) break;
		if (!taken.has(name)) free.push(name);
	}
	return free;
}

/**
 * The names of a pattern, numbered from 1. `%03d` has 999 names, `%d` has 9999: a number that outgrows its width would
 * break the name's form.
 */
function* numbered(pattern: string): Generator<string> {
	const width = Number(NUMBER.exec(pattern)?.[2] ?? 0);
	const last = 10 ** (width === 0 ? 4 : width) - 1;
	for (let number = 1; number <= last; number += 1) {
		yield pattern.replace(NUMBER, String(number).padStart(width, "0"));
	}
}
