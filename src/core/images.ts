/** Which image an instance starts from. */
import type { Image } from "./facts.ts";
import type { MozType } from "./policy.ts";
import { compareText } from "./pool.ts";

/** The images of a type, newest first, ties by id. */
export function newestFirst(images: readonly Image[], mozType: MozType): readonly Image[] {
	return images
		.filter((image) => image.mozType === mozType)
		.toSorted((a, b) => b.createdAt - a.createdAt || compareText(b.imageId, a.imageId));
}

/**
 * How many of `count` new instances start from the newest image, and how many from the one before it. The share is of
 * the new instances, rounded up, so that any percentage above 0 tries the newest image at once.
 */
export function splitByImage(count: number, latestAmiPercentage: number): { newest: number; previous: number } {
	const newest = Math.min(count, Math.ceil((count * latestAmiPercentage) / 100));
	return { newest, previous: count - newest };
}
