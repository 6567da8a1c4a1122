/**
 * `(?i)` as Python compares: characters are equal if their lowercase is, or if their lowercase is written the same in
 * uppercase, such as `s` and `ſ`. Every literal and class of a translation names its other cases itself. JavaScript's
 * flag `i` compares by other rules, and V8 applies it beyond its group.
 */

/** Letters with cases are in the first two planes of Unicode. */
const LAST_CASED = 0x1ffff;
const LAST_ASCII = 0x7f;

/** Python's lowercase of one character is always one character; only for İ does JavaScript give two. */
function lower(code: number): number {
	return String.fromCodePoint(code).toLowerCase().codePointAt(0) ?? code;
}

/** Each character that has other cases, with all of its cases. */
type Cases = ReadonlyMap<number, readonly number[]>;

function casesUpTo(last: number): Cases {
	const all = Array.from({ length: last + 1 }, (_, code) => String.fromCodePoint(code)).join("");
	const cased = Array.from(all.matchAll(/\p{Changes_When_Casemapped}/gu), ([text]) => text.codePointAt(0) ?? 0);
	const groups = Map.groupBy(cased, (code) => String.fromCodePoint(lower(code)).toUpperCase());
	return new Map([...groups.values()].flatMap((group) => group.map((code) => [code, group] as const)));
}

const ASCII = casesUpTo(LAST_ASCII);
let unicode: Cases | undefined;

/** Built when first needed: most configurations ignore case nowhere. */
function casesOf(ascii: boolean): Cases {
	if (ascii) return ASCII;
	unicode ??= casesUpTo(LAST_CASED);
	return unicode;
}

/** All characters that equal one of `low` to `high`, without these. */
export function otherCases(low: number, high: number, ascii: boolean): readonly number[] {
	const cases = casesOf(ascii);
	const within =
		low === high
			? (cases.get(low) ?? [])
			: [...cases].flatMap(([code, all]) => (isBetween(code, low, high) ? all : []));
	return [...new Set(within)].filter((code) => !isBetween(code, low, high));
}

function isBetween(code: number, low: number, high: number): boolean {
	return code >= low && code <= high;
}
