import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isNamesTag, namesInTags, namesTags } from "../../../src/core/model/batch-names.ts";

const numbered = (from: number, count: number) =>
	Array.from({ length: count }, (_, index) => `bld-${String(from + index).padStart(4, "0")}.x`);
const read = (tags: Readonly<Record<string, string>>) => namesInTags(new Map(Object.entries(tags)));

describe("names in tags", () => {
	it("are short if their numbers count up", () => {
		expect(namesTags([...numbered(7, 993), "spare", "bld-2"], 10)).toEqual({
			"moz-names": "bld-:0007-0999:.x spare bld-2",
		});
	});

	it("are short by their last number", () => {
		expect(namesTags(["v2-ec2-08a", "v2-ec2-09a", "v2-ec2-10a"], 10)).toEqual({ "moz-names": "v2-ec2-:08-10:a" });
		expect(namesTags(["spare", "1", "2"], 10)).toEqual({ "moz-names": "spare :1-2:" });
	});

	it("take several tags if they must, and don't fit more than there may be", () => {
		const names = Array.from({ length: 80 }, (_, index) => `worker-${index * 7}`);
		const tags = namesTags(names, 10);
		expect(Object.keys(tags ?? {})).toEqual(["moz-names", "moz-names-2", "moz-names-3", "moz-names-4"]);
		expect(Object.values(tags ?? {}).every((value) => value.length <= 256)).toBe(true);
		expect(namesTags(names, 3)).toBeNull();
		expect(namesTags(["x".repeat(257)], 10)).toBeNull();
	});

	it("fill a tag to 256 characters", () => {
		const [half, rest] = ["x".repeat(128), "y".repeat(127)];
		expect(namesTags([half, rest], 10)).toEqual({ "moz-names": `${half} ${rest}` });
		expect(namesTags([half, `${rest}y`], 10)).toEqual({ "moz-names": half, "moz-names-2": `${rest}y` });
		expect(namesTags(["x".repeat(256)], 10)).toEqual({ "moz-names": "x".repeat(256) });
	});

	it("take up to ten tags, and no more than the instance has room for", () => {
		const long = (count: number) =>
			Array.from({ length: count }, (_, index) => String.fromCharCode(97 + index).repeat(200));
		expect(Object.keys(namesTags(long(10), 50) ?? {})).toHaveLength(10);
		expect(namesTags(long(11), 50)).toBeNull();
		expect(Object.keys(namesTags(long(2), 2) ?? {})).toHaveLength(2);
		expect(namesTags(long(2), 1)).toBeNull();
	});

	it("of up to 1,000 machines are read", () => {
		expect(read({ "moz-names": "a:0001-1000:" })).toHaveLength(1000);
		expect(read({ "moz-names": "a:001-999: b" })).toHaveLength(1000);
		expect(read({ "moz-names": "a:0001-1000: b" })).toBeNull();
	});

	it("are read in the order in which they were written", () => {
		const name = fc.oneof(
			fc.stringMatching(/^\w[\w.-]{0,20}$/),
			fc.nat(30).map((number) => `bld-${number}`),
			fc.nat(30).map((number) => `bld-${String(number).padStart(3, "0")}`),
			fc.constantFrom("9", "10", "099", "100", "9999999999", "bld-999999999", "bld-1000000000"),
		);
		fc.assert(
			fc.property(fc.uniqueArray(name, { minLength: 1, maxLength: 120 }), (names) => {
				const tags = namesTags(names, 10);
				if (tags !== null) expect(read({ Name: "x", ...tags })).toEqual(names);
			}),
			{ numRuns: 1000 },
		);
	});

	it.each([
		[{}],
		[{ "moz-names": "" }],
		[{ "moz-names": "a  b" }],
		[{ "moz-names": "a a" }],
		[{ "moz-names": "a:2-1:" }],
		[{ "moz-names": "a:1-x:" }],
		[{ "moz-names": "a:1-2:b:c" }],
		[{ "moz-names": "a:1-1001:" }],
		[{ "moz-names": "a:08-010:" }],
		[{ "moz-names": "a:1-1:" }],
		[{ "moz-names": "a:x1-2:" }],
		[{ "moz-names": "a:1-2x:" }],
		[{ "moz-names": "a:1" }],
		[{ "moz-names-2": "b" }],
		[{ "moz-names": "a", "moz-names-3": "c" }],
	])("that can't be read are unknown: %j", (tags) => {
		expect(read(tags)).toBeNull();
	});
});

it.each([
	["moz-names", true],
	["moz-names-2", true],
	["moz-names-10", true],
	["my-moz-names", false],
	["moz-names-x", false],
	["moz-names-2x", false],
	["Name", false],
])("the tag %s holds names: %s", (key, expected) => {
	expect(isNamesTag(key)).toBe(expected);
});
