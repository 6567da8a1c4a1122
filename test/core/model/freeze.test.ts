import { expect, it } from "vitest";
import { deepFreeze } from "../../../src/core/model/freeze.ts";

it("data is frozen at every depth, and returned as it is", () => {
	const data = { list: [{ value: 1 }], none: null, text: "a", missing: undefined };
	expect(deepFreeze(data)).toBe(data);
	expect([data, data.list, data.list[0]].every(Object.isFrozen)).toBe(true);
});

it("a regular expression can still be used", () => {
	const data = deepFreeze({ regex: /b/y });
	data.regex.lastIndex = 1;
	expect(data.regex.test("ab")).toBe(true);
	expect(Object.isFrozen(data)).toBe(true);
});

it("data that contains itself is frozen once", () => {
	const data: { self?: unknown } = {};
	data.self = data;
	expect(Object.isFrozen(deepFreeze(data))).toBe(true);
});
