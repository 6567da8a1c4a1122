/** Which setting to use. */

import { waitInWords } from "../core/report/duration.ts";
import type { ReplayOutcome, ReplaySetting } from "../core/report/replay-report.ts";
import { hours, wait } from "./front.ts";

interface Rated extends ReplaySetting {
	readonly total: Pick<ReplayOutcome, "p95" | "machineHours" | "notServed">;
}

/**
 * Share of the current machine-hours that advice may cost, and by which waits or hours must fall to be worth a change, or
 * another change.
 */
const MARGIN = 0.02;

/**
 * The setting with the shortest 95th percentile that costs hardly more machine-hours than the current one; without one,
 * the setting with the fewest machine-hours whose 95th percentile is no longer. Of settings that are about as good, the one
 * with the fewest changes. Only the timing that is in use and a watch are anyone's to choose, and a delay below the
 * slowest boot would launch machines twice.
 * @param longestBoot seconds
 * @returns null: the current settings are as good as any
 */
export function advisedOf<T extends Rated>(settings: readonly T[], current: T, longestBoot: number): T | null {
	const allowed = settings.filter(
		({ timing, freshInstanceDelay, total }) =>
			(timing === current.timing || timing === "watch") &&
			(freshInstanceDelay >= longestBoot || freshInstanceDelay === current.freshInstanceDelay) &&
			total.notServed <= current.total.notServed,
	);
	const faster = allowed.filter(
		(one) => hours(one) <= hours(current) * (1 + MARGIN) && wait(one) < wait(current) * (1 - MARGIN),
	);
	const cheaper = allowed.filter((one) => wait(one) <= wait(current) && hours(one) < hours(current) * (1 - MARGIN));
	return simplest(faster, wait, current) ?? simplest(cheaper, hours, current);
}

/** Of the settings whose measure is close to the least, the one with the fewest changes, then the fewest machine-hours. */
function simplest<T extends Rated>(settings: readonly T[], measure: (one: T) => number, current: T): T | null {
	const least = Math.min(...settings.map(measure));
	const [first = null] = settings
		.filter((one) => measure(one) <= least * (1 + MARGIN))
		.toSorted((a, b) => changes(a, current) - changes(b, current) || hours(a) - hours(b) || wait(a) - wait(b));
	return first;
}

/**
 * The advice in a sentence.
 * @param current null: there was nothing to replay
 */
export function adviceOn(current: Rated | null, advised: Rated | null, isWeak: boolean): string {
	if (current === null) return "No advice: no finished build of the history maps to an instance type.";
	if (advised === null && current.total.p95 === null) {
		return `No advice: within the limits, ${current.total.notServed} of the requests would never get a machine. Check the limits of the configuration, max-launches, and max-hourly-cost.`;
	}
	const start = isWeak ? "Weak advice, because the simulation misses the real waits by more than a quarter: " : "";
	if (advised === null) return capital(`${start}keep the current settings; no other is clearly better.`);
	const all = changesOf(advised, current);
	const settings = all.length <= 2 ? all.join(" and ") : `${all.slice(0, -1).join(", ")}, and ${all.at(-1)}`;
	return capital(
		`${start}${settings}: 95 % of the requests would ${waits(advised, current)}, for ${percentage(hours(advised), hours(current))} machine-hours.`,
	);
}

function changesOf(advised: ReplaySetting, current: ReplaySetting): readonly string[] {
	const { freshInstanceDelay, oldDivisor, scope, timing } = advised;
	return [
		...(timing === current.timing ? [] : ["watch instead of running single ticks (watch-for)"]),
		...(freshInstanceDelay === current.freshInstanceDelay ? [] : [`set fresh_instance_delay to ${freshInstanceDelay}`]),
		...(oldDivisor === current.oldDivisor ? [] : [`set old_divisor to ${oldDivisor}`]),
		...(scope === current.scope ? [] : [`set scope to ${scope}`]),
	];
}

function changes(one: ReplaySetting, current: ReplaySetting): number {
	return changesOf(one, current).length;
}

function words({ total: { p95 } }: Rated): string {
	return p95 === null ? "more than a day" : waitInWords(p95);
}

/** How long most requests wait, compared with now. */
function waits(advised: Rated, current: Rated): string {
	const [after, before] = [words(advised), words(current)];
	if (wait(advised) === 0)
		return before === after ? "still start at once" : `start at once instead of after up to ${before}`;
	if (after !== before) return `wait up to ${after} instead of ${before}`;
	// Words for days are too coarse for it.
	const isFaster = wait(advised) < wait(current) * (1 - MARGIN);
	return isFaster
		? `wait up to ${after}, ${change(wait(advised), wait(current)).toFixed(1)} % less than now`
		: `still wait up to ${after}`;
}

/** `1.5 % more`, `2.0 % fewer`, or `as many`. */
function percentage(value: number, base: number): string {
	const digits = change(value, base).toFixed(1);
	if (digits === "0.0") return "as many";
	return `${digits} % ${value > base ? "more" : "fewer"}`;
}

/** In percent of the base, without a sign. */
function change(value: number, base: number): number {
	return base === 0 ? 0 : Math.abs((value - base) / base) * 100;
}

function capital(sentence: string): string {
	return sentence.charAt(0).toUpperCase() + sentence.slice(1);
}
