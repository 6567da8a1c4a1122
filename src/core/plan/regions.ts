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
 * Splits a count over parts in proportion to their weights, into whole shares with the remainder in the first. If all
 * weights are 0, which they may be because the `regions` input can name regions without priority, the first gets everything.
 * @returns each part with its share; the shares' sum is `count`
 */
export function shareByWeight<T extends { readonly weight: number }>(
	count: number,
	parts: readonly T[],
): readonly { readonly part: T; readonly share: number }[] {
	const total = parts.reduce((sum, { weight }) => sum + weight, 0);
	const shares = parts.map((part) => ({ part, share: total === 0 ? 0 : Math.floor((count * part.weight) / total) }));
	const remainder = count - shares.reduce((sum, { share }) => sum + share, 0);
	return shares.map(({ part, share }, index) => ({ part, share: index === 0 ? share + remainder : share }));
}
