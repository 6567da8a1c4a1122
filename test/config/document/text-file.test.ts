import fs, { mkdirSync, mkdtempSync, readdirSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { kindOfFile, namesIn, readBytes, readTextFile } from "../../../src/config/document/text-file.ts";

let folder: string;
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "aws-watch-pending-text-file-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const path = (name: string) => join(folder, name);
const write = (name: string, content: string | Uint8Array) => writeFileSync(path(name), content);
const unreadable = (message: string) => ({ kind: "unreadable", message });

describe("a byte order mark", () => {
	it.each([
		["is dropped by default", {}, "a"],
		["is dropped if it is not part of the text", { keepBom: false }, "a"],
		["is kept if it is part of the text", { keepBom: true }, "\uFEFFa"],
	])("%s", (_what, options, text) => {
		write("a", "\uFEFFa");
		expect(readTextFile(path("a"), { folder: null, ...options })).toEqual({ kind: "text", text });
	});
});

describe("a file", () => {
	it.each([
		["is read if it has exactly the maximum size", 3, { kind: "bytes", bytes: Buffer.from("abc") }],
		["is rejected if it is larger", 2, unreadable("the file has 3 bytes; the maximum is 2")],
	])("%s", (_what, maxBytes, expected) => {
		write("a", "abc");
		expect(readBytes(path("a"), { folder, maxBytes })).toEqual(expected);
	});

	it("that is not UTF-8 is rejected", () => {
		write("a", Uint8Array.of(0x61, 0xff));
		expect(readTextFile(path("a"), { folder: null })).toEqual(unreadable("the file is not UTF-8 text"));
	});

	it.each([
		["is read", 3],
		["is rejected", 2],
	])("is closed after it %s", (_what, maxBytes) => {
		write("a", "abc");
		readBytes(path("a"), { folder: null, maxBytes });
		expect(openFiles()).not.toContain(path("a"));
	});

	// Files of /sys have the size of a page, whatever they contain.
	it("that ends before its size is read up to its end", () => {
		const read = readTextFile("/sys/devices/system/cpu/online", { folder: null });
		expect(read).toEqual({ kind: "text", text: expect.stringMatching(/^0[-,\d]*\n$/) });
	});

	it("in a folder whose name starts alike is outside", () => {
		mkdirSync(path("configs"));
		mkdirSync(path("configs-old"));
		write("configs-old/a", "1");
		symlinkSync("../configs-old/a", path("configs/a"));
		expect(readBytes(path("configs/a"), { folder: path("configs"), maxBytes: 9 })).toEqual(
			unreadable("the file is a symbolic link out of its folder; put the file itself there"),
		);
	});

	it("that is a link to itself is reported with the system's reason", () => {
		symlinkSync("a", path("a"));
		expect(readTextFile(path("a"), { folder: null })).toEqual(
			unreadable(expect.stringMatching(/^the file can't be read: ELOOP: too many symbolic links encountered, open/)),
		);
	});

	// Tests may run as root, who can read everything.
	it.each([
		["EACCES", "no permission to read the file"],
		["EPERM", "no permission to read the file"],
		["EIO", "the file can't be read: message of the system"],
	])("that the system refuses to open with %s is reported", (code, message) => {
		const open = vi.spyOn(fs, "openSync").mockImplementation(() => {
			throw Object.assign(new Error("message of the system"), { code });
		});
		syncBuiltinESMExports();
		try {
			expect(readTextFile(path("a"), { folder: null })).toEqual(unreadable(message));
		} finally {
			open.mockRestore();
			syncBuiltinESMExports();
		}
	});
});

it.each<[string, () => void, string]>([
	["a file", () => write("a", ""), "file"],
	["a folder", () => mkdirSync(path("a")), "other"],
	["a link to nothing", () => symlinkSync("b", path("a")), "none"],
	["a link to itself", () => symlinkSync("a", path("a")), "other"],
])("what a path leads to: %s", (_what, make, kind) => {
	make();
	expect(kindOfFile(path("a"))).toBe(kind);
});

it("a folder that can't be read has no names", () => {
	write("a", "");
	expect(namesIn(folder)).toEqual(["a"]);
	expect(namesIn(path("a"))).toEqual([]);
});

/** The paths of the files that this process has open. */
function openFiles(): readonly string[] {
	return readdirSync("/proc/self/fd").flatMap((descriptor) => {
		try {
			return [readlinkSync(join("/proc/self/fd", descriptor))];
		} catch {
			// The one with which the folder was read.
			return [];
		}
	});
}
