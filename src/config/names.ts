/** The `names` of a type file: names, and ranges such as `bld-linux64-spot-{001..400}`. */

/** Numbers of up to 15 digits are exact. */
const RANGE = /^([^{}]*)\{(\d{1,15})\.\.(\d{1,15})\}([^{}]*)$/;
/** Maximum length of a range: a host name may not be longer, by RFC 1035. */
const MAX_LENGTH = 255;
/** Maximum number of a type's names: far more than the instances that EC2 allows an account by default. */
export const MAX_NAMES = 100_000;

/** How many names an entry stands for; 0 if it is invalid. */
export function countNames(entry: string): number {
	const range = RANGE.exec(entry);
	if (range === null) return /[{}]/.test(entry) ? 0 : 1;
	if (entry.length > MAX_LENGTH) return 0;
	return Math.max(0, Number(range[3]) - Number(range[2]) + 1);
}

/** The names that a valid entry stands for. */
export function expandNames(entry: string): readonly string[] {
	const range = RANGE.exec(entry);
	if (range === null) return [entry];
	const [, before, from = "", , after] = range;
	return Array.from(
		{ length: countNames(entry) },
		// As in a shell, numbers are padded to the width of the first.
		(_, index) => `${before}${String(Number(from) + index).padStart(from.length, "0")}${after}`,
	);
}
