import { Ec2Error, invalidValue } from "../errors.ts";
import type { Parameters } from "../parameters.ts";

/** The filters of a listing and the value that an item has for each. `tag:KEY` and `tag-key` come from the tags. */
export type FilterValues<T> = Readonly<Record<string, (item: T) => string | number | null>>;

/** Maximum number of values in all filters of one call. */
const maximumValues = 200;

function literally(text: string): string {
	return text.replace(/[\\^$.*+?()[\]{}|/-]/g, (character) => `\\x${character.charCodeAt(0).toString(16)}`);
}

/** EC2's wildcards: `*` for any characters, `?` for one, and `\` before a literal character. */
function matcher(pattern: string): RegExp {
	const source = pattern.replace(/\\(.)|[\s\S]/gu, (character, literal: string | undefined) => {
		if (literal !== undefined) return literally(literal);
		if (character === "*") return "[\\s\\S]*";
		return character === "?" ? "[\\s\\S]" : literally(character);
	});
	return new RegExp(`^${source}$`, "u");
}

/**
 * Returns the items that pass every filter of the call.
 * @throws Ec2Error for a filter that the listing does not have
 */
export function filterItems<T extends { readonly tags?: Readonly<Record<string, string>> }>(
	parameters: Parameters,
	items: readonly T[],
	filters: FilterValues<T>,
): readonly T[] {
	let values = 0;
	const tests = parameters.list("Filter").map((filter) => {
		const name = filter.required("Name");
		const patterns = filter.strings("Value").map(matcher);
		if (patterns.length === 0) throw invalidValue(`The filter '${name}' has no value`);
		values += patterns.length;
		const passes = (value: string | number | null | undefined): boolean =>
			value !== null && value !== undefined && patterns.some((pattern) => pattern.test(String(value)));
		if (name.startsWith("tag:")) return (item: T) => passes(item.tags?.[name.slice("tag:".length)]);
		if (name === "tag-key") return (item: T) => Object.keys(item.tags ?? {}).some(passes);
		const read = Object.hasOwn(filters, name) ? filters[name] : undefined;
		if (read === undefined) throw invalidValue(`The filter '${name}' is invalid`);
		return (item: T) => passes(read(item));
	});
	if (values > maximumValues) {
		throw new Ec2Error("FilterLimitExceeded", `The maximum number of filter values is ${maximumValues}`);
	}
	return items.filter((item) => tests.every((test) => test(item)));
}
