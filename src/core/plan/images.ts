/** Which image an instance starts from. */

import { compareText } from "../demand/pool.ts";
import type { Image } from "../model/facts.ts";

/** Images by age, newest first, ties by ID. */
export function newestFirst(images: readonly Image[]): readonly Image[] {
	return images.toSorted((a, b) => b.createdAt - a.createdAt || compareText(b.imageId, a.imageId));
}

/**
 * How many of `count` new instances start from the newest image, and how many from the one before it, so that the
 * newest's share of all that then run comes as close to the percentage as it can; of two that are as close, the larger.
 * @param running instances of the pool that run, and those of them that run on the newest image of their region
 */
export function splitByImage(
	count: number,
	latestAmiPercentage: number,
	running: { readonly all: number; readonly newest: number },
): { readonly newest: number; readonly previous: number } {
	const wanted = Math.floor((latestAmiPercentage * (running.all + count)) / 100 + 0.5) - running.newest;
	const newest = Math.min(count, Math.max(0, wanted));
	return { newest, previous: count - newest };
}
