/** The unit that demand is counted in. */
import type { MozType } from "../model/policy.ts";

/** One (instance type, slaveset or none). */
export interface Pool {
	readonly mozType: MozType;
	/** Names of the workers that the pool's builders are bound to, sorted; null: any worker of the type. */
	readonly slaveset: readonly string[] | null;
}

/** The same text for the same pool, regardless of the order of its slaveset. */
export function poolKey(pool: Pool): string {
	return JSON.stringify([pool.mozType, pool.slaveset === null ? null : [...pool.slaveset].sort()]);
}

/** Byte-wise order, the same on every machine and in every locale. */
export function compareText(a: string, b: string): number {
	return a < b ? -1 : a > b ? 1 : 0;
}
