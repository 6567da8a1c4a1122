import { describe, expect, it } from "vitest";
import { compilePattern } from "../../../src/config/python-re/compile.ts";
import { PatternError } from "../../../src/config/python-re/scanner.ts";

/** The text that `re.match(pattern, name)` matches; null if it does not match. */
function match(pattern: string, name: string): string | null {
	const regex = compilePattern(pattern);
	regex.lastIndex = 0;
	return regex.exec(name)?.[0] ?? null;
}

describe("a pattern matches as Python's re.match does:", () => {
	// The third column is the result in CPython 3.11 of re.match(pattern, name).group(), or None.
	it.each([
		["Linux", "Linux x86-64", "Linux"],
		["Linux", "Fedora Linux", null],
		[
			"^Linux (?!try)\\S+ (pgo-|leak test )?build",
			"Linux mozilla-central pgo-build",
			"Linux mozilla-central pgo-build",
		],
		["^Linux (?!try)\\S+ (pgo-|leak test )?build", "Linux try build", null],
		["a|ab", "ab", "a"],
		["b|a", "ab", "a"],
		["(?P<a>x+)-(?P=a)", "xx-xx", "xx-xx"],
		["(?P<a>x+)-(?P=a)$", "xx-xxx", null],
		["(x)\\1", "xx", "xx"],
		["\\ALinux\\Z", "Linux", "Linux"],
		["\\ALinux\\Z", "Linux\n", null],
		["Linux$", "Linux\n", "Linux"],
		["(?i)linux", "LINUX", "LINUX"],
		["(?i:l)inux", "Linux", "Linux"],
		["(?i:l)inux", "LINUX", null],
		["(?s)a.b", "a\nb", "a\nb"],
		["a.b", "a\nb", null],
		["a.b", "a\rb", "a\rb"],
		["(?m)a$", "a\nb", "a"],
		["(?x) a b # comment", "ab", "ab"],
		["a(?#comment)b", "ab", "ab"],
		["\\d+", "12", "12"],
		["\\d", "٣", "٣"],
		["(?a)\\d", "٣", null],
		["\\w+", "naïve", "naïve"],
		["[\\w.-]+", "a.b-c", "a.b-c"],
		["[]a]+", "]a", "]a"],
		["[^]]+", "a]", "a"],
		["a{2}", "aaa", "aa"],
		["a{,2}", "aaa", "aa"],
		["a{x}", "a{x}", "a{x}"],
		["x*+x", "xxx", null],
		["(?>x*)x", "xxx", null],
		["\\x41\\u0042\\103", "ABC", "ABC"],
		["a/b&&c", "a/b&&c", "a/b&&c"],
		["[&\\-]+", "&-", "&-"],
		["\\_\\ \\-", "_ -", "_ -"],
		["(?<=a)b|a(?=b)", "ab", "a"],
		[".", "😀", "😀"],
		["(?m)a\n^b", "a\nb", "a\nb"],
		["(?m).^b", "ab", null],
		["a\\Ab", "ab", null],
		["(?x)a\u000bb", "ab", "ab"],
		["(?x)V", "V", "V"],
		["[a-a]", "a", "a"],
		["\\377", "ÿ", "ÿ"],
		["[\\377]", "ÿ", "ÿ"],
		["\\U0010ffff", "\u{10ffff}", "\u{10ffff}"],
		["\\0123", "\n3", "\n3"],
		["[\\0123]+", "\n3", "\n3"],
		// Two escapes are two characters, even if UTF-16 has them as one.
		["\\ud83d\\ude00", "😀", null],
		["(a)(b)(c)(d)(e)(f)(g)(h)(i)(j)\\10", "abcdefghijj", "abcdefghijj"],
		["(a)(b)(c)(d)(e)(f)(g)(h)(i)(j)\\108", "abcdefghijj8", "abcdefghijj8"],
		["(?P<name>x)(?P=name)", "xx", "xx"],
		["(?=(a))\\1", "a", "a"],
		["a(?<=(a))\\1", "aa", "aa"],
		["(a){2}\\1", "aaa", "aaa"],
		["a*+b*+c", "aabc", "aabc"],
		["a{,4294967294}", "aa", "aa"],
		["(?<=(?:)*)b", "b", "b"],
		["a(?<=(?:a*){0})b", "ab", "ab"],
		["..(?<=a{2}|bb)c", "aac", "aac"],
		["..(?<=a{2}|bb)c", "bbc", "bbc"],
	])("%s on %j", (pattern, name, expected) => {
		expect(match(pattern, name)).toBe(expected);
	});
});

/** What {@link compilePattern} throws; null if it accepts the pattern. */
function rejection(pattern: string): unknown {
	try {
		compilePattern(pattern);
		return null;
	} catch (error) {
		return error;
	}
}

describe("an invalid or unsupported pattern is rejected with the reason and the position:", () => {
	it.each([
		["(", 1, 'unclosed "("'],
		["a)", 2, 'unmatched ")"'],
		["[a", 1, 'unclosed "["'],
		["[z-a]", 2, 'invalid character range "z-a"'],
		["*a", 1, "nothing to repeat"],
		["a**", 3, "a repeat can't be repeated; put the inner one in (?:…)"],
		["a++*", 4, "a repeat can't be repeated; put the inner one in (?:…)"],
		["a{3,2}", 2, "the minimum of this repeat exceeds its maximum"],
		["a{4294967295,}", 2, "the repeat count is too large"],
		["a{,4294967295}", 2, "the repeat count is too large"],
		["\\", 1, "the pattern ends with a backslash"],
		["\\q", 1, "unknown escape \\q"],
		["\\400", 1, "the octal escape \\400 exceeds \\377"],
		["\\x4", 1, "\\x must be followed by 2 hexadecimal digits"],
		["\\U00110000", 1, "this escape exceeds \\U0010ffff, the last Unicode character"],
		["\\N{DIGIT ONE}", 1, "named characters, \\N{…}, are not supported"],
		["(?P<1>a)", 1, 'invalid group name "1"'],
		["(?P<a", 1, "unclosed group name"],
		["(?P<a>x)(?P<a>y)", 9, 'duplicate group name "a"'],
		["(?P=a)", 1, 'no earlier group is named "a"'],
		["(a)\\2", 4, "there is no earlier group 2"],
		["(a\\1)", 3, "group 1 can't be referenced inside itself"],
		["(?<=(a)\\1)b", 8, "a group in a lookbehind can't be referenced inside that lookbehind"],
		["(?<=a+)b", 1, "a lookbehind must match a fixed number of characters"],
		["(?<=(?>a))b", 5, "atomic groups and possessive repeats in a lookbehind are not supported"],
		["(?(1)a|b)", 1, "conditional groups, (?(…)…), are not supported"],
		["(?", 3, "unexpected end of pattern in a group"],
		["(?P", 4, "unexpected end of pattern in a group"],
		["(?<", 4, "unexpected end of pattern in a group"],
		["(?i", 4, "unexpected end of pattern in a group"],
		["(?#a", 1, "unclosed comment"],
		["(?*a)", 1, 'unknown group type "(?*"'],
		["(?P!a)", 1, 'unknown group type "(?P!"'],
		["(?<name>a)", 1, 'unknown group type "(?<n"; write a named group as (?P<name>…)'],
		["a(?i)b", 2, "flags for the whole pattern must be at its start"],
		["(?i=a)", 1, 'flags must be followed by ":" or ")"'],
		["(?i-)", 1, 'missing flag after "-"'],
		["(?-u:a)", 1, "the flags a and u can't be turned off"],
		["(?i-i:a)", 1, "a flag is turned both on and off"],
		["(?a)(?u)b", 5, "the flags a and u can't be combined"],
		["(?au:b)", 1, "the flags a and u can't be combined"],
		["(?L)a", 1, "the flag L is for bytes, and builder names are text"],
		["(?y)a", 1, 'unknown flag "y"'],
	])("%s", (pattern, position, why) => {
		const error = rejection(pattern);
		expect(error).toBeInstanceOf(PatternError);
		const message = `${why} (at character ${position} of the pattern)`;
		expect(error).toMatchObject({ name: "PatternError", position, message });
	});
});

// For a group that took no part, Python's reference fails, but JavaScript's matches the empty text.
it.each([
	["(?:(a)|b)\\1", 10],
	["(?!(a))b\\1", 9],
	["(a)?\\1", 5],
	["(a){0,2}\\1", 9],
])("rejects a reference to a group that may not have matched: %s", (pattern, position) => {
	const why = "a reference to group 1 is not supported here, because the group may not have matched";
	expect(rejection(pattern)).toMatchObject({ message: `${why} (at character ${position} of the pattern)` });
});

it.each([
	["1000", "()", "", "more than 1000 groups; write (?:…) for those that nothing refers to", 2001],
	["200 nested", "(", ")", "groups are nested more than 200 levels deep", 201],
])("accepts %s groups, and no more", (count, open, close, why, position) => {
	const most = Number.parseInt(count, 10);
	expect(rejection(open.repeat(most) + close.repeat(most))).toBeNull();
	const message = `${why} (at character ${position} of the pattern)`;
	expect(rejection(open.repeat(most + 1) + close.repeat(most + 1))).toMatchObject({ position, message });
});

it.each([
	["characters", "a".repeat(40_000), "Regular expression too large"],
	["atomic groups", "(?>a)".repeat(33_000), "Too many captures"],
])("rejects more %s than JavaScript can match", (_what, pattern, why) => {
	expect(rejection(pattern)).toMatchObject({ message: `${why} (at character 1 of the pattern)` });
});

it("accepts a list of 1,000 names as a pattern", () => {
	expect(rejection(Array.from({ length: 1_000 }, (_, n) => `Linux x86-64 branch-${n} build`).join("|"))).toBeNull();
});

it("accepts any number of groups side by side that capture nothing", () => {
	expect(rejection("(?:a)".repeat(1001))).toBeNull();
});
