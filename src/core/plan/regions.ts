/** AWS regions: the form of their names, and how on-demand launches are spread over them. */

import { compareText } from "../demand/pool.ts";
import type { Region } from "../model/policy.ts";

/** Whether a text has the form of a region's name. */
export function isRegion(text: string): boolean {
	return /^[a-z]{2,}(?:-[a-z]+)+-\d+$/.test(text);
}

/** Regions by priority, the highest first, ties by name. */
export function byPriority(
	regions: readonly Region[],
	priorities: Readonly<Record<Region, number>>,
): readonly Region[] {
	return regions.toSorted((a, b) => (priorities[b] ?? 0) - (priorities[a] ?? 0) || compareText(a, b));
}

/**
 * Splits a count in proportion to weights, into whole shares with the remainder in the first. If all weights are 0,
 * which they may be because the `regions` input can name regions without priority, the first gets everything.
 * @returns one share per weight; their sum is `count`
 */
export function shareByWeight(count: number, weights: readonly number[]): readonly number[] {
	const total = weights.reduce((sum, weight) => sum + weight, 0);
	const shares = weights.map((weight) => (total === 0 ? 0 : Math.floor((count * weight) / total)));
	const remainder = count - shares.reduce((sum, share) => sum + share, 0);
	return shares.map((share, index) => (index === 0 ? share + remainder : share));
}
