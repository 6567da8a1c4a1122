/** Names of new instances. */

import type { Pool } from "../../../../../src/core/demand/pool.ts";
import type { TypeConfig } from "../../../../../src/core/model/policy.ts";

/** The `%d` or `%03d` of a hostname pattern. */
const NUMBER = /%(0(\d+))?d/;

/** Whether the text is a usable hostname pattern: one `%d` or `%0Nd` and no other `%`. */
export function isHostnamePattern(pattern: string): boolean {
	return NUMBER.test(pattern) && !pattern.replace(NUMBER, "").includes("%");
}

/** Whether a text can be a host's name. Names go as they are into user data, tags and the paths of certificates. */
export function isHostName(text: string): boolean {
	return /^\w[\w.-]*$/.test(text);
}

/** Whether the type's instances get names. */
function hasNames(type: TypeConfig): boolean {
	return type.hostname !== null || type.names !== null;
}

/**
 * The first `count` names of a pool that are not taken; may be fewer. A slaveset has its own; the names of all slavesets
 * are nobody else's. What an allocator or a database calls a name and is none of a host is never given.
 * @returns null: the pool's instances get no names
 */
export function namesFor(
	pool: Pool,
	type: TypeConfig,
	taken: ReadonlySet<string>,
	allocated: ReadonlySet<string>,
	count: number,
): readonly string[] | null {
	if (pool.slaveset !== null) return firstFree(pool.slaveset.filter(isHostName), (name) => taken.has(name), count);
	if (!hasNames(type)) return null;
	return firstFree(
		type.names ?? numbered(type.hostname ?? ""),
		(name) => taken.has(name) || allocated.has(name),
		count,
	);
}

function firstFree(names: Iterable<string>, isTaken: (name: string) => boolean, count: number): readonly string[] {
	const free: string[] = [];
	for (const name of names) {
		if (free.length >= count) break;
		if (!isTaken(name)) free.push(name);
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
