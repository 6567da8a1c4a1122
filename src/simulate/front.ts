/** The settings that no other beats on both axes: the 95th percentile of the waits, and machine-hours. */

import type { ReplayOutcome } from "../core/report/replay-report.ts";

/** A setting with what is compared. */
interface Rated {
	readonly total: Pick<ReplayOutcome, "p95" | "machineHours">;
}

/** Settings with equal outcomes are unbeaten together. */
export function front<T extends Rated>(settings: readonly T[]): ReadonlySet<T> {
	const unbeaten = new Set<T>();
	let shortest = Number.POSITIVE_INFINITY;
	const byHours = settings.toSorted((a, b) => hours(a) - hours(b) || wait(a) - wait(b));
	for (const [index, setting] of byHours.entries()) {
		const before = byHours[index - 1];
		const isEqual = before !== undefined && hours(before) === hours(setting) && wait(before) === wait(setting);
		if (wait(setting) < shortest || (isEqual && unbeaten.has(before))) unbeaten.add(setting);
		shortest = Math.min(shortest, wait(setting));
	}
	return unbeaten;
}

export const hours = ({ total }: Rated) => total.machineHours;
/** The 95th percentile in seconds; infinite: more than 5 % of the requests were never served. */
export const wait = ({ total }: Rated) => total.p95 ?? Number.POSITIVE_INFINITY;
