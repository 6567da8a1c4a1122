/** From which image an instance starts. */

import { compareText } from "../demand/pool.ts";
import type { Image } from "../model/facts.ts";

/** Images by age, newest first, ties by ID. */
export function newestFirst(images: readonly Image[]): readonly Image[] {
	return images.toSorted((a, b) => b.createdAt - a.createdAt || compareText(b.imageId, a.imageId));
}

/**
 * Splits `count` new instances between the newest image and the one before it, so that the newest image's share of all
 * instances, running and new, is as close to the percentage as possible. If two splits are equally close, more instances
 * start from the newest.
 * @param running the pool's running instances, and how many of them run on the newest image of their region
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
