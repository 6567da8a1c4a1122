/**
 * Characters by what patterns tell apart. Unicode has a million characters, but two that every class of every pattern
 * has, or has not, need not be examined separately.
 */

/** Code points, both ends included. */
interface Range {
	readonly first: number;
	readonly last: number;
}

/** Characters that a symbol is shown as, from the plainest to the strangest. */
const PLAIN = [..."abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 -_./:+,;=@#%&*!?()[]{}<>|~^$'\"`\\"];

/** Characters that a repeat matches at once: V8 remembers each, and a million exceed its stack. */
const CHUNK = 4096;
const LAST = 0x10ffff;
/** Characters of one UTF-16 unit, which precede those of two in the text of every character. */
const SINGLE_UNITS = 0xf800;

export class Alphabet {
	/** One character for each symbol, the plainest first. */
	readonly characters: readonly string[];
	readonly #members: ReadonlyMap<string, readonly boolean[]>;
	readonly #symbols: ReadonlyMap<string, number>;

	/** @param classes JavaScript expressions with flag `u`, each of which matches one character */
	constructor(classes: Iterable<string>) {
		const all = [...new Set(classes)];
		const parts = partition(all.map(knownRangesOf)).map(({ first, last, classes: having }) => ({
			...plainest(first, last),
			key: having.join(),
			having: new Set(having),
		}));
		const best = new Map<string, (typeof parts)[number]>();
		for (const part of parts) {
			const known = best.get(part.key);
			if (known === undefined || part.rank < known.rank) best.set(part.key, part);
		}
		const symbols = [...best.values()].toSorted((one, other) => one.rank - other.rank);
		this.characters = symbols.map(({ code }) => String.fromCodePoint(code));
		this.#symbols = new Map(this.characters.map((character, symbol) => [character, symbol]));
		this.#members = new Map(all.map((js, index) => [js, symbols.map(({ having }) => having.has(index))]));
	}

	/** The symbols of a name that consists of {@link characters}. */
	symbolsOf(name: string): readonly number[] {
		return Array.from(name, (character) => this.#symbols.get(character) ?? -1);
	}

	/** Whether the class has each symbol. */
	membersOf(js: string): readonly boolean[] {
		return this.#members.get(js) ?? [];
	}
}

/** Whether all of Unicode must be read to find out which characters the class has, which takes about 10 ms. */
export function isSlowClass(js: string): boolean {
	return singleOf(js) === null;
}

/** The only character of a class, which may be escaped; null if it has several. */
function singleOf(js: string): string | null {
	const { code, character } = /^(?:\\u\{(?<code>[\da-f]+)\}|\\(?<character>\W))$/u.exec(js)?.groups ?? {};
	if (code !== undefined) return String.fromCodePoint(Number.parseInt(code, 16));
	if (character !== undefined) return character;
	const [only, ...rest] = js;
	return only !== undefined && rest.length === 0 && only !== "." ? only : null;
}

/** The plainest character of a range: a name that is shown should be readable. */
function plainest(first: number, last: number): { readonly code: number; readonly rank: number } {
	const rank = PLAIN.findIndex((character) => isBetween(character.codePointAt(0) ?? 0, first, last));
	if (rank !== -1) return { code: PLAIN[rank]?.codePointAt(0) ?? first, rank };
	// Control characters come last, and among others the smallest comes first.
	const code = first < 0xa1 && last >= 0xa1 ? 0xa1 : first;
	return { code, rank: PLAIN.length + code + (code < 0xa1 ? LAST : 0) };
}

/** Ranges whose characters are in the same classes. */
function partition(
	classes: readonly (readonly Range[])[],
): readonly (Range & { readonly classes: readonly number[] })[] {
	const edges = classes.flatMap((ranges, index) =>
		ranges.flatMap(({ first, last }) => [
			{ at: first, index, starts: true },
			{ at: last + 1, index, starts: false },
		]),
	);
	const byCode = Map.groupBy(edges, ({ at }) => at);
	// Lone surrogates are in no well-formed name.
	const starts = [...new Set([0, 0xd800, 0xe000, LAST + 1, ...byCode.keys()])].toSorted((one, other) => one - other);
	const current = new Set<number>();
	return starts.flatMap((first, index) => {
		for (const { index: of, starts: isStart } of byCode.get(first) ?? []) {
			if (isStart) current.add(of);
			else current.delete(of);
		}
		const next = starts[index + 1];
		if (next === undefined || isBetween(first, 0xd800, 0xdfff)) return [];
		return [{ first, last: next - 1, classes: [...current].toSorted((one, other) => one - other) }];
	});
}

const known = new Map<string, readonly Range[]>();

/** Patterns share most of their classes, and reading all of Unicode takes a while. */
function knownRangesOf(js: string): readonly Range[] {
	const ranges = known.get(js) ?? rangesOf(js);
	known.set(js, ranges);
	return ranges;
}

function rangesOf(js: string): readonly Range[] {
	const single = singleOf(js);
	if (single !== null) return [rangeOf(single, single)];
	const found = Array.from(
		everyCharacter().matchAll(new RegExp(`(?:${js}){1,${CHUNK}}`, "gu")),
		({ 0: text, index }) => ({ first: codeAt(index), last: codeAt(index + text.length - 1) }),
	);
	return joined(found);
}

function rangeOf(first: string, last: string): Range {
	return { first: first.codePointAt(0) ?? 0, last: last.codePointAt(0) ?? 0 };
}

function joined(ranges: readonly Range[]): readonly Range[] {
	const result: Range[] = [];
	for (const range of ranges) {
		const before = result.at(-1);
		if (before !== undefined && before.last + 1 === range.first) {
			result[result.length - 1] = { first: before.first, last: range.last };
		} else {
			result.push(range);
		}
	}
	return result;
}

let every: string | undefined;

/** A text of every character but surrogates, in the order of their codes. */
function everyCharacter(): string {
	every ??= new TextDecoder("utf-16le", { ignoreBOM: true }).decode(everyUnit());
	return every;
}

/** That text's UTF-16 units. A string for each of its million characters would take ten times as long. */
function everyUnit(): DataView {
	const units = new DataView(new ArrayBuffer(2 * (SINGLE_UNITS + 2 * (LAST + 1 - 0x10000))));
	for (let index = 0; index < SINGLE_UNITS; index += 1) units.setUint16(2 * index, codeAt(index), true);
	for (let pair = 0; pair <= LAST - 0x10000; pair += 1) {
		units.setUint16(2 * (SINGLE_UNITS + 2 * pair), 0xd800 + (pair >> 10), true);
		units.setUint16(2 * (SINGLE_UNITS + 2 * pair + 1), 0xdc00 + (pair & 0x3ff), true);
	}
	return units;
}

/** The character that the UTF-16 unit at `index` of that text is a part of. */
function codeAt(index: number): number {
	if (index < 0xd800) return index;
	if (index < SINGLE_UNITS) return index + 0x800;
	return 0x10000 + Math.floor((index - SINGLE_UNITS) / 2);
}

function isBetween(code: number, first: number, last: number): boolean {
	return code >= first && code <= last;
}
