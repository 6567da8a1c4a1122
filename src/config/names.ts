/** The `names` of a type file: names, and ranges of them such as `bld-linux64-spot-{001..400}`. */

const RANGE = /^(.*)\{(\d+)\.\.(\d+)\}(.*)$/;
/** More names than EC2 gives an account machines by default, by far. */
const MOST = 100_000;

/** The names that an entry stands for, or null where its range is none. */
export function expandNames(entry: string): readonly string[] | null {
	const range = RANGE.exec(entry);
	if (range === null) return /[{}]/.test(entry) ? null : [entry];
	const [, before = "", from = "", to = "", after = ""] = range;
	const count = Number(to) - Number(from) + 1;
	if (count < 1 || count > MOST || /[{}]/.test(before + after)) return null;
	// As a shell does it: the width of the first number, where it begins with a zero.
	const width = from.startsWith("0") ? from.length : 0;
	return Array.from(
		{ length: count },
		(_, index) => `${before}${String(Number(from) + index).padStart(width, "0")}${after}`,
	);
}
