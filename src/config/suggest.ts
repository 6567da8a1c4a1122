/** "Did you mean …?" for unknown names. */

import { quote } from "./document/text.ts";

/**
 * Edits between two words: a character inserted, removed, or replaced, or two neighbors swapped (optimal string
 * alignment). A swap counts as one edit because it is the most common typing mistake.
 */
export function editDistance(from: string, to: string): number {
	const a = [...from];
	const b = [...to];
	let beforeLast: number[] = [];
	let last = Array.from({ length: b.length + 1 }, (_, column) => column);
	for (let row = 1; row <= a.length; row++) {
		const current = [row];
		for (let column = 1; column <= b.length; column++) {
			const same = a[row - 1] === b[column - 1];
			let best = Math.min(
				(last[column] ?? 0) + 1,
				(current[column - 1] ?? 0) + 1,
				(last[column - 1] ?? 0) + (same ? 0 : 1),
			);
			const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
			if (swapped) {
				best = Math.min(best, (beforeLast[column - 2] ?? 0) + 1);
			}
			current.push(best);
		}
		beforeLast = last;
		last = current;
	}
	return last[b.length] ?? 0;
}

/** The candidate nearest to `word`; null if none is near enough to be a typing mistake. */
export function nearest(word: string, candidates: Iterable<string>): string | null {
	// Beyond a third of the word, or two edits, a suggestion is more often wrong than right.
	let smallest = Math.min(2, Math.floor([...word].length / 3)) + 1;
	let found: string | null = null;
	for (const candidate of candidates) {
		const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
		if (distance < smallest) {
			smallest = distance;
			found = candidate;
		}
	}
	return found;
}

/** `; did you mean "x"?`, or nothing if no candidate is near. */
export function didYouMean(word: string, candidates: Iterable<string>): string {
	const found = nearest(word, candidates);
	return found === null ? "" : `; did you mean ${quote(found)}?`;
}
