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
	])("%s on %j", (pattern, name, expected) => {
		expect(match(pattern, name)).toBe(expected);
	});
});

describe("an invalid or unsupported pattern is rejected with its position:", () => {
	it.each([
		["(", 1, /^unclosed "\("/],
		["a)", 2, /unmatched "\)"/],
		["[a", 1, /^unclosed "\["/],
		["*a", 1, /nothing to repeat/],
		["a**", 3, /can't be repeated/],
		["a{3,2}", 2, /exceeds its maximum/],
		["\\", 1, /ends with a backslash/],
		["\\q", 1, /unknown escape/],
		["(?P<1>a)", 1, /invalid group name "1"/],
		["(?P<a>x)(?P<a>y)", 9, /duplicate group name "a"/],
		["(?P=a)", 1, /no earlier group is named "a"/],
		["(a)\\2", 4, /no earlier group 2/],
		["(?<name>a)", 1, /\(\?P<name>/],
		["a(?i)b", 2, /at its start/],
		["(?<=a+)b", 1, /fixed number/],
		["[z-a]", 2, /invalid character range "z-a"/],
		["(?(1)a|b)", 1, /not supported/],
	])("%s", (pattern, position, why) => {
		const rejection = (): unknown => {
			try {
				return compilePattern(pattern);
			} catch (error) {
				return error;
			}
		};
		const error = rejection();
		expect(error).toBeInstanceOf(PatternError);
		expect(error).toMatchObject({ position, message: expect.stringMatching(why) });
	});
});
