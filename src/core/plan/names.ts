/** Names of new instances. */

import type { Pool } from "../demand/pool.ts";
import type { TypeConfig } from "../model/policy.ts";

/** The `%d` or `%03d` of a hostname pattern. */
const NUMBER = /%(0(\d+))?d/;
/** Most digits of a `%d`. */
const UNPADDED_DIGITS = 4;

/** Whether the text is a usable hostname pattern: one `%d` or `%0Nd` and no other `%`. */
export function isHostnamePattern(pattern: string): boolean {
	return NUMBER.test(pattern) && !pattern.replace(NUMBER, "").includes("%");
}

/** Characters of the longest name that a hostname pattern gives. */
export function longestName(pattern: string): number {
	return pattern.replace(NUMBER, "").length + (widthOf(pattern) || UNPADDED_DIGITS);
}

/** How many names a type has; null if its instances get none. */
export function countNames({ names, hostname }: Pick<TypeConfig, "names" | "hostname">): number | null {
	if (names !== null) return names.length;
	return hostname === null ? null : lastNumber(hostname);
}

/** Whether a text can be a host's name. Names are copied as they are into user data, tags, and paths of certificates. */
export function isHostName(text: string): boolean {
	return /^\w[\w.-]*$/.test(text);
}

/** Names that no instance and no other pool has. */
export class FreeNames {
	readonly #taken: Set<string>;
	readonly #allocated: ReadonlySet<string>;
	/** Where each type's pattern or list was left: every name before that is taken, and stays so. */
	readonly #rest = new Map<string | readonly string[], Iterator<string>>();

	/**
	 * @param taken names of instances and connected workers
	 * @param allocated names of all jacuzzis, which are for pools with a slaveset only
	 */
	constructor(taken: Iterable<string>, allocated: ReadonlySet<string>) {
		this.#taken = new Set(taken);
		this.#allocated = allocated;
	}

	/**
	 * Takes up to `count` of the first free names of a pool. A pool with a slaveset uses only the names of the slaveset.
	 * A worker name from an allocator or a database is skipped if it can't be a host's name.
	 * @returns null: the pool's instances get no names
	 */
	take(pool: Pool, type: TypeConfig, count: number): readonly string[] | null {
		if (pool.slaveset !== null) return this.#takeFrom(pool.slaveset.values(), count, isHostName);
		const source = type.names ?? type.hostname;
		if (source === null) return null;
		const rest = this.#rest.get(source) ?? (typeof source === "string" ? numbered(source) : source.values());
		this.#rest.set(source, rest);
		return this.#takeFrom(rest, count, (name) => !this.#allocated.has(name));
	}

	#takeFrom(candidates: Iterator<string>, count: number, isAllowed: (name: string) => boolean): readonly string[] {
		const free: string[] = [];
		while (free.length < count) {
			const { value: name, done } = candidates.next();
			if (done === true) break;
			if (this.#taken.has(name) || !isAllowed(name)) continue;
			free.push(name);
			this.#taken.add(name);
		}
		return free;
	}
}

/**
 * The names of a pattern, numbered from 1. `%03d` has 999 names, `%d` has 9999: a number that outgrows its width would
 * break the name's form.
 */
function* numbered(pattern: string): Generator<string, undefined> {
	const width = widthOf(pattern);
	const last = lastNumber(pattern);
	for (let number = 1; number <= last; number += 1) {
		yield pattern.replace(NUMBER, String(number).padStart(width, "0"));
	}
}

function lastNumber(pattern: string): number {
	return 10 ** (widthOf(pattern) || UNPADDED_DIGITS) - 1;
}

/** The digits that a pattern's number is padded to; 0 if it is not padded. */
function widthOf(pattern: string): number {
	return Number(NUMBER.exec(pattern)?.[2] ?? 0);
}
