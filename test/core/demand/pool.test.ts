import { expect, it } from "vitest";
import { compareText, poolKey } from "../../../src/core/demand/pool.ts";

it.each([
	["a", "b", -1],
	["b", "a", 1],
	["a", "a", 0],
	["B", "a", -1],
	["ä", "z", 1],
])("%j and %j are ordered by their characters' numbers: %i", (a, b, order) => {
	expect(compareText(a, b)).toBe(order);
});

it("a pool has one key, whatever the order of its slaveset", () => {
	const key = (slaveset: readonly string[] | null) => poolKey({ mozType: "bld", slaveset });
	expect(key(["b", "a"])).toBe(key(["a", "b"]));
	expect(new Set([key(null), key([]), key(["a"]), key(["a", "b"])]).size).toBe(4);
});
