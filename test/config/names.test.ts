import { expect, it } from "vitest";
import { countNames, expandNames } from "../../src/config/names.ts";

/** An entry of `length` characters that stands for two names. */
const range = (length: number) => "{1..2}".padStart(length, "n");

it.each([
	["bld", ["bld"]],
	["bld-{8..11}", ["bld-8", "bld-9", "bld-10", "bld-11"]],
	["bld-{08..11}-x", ["bld-08", "bld-09", "bld-10", "bld-11"].map((name) => `${name}-x`)],
	["{0..2}", ["0", "1", "2"]],
	["bld-{0..0}", ["bld-0"]],
	["bld-{998..1001}", ["bld-998", "bld-999", "bld-1000", "bld-1001"]],
	["bld-{098..101}", ["bld-098", "bld-099", "bld-100", "bld-101"]],
	["bld-{999999999999998..999999999999999}", ["bld-999999999999998", "bld-999999999999999"]],
])("%s stands for %j", (entry, names) => {
	expect(expandNames(entry)).toEqual(names);
	expect(countNames(entry)).toBe(names.length);
});

it.each([
	"bld-{3..1}",
	"bld-{1..}",
	"bld-{}",
	"bld-{1..2",
	"bld}",
	"{1..2}-{1..2}",
	"bld-{a..c}",
	"bld-{1..9999999999999999}",
])("%s stands for no name", (entry) => {
	expect(countNames(entry)).toBe(0);
});

it("a range may have up to 255 characters, as a host name", () => {
	expect([255, 256].map((length) => countNames(range(length)))).toEqual([2, 0]);
});
