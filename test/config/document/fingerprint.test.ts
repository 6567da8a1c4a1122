import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { fingerprintOf } from "../../../src/config/document/fingerprint.ts";

let folder: string;
let elsewhere: string;
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "aws-watch-pending-fingerprint-"));
	elsewhere = mkdtempSync(join(tmpdir(), "aws-watch-pending-fingerprint-"));
	write("target", "1", elsewhere);
	write("a", "1");
	write("b", "1");
	symlinkSync(join(elsewhere, "target"), path("link"));
	symlinkSync(path("none"), path("dangling"));
	mkdirSync(path("folder"));
});
afterEach(() => {
	for (const made of [folder, elsewhere]) rmSync(made, { recursive: true });
});

const path = (name: string, parent = folder) => join(parent, name);
/** Writes a file whose time is always the same, since the clock of a file system is coarse. */
function write(name: string, text: string, parent = folder) {
	writeFileSync(path(name, parent), text);
	utimesSync(path(name, parent), 1, 1);
}

describe("the fingerprint of a folder", () => {
	it.each<[string, () => void]>([
		["is written with another size", () => write("a", "12")],
		["is written at another time", () => utimesSync(path("a"), 1, 2)],
		["is replaced by one of the same size and time", () => [write("new", "2"), renameSync(path("new"), path("a"))]],
		["is added", () => write("c", "1")],
		["is removed", () => rmSync(path("b"))],
		["is renamed", () => renameSync(path("b"), path("c"))],
		["to which a link leads is written", () => write("target", "12", elsewhere)],
		["to which a link leads is removed", () => rmSync(path("target", elsewhere))],
	])("changes if a file %s", (_what, change) => {
		const before = fingerprintOf(folder);
		change();
		expect(fingerprintOf(folder)).not.toBe(before);
	});

	it.each<[string, () => void]>([
		["nothing changes", () => {}],
		["a folder is added", () => mkdirSync(path("other"))],
		["a file is written in a folder of it", () => write("folder/a", "1")],
	])("stays the same if %s", (_what, change) => {
		const before = fingerprintOf(folder);
		change();
		expect(fingerprintOf(folder)).toBe(before);
	});

	it("is empty if the folder can't be read", () => {
		expect(fingerprintOf(path("none"))).toBe("");
		expect(fingerprintOf(path("a"))).toBe("");
	});
});
