/** The `names` of a type file: names, and ranges such as `bld-linux64-spot-{001..400}`. */

const RANGE = /^(.*)\{(\d+)\.\.(\d+)\}(.*)$/;
/** Far more than the instances that EC2 allows an account by default. */
const MAX_NAMES = 100_000;

export type ExpandedNames =
	| { readonly kind: "names"; readonly names: readonly string[] }
	| { readonly kind: "invalid" };

/** The names that an entry stands for. */
export function expandNames(entry: string): ExpandedNames {
	const range = RANGE.exec(entry);
	if (range === null) return /[{}]/.test(entry) ? { kind: "invalid" } : { kind: "names", names: [entry] };
	const [, before = "", from = "", to = "", after = ""] = range;
	const count = Number(to) - Number(from) + 1;
	if (count < 1 || count > MAX_NAMES || /[{}]/.test(before + after)) return { kind: "invalid" };
	// As in a shell, numbers are padded to the width of the first if that starts with a zero.
	const width = from.startsWith("0") ? from.length : 0;
	const names = Array.from(
		{ length: count },
		(_, index) => `${before}${String(Number(from) + index).padStart(width, "0")}${after}`,
	);
	return { kind: "names", names };
}
