/** `40 s`, `4 min`, `2 h 5 min`, `3 d 4 h`: the two largest units, rounded down. */
export function inWords(seconds: number): string {
	if (seconds < 60) return `${Math.floor(seconds)} s`;
	const minutes = Math.floor(seconds / 60);
	const units: readonly (readonly [number, string])[] = [
		[Math.floor(minutes / 1440), "d"],
		[Math.floor(minutes / 60) % 24, "h"],
		[minutes % 60, "min"],
	];
	const first = units.findIndex(([count]) => count > 0);
	return units
		.slice(first, first + 2)
		.flatMap(([count, unit]) => (count > 0 ? [`${count} ${unit}`] : []))
		.join(" ");
}

/** `40 s`, `12.5 min`, `2 h 5 min`: a wait, precise enough to compare two of them. */
export function waitInWords(seconds: number): string {
	return seconds >= 60 && seconds < 7_200 ? `${(seconds / 60).toFixed(1)} min` : inWords(seconds);
}

/** @param seconds since 1970, UTC */
export function isoTime(seconds: number): string {
	return new Date(seconds * 1000).toISOString();
}
