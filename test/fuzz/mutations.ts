/** Texts that were valid until something happened to them. */
import fc from "fast-check";

/** What breaks parsers: of encodings, of numbers, of nesting, and of each syntax. */
const PIECES = [
	...["\0", "\ud800", "\udc00", "\ufeff", "\u2028", "\r\n", "\r", "\t", "\u001b[31m", "é", "😀", " ", "\n"],
	...["1e999", "-0", "0x10", "NaN", ".inf", "9".repeat(400), "1.", "007", "null", "~", "true"],
	...["{", "}", "[", "]", '"', "'", ",", ":", "\\", "\\u", "\\ud800", '""', "{}", "[]", "[[", '{"a":'],
	...['"__proto__": 1,', '"constructor": {},', "__proto__: 1\n", "toString: x\n", "? ", "- ", "---\n", "...\n", "#"],
	...["&a ", "*a", "&a [*a, *a]", "<<: *a\n", "!!binary ", "!x ", "%YAML 1.1\n---\n", "|\n", ">-\n", "@", "`"],
	...["{{", "}}", "{hostname", "{hostname!r}", "{0}", "{password}", "$x$"],
	...["(", ")", "(?", "(?:", "(?P<a>", "(?P=a)", "(?i)", "(?i:", "(?<=", "(?!", "(?>", "(?#", "\\N{x}", "\\1", "\\Z"],
	...["*", "+", "?", "{1000}", "{1,99999999999}", "{,}", "|", "^", "$", "[^", "[a-", "\\w", "\\x", ".*", "++"],
	...[
		"//",
		"@@",
		"%",
		"%zz",
		"://",
		"?a=b&c",
		"user:pass@",
		":99999",
		"[::1]",
		"<",
		">",
		"</",
		"<?xml",
		"&lt;",
		"<![CDATA[",
	],
];

/** Characters of the longest result. A long run takes longer texts, too. */
const LONGEST = process.env["FUZZ_RUNS"] === undefined ? 10_000 : 100_000;

type Edit = (text: string) => string;

/** A place in a text, as a fraction of its length. */
const place = fc.double({ min: 0, max: 1, noNaN: true });
const range = fc.tuple(place, fc.nat(30));

function at(text: string, fraction: number): number {
	return Math.floor(fraction * text.length);
}

const edit: fc.Arbitrary<Edit> = fc.oneof(
	range.map(
		([where, length]): Edit =>
			(text) =>
				text.slice(0, at(text, where)) + text.slice(at(text, where) + length),
	),
	{
		weight: 3,
		arbitrary: fc.tuple(place, fc.constantFrom(...PIECES)).map(
			([where, piece]): Edit =>
				(text) =>
					text.slice(0, at(text, where)) + piece + text.slice(at(text, where)),
		),
	},
	fc.tuple(range, fc.constantFrom(...PIECES)).map(
		([[where, length], piece]): Edit =>
			(text) =>
				text.slice(0, at(text, where)) + piece + text.slice(at(text, where) + length),
	),
	// Deep nesting, and many of the same.
	fc.tuple(range, fc.constantFrom(2, 50, 10_000)).map(
		([[where, length], times]): Edit =>
			(text) => {
				const start = at(text, where);
				const repeated = text.slice(start, start + Math.min(length, Math.floor(LONGEST / times)));
				return text.slice(0, start) + repeated.repeat(times) + text.slice(start);
			},
	),
	fc
		.tuple(
			place,
			fc.constantFrom("{", "[", '{"a":', "(", "(?:", "- ", "a: {", "&a [*a,", "<a>", "(a)", "a|", "{x}"),
			fc.constantFrom(150, 3_000),
		)
		.map(
			([where, piece, times]): Edit =>
				(text) =>
					text.slice(0, at(text, where)) + piece.repeat(times) + text.slice(at(text, where)),
		),
	place.map(
		(where): Edit =>
			(text) =>
				text.slice(0, at(text, where)),
	),
	fc.constant<Edit>((text) => text.replaceAll("\n", "\r\n")),
);

/** One of `texts` after a few edits. */
export function mutated(...texts: readonly string[]): fc.Arbitrary<string> {
	return fc
		.tuple(fc.constantFrom(...texts), fc.array(edit, { minLength: 1, maxLength: 4 }))
		.map(([text, edits]) => edits.reduce((edited, change) => change(edited), text).slice(0, LONGEST));
}

/** The same as bytes, which need not be UTF-8. */
export function mutatedBytes(...texts: readonly string[]): fc.Arbitrary<Buffer> {
	return fc
		.tuple(mutated(...texts), fc.constantFrom<BufferEncoding>("utf8", "utf8", "utf8", "latin1", "utf16le"))
		.map(([text, encoding]) => Buffer.from(text, encoding));
}
