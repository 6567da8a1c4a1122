import { expect, it } from "vitest";
import { decodeName, readableName } from "../../../src/core/model/builder-name.ts";

it.each([
	["plain text", [0x62, 0x6c, 0x64], "bld"],
	["UTF-8", [0xc3, 0xbc, 0xf0, 0x9f, 0x98, 0x80], "ü😀"],
	["a byte order mark", [0xef, 0xbb, 0xbf, 0x62], "\ufeffb"],
	["bytes that are no UTF-8", [0x62, 0x7f, 0x80, 0xff], "b\u007f\udc80\udcff"],
	["nothing", [], ""],
])("the bytes of %s are decoded", (_what, bytes, name) => {
	expect(decodeName(new Uint8Array(bytes))).toBe(name);
});

it.each([
	["b\udc80\udcff", "b\\x80\\xff"],
	["ü😀", "ü😀"],
	["\ud83d\udc80", "\ud83d\udc80"],
	["\udc7f", "\udc7f"],
])("the name %j is readable as %j", (name, readable) => {
	expect(readableName(name)).toBe(readable);
});
