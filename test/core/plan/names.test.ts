import { describe, expect, it } from "vitest";
import { countNames, FreeNames, isHostName, isHostnamePattern, longestName } from "../../../src/core/plan/names.ts";
import { typeConfig } from "../facts.ts";

describe("a hostname pattern", () => {
	it.each([
		["bld-%d", true],
		["bld-%03d", true],
		["bld-%012d.example", true],
		["bld", false],
		["bld-%s", false],
		["bld-%0d", false],
		["bld-%3d", false],
		["bld-%d-%d", false],
		["100%-%d", false],
	])("%s is usable: %s", (pattern, expected) => {
		expect(isHostnamePattern(pattern)).toBe(expected);
	});

	it.each([
		["bld-%d", 9999, "bld-9999".length],
		["bld-%02d", 99, "bld-99".length],
		["bld-%03d.x", 999, "bld-999.x".length],
	])("%s has %i names of up to %i characters", (hostname, count, length) => {
		expect(countNames({ names: null, hostname })).toBe(count);
		expect(longestName(hostname)).toBe(length);
	});
});

it("a type's list counts before its pattern, and a type with neither has no names", () => {
	expect(countNames({ names: ["a", "b"], hostname: "bld-%d" })).toBe(2);
	expect(countNames({ names: null, hostname: null })).toBeNull();
});

it.each([
	["w-1.example_a", true],
	["9", true],
	["", false],
	["-w", false],
	[".w", false],
	["a b", false],
	["a/b", false],
	["a\n", false],
])("the text %j can be a host's name: %s", (text, expected) => {
	expect(isHostName(text)).toBe(expected);
});

describe("free names", () => {
	const pool = { mozType: "bld", slaveset: null };
	const type = (hostname: string | null, names: readonly string[] | null = null) => ({
		...typeConfig("bld", []),
		hostname,
		names,
	});

	it("are the first of the pattern that nothing has, padded, each given once", () => {
		const some = new FreeNames(["b-02", "b-04"], new Set(["b-05"]));
		expect(some.take(pool, type("b-%02d"), 3)).toEqual(["b-01", "b-03", "b-06"]);
		expect(some.take({ ...pool, mozType: "tst" }, type("b-%02d"), 2)).toEqual(["b-07", "b-08"]);
	});

	it("are those of the type's list, in its order", () => {
		const list = type("b-%02d", ["z", "taken", "y", "jacuzzi", "x"]);
		const some = new FreeNames(["taken"], new Set(["jacuzzi"]));
		expect(some.take(pool, list, 2)).toEqual(["z", "y"]);
		expect(some.take(pool, list, 2)).toEqual(["x"]);
	});

	it("end with the last number of the pattern's width", () => {
		expect(new FreeNames([], new Set()).take(pool, type("b-%01d"), 20)).toEqual(
			Array.from({ length: 9 }, (_, index) => `b-${index + 1}`),
		);
	});

	it("are those of the slaveset that can be a host's name, although a jacuzzi has them", () => {
		const slaveset = ["w-1", "not a host", "w-2", "w-3"];
		const some = new FreeNames(["w-1"], new Set(slaveset));
		expect(some.take({ mozType: "bld", slaveset }, type("b-%d"), 9)).toEqual(["w-2", "w-3"]);
	});

	it("are looked for where the last pool left off, so that many pools cost no more than in proportion", () => {
		let looks = 0;
		const names = new Proxy(["a", "b", "c"], {
			get: (target, key, receiver) => {
				looks += key === "length" ? 0 : 1;
				return Reflect.get(target, key, receiver);
			},
		});
		const list = type(null, names);
		const some = new FreeNames([], new Set());
		expect(some.take(pool, list, 2)).toEqual(["a", "b"]);
		looks = 0;
		expect(some.take(pool, list, 1)).toEqual(["c"]);
		expect(looks).toBe(1);
	});

	it("are null for a type without names", () => {
		expect(new FreeNames([], new Set()).take(pool, type(null), 1)).toBeNull();
	});
});
