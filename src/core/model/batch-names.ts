/**
 * Names of the machines of one launch call, as values of its tags. All machines of a call have the same tags and user data,
 * and each has the name at its launch index. A later run reads the names here if the call's own run could not tag them.
 */

/** EC2's limit on the characters of a tag's value. */
const MAX_VALUE = 256;
/** The most tags that names take, if the instance has room for so many. */
export const MAX_NAME_LISTS = 10;
/** EC2's limit on the instances of a call, and so on the names. */
const MAX_NAMES = 1000;
const FIRST_KEY = "moz-names";

/** Whether the tag is one of those that hold a call's names. */
export function isNamesTag(key: string): boolean {
	return /^moz-names(-\d+)?$/.test(key);
}

function keyAt(index: number): string {
	return index === 0 ? FIRST_KEY : `${FIRST_KEY}-${index + 1}`;
}

/**
 * The tags that hold the names in their order. Names that differ only in a number that counts up are one word:
 * `bld-:007-019:` is bld-007 to bld-019.
 * @param most how many tags there may be
 * @returns null: the names don't fit
 */
export function namesTags(names: readonly string[], most: number): Readonly<Record<string, string>> | null {
	const values: string[] = [];
	for (const word of wordsOf(names)) {
		const last = values.at(-1);
		if (word.length > MAX_VALUE) return null;
		if (last === undefined || last.length + 1 + word.length > MAX_VALUE) values.push(word);
		else values[values.length - 1] = `${last} ${word}`;
	}
	if (values.length > Math.min(most, MAX_NAME_LISTS)) return null;
	return Object.fromEntries(values.map((value, index) => [keyAt(index), value]));
}

/** The names that tags hold, in their order; null if they hold none, or none that can be read. */
export function namesInTags(tags: ReadonlyMap<string, string>): readonly string[] | null {
	const count = [...tags.keys()].filter(isNamesTag).length;
	const values = Array.from({ length: count }, (_, index) => tags.get(keyAt(index)));
	const names: string[] = [];
	for (const word of values.flatMap((value) => value?.split(" ") ?? [""])) {
		const some = namesOf(word);
		if (some === null || names.length + some.length > MAX_NAMES) return null;
		names.push(...some);
	}
	return names.length === 0 || new Set(names).size < names.length ? null : names;
}

interface Numbered {
	readonly before: string;
	readonly digits: string;
	readonly after: string;
}

/** A name around its last number; null if it has none that can be counted. */
function numberedOf(name: string): Numbered | null {
	const [, before, digits, after] = /^(.*?)(\d{1,9})(\D*)$/.exec(name) ?? [];
	if (before === undefined || digits === undefined || after === undefined) return null;
	return { before, digits, after };
}

function* wordsOf(names: readonly string[]): Generator<string> {
	let end = 0;
	for (const [index, first] of names.entries()) {
		if (index < end) continue;
		const numbered = numberedOf(first);
		let count = 1;
		while (numbered !== null && names[index + count] === nameAt(numbered, count)) count += 1;
		yield numbered === null || count === 1
			? first
			: `${numbered.before}:${numbered.digits}-${plus(numbered.digits, count - 1)}:${numbered.after}`;
		end = index + count;
	}
}

/** Adds to a number and keeps its leading zeros. */
function plus(digits: string, count: number): string {
	return String(Number(digits) + count).padStart(digits.length, "0");
}

function nameAt({ before, digits, after }: Numbered, index: number): string {
	return `${before}${plus(digits, index)}${after}`;
}

/** The names of one word; null if it can't be read. */
function namesOf(word: string): readonly string[] | null {
	const [before = "", range, after = "", ...more] = word.split(":");
	if (range === undefined) return word === "" ? null : [word];
	const [, first, last] = /^(\d{1,9})-(\d{1,10})$/.exec(range) ?? [];
	if (first === undefined || last === undefined || more.length > 0) return null;
	const count = Number(last) - Number(first) + 1;
	if (count < 2 || count > MAX_NAMES || plus(first, count - 1) !== last) return null;
	return Array.from({ length: count }, (_, index) => nameAt({ before, digits: first, after }, index));
}
