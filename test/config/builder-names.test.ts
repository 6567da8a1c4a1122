import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readBuilderNames } from "../../src/config/builder-names.ts";
import { formatDiagnostic } from "../../src/errors.ts";

let workspace: string;
beforeEach(() => {
	workspace = mkdtempSync(join(tmpdir(), "aws-watch-pending-builder-names-"));
});
afterEach(() => rmSync(workspace, { recursive: true }));

const write = (content: string | Uint8Array, file = "names") => writeFileSync(join(workspace, file), content);
/** The names in the file, or its problems with their places. */
function read(file = "names") {
	const result = readBuilderNames(file, workspace);
	return result.kind === "names" ? result : { ...result, diagnostics: result.diagnostics.map(formatDiagnostic) };
}
const names = (...expected: readonly string[]) => ({ kind: "names", names: expected });
const invalid = (...diagnostics: readonly string[]) => ({ kind: "invalid", diagnostics });
const bytes = (text: string) => Buffer.from(text, "latin1");

describe("a file of lines", () => {
	it.each<[string, string | Uint8Array, readonly string[]]>([
		["has one name per line", "a\nLinux b\nc\n", ["a", "Linux b", "c"]],
		["may lack the last line feed", "Linux a\nLinux b", ["Linux a", "Linux b"]],
		["may have line ends of Windows", "Linux a\r\nLinux b\r\n", ["Linux a", "Linux b"]],
		["may end in a carriage return", "Linux a\r", ["Linux a"]],
		["may start with a byte order mark", "\uFEFFLinux a\n", ["Linux a"]],
		["gives each name once, in the order of the first", "b\na\nb\n", ["b", "a"]],
		["may have blank lines", "\n\r\n \t \na\n\nb\n\n", ["a", "b"]],
		["keeps the spaces around a name", " a \n\tb\t\n", [" a ", "\tb\t"]],
		["keeps a carriage return inside a name, and one of two at its end", "a\rb\nc\r\r\n", ["a\rb", "c\r"]],
		["keeps bytes that are not UTF-8", bytes("Linux \xef\n"), ["Linux \udcef"]],
		["may have one name that is JSON by chance", "7", ["7"]],
		["may have names that start with a bracket", "[Linux] a\n[Linux] b\n", ["[Linux] a", "[Linux] b"]],
		["may have names that contain JSON", 'Linux {"a": 1}\n["a"]\n', ['Linux {"a": 1}', '["a"]']],
	])("%s", (_what, content, expected) => {
		write(content);
		expect(read()).toEqual(names(...expected));
	});

	it.each<[string, string | Uint8Array, string]>([
		["is empty", "", "names: the file contains no builder name; write one per line"],
		["is blank", "\n \r\n", "names: the file contains no builder name; write one per line"],
		["contains a zero byte", "a\0b", "names: expected UTF-8 text but found binary data or UTF-16"],
		["is UTF-16", Buffer.from("a\n", "utf16le"), "names: expected UTF-8 text but found binary data or UTF-16"],
		["is a JSON list", '\r\n\t ["a",\n"b"]\n', "names: expected one builder name per line but found a JSON list"],
		[
			"is a JSON list with a duplicate key",
			'[{"a": 1, "a": 2}]',
			"names: expected one builder name per line but found a JSON list",
		],
		["is an empty JSON list", "[]", "names: expected one builder name per line but found a JSON list"],
	])("is rejected if it %s", (_what, content, expected) => {
		write(content);
		expect(read()).toEqual(invalid(expected));
	});
});

describe("a report", () => {
	const report = (rest: string, builders = "") => `{\n"version": 1,\n"pending": {\n"builders": [${builders}]}${rest}}`;

	it.each<[string, string]>([
		[
			"gives the names of its pending builders, each once",
			report("", '{"builder": "b"},{"builder": "a"},{"builder": "b"}'),
		],
		["may start with a byte order mark", `\uFEFF${report("", '{"builder": "b"},{"builder": "a"}')}`],
		["may start with blanks", `\r\n\t ${report("", '{"builder": "b"},{"builder": "a"}')}`],
		["may have keys of a later version", report(', "new": 1', '{"builder": "b", "new": 1},{"builder": "a"}')],
		[
			"gives the names that it has, even of a run without the lock",
			report(', "lockedBy": "x"', '{"builder": "b"},{"builder": "a"}'),
		],
	])("%s", (_what, content) => {
		write(content);
		expect(read()).toEqual(names("b", "a"));
	});

	const notRequested =
		"names:4:1: the report lists no builders, because no request was pending; use the report of another run";
	const notRead =
		"names:4:1: the report lists no builders, because its run did not read the database; use the report of another run";

	it.each([
		["because nothing was pending", "", notRequested],
		["because nothing was pending, and says that it had the lock", ', "lockedBy": null', notRequested],
		["because nothing was pending, and nothing failed", ', "failures": []', notRequested],
		["because nothing was pending, and a region failed", ', "failures": [{"stage": "fleet"}]', notRequested],
		["because another run had the lock", ', "lockedBy": "run 1"', notRead],
		["because the database failed", ', "failures": [{"stage": "fleet"}, {"stage": "pending"}]', notRead],
	])("is rejected if it lists no builders %s", (_what, rest, expected) => {
		write(report(rest));
		expect(read()).toEqual(invalid(expected));
	});

	const isNone = "the file is not a report of this action:";
	const mustBe = 'the file starts with "{", so it must be a JSON report of this action:';

	it.each<[string, string | Uint8Array, readonly string[]]>([
		["is not UTF-8", bytes(report("", '{"builder": "\xef"}')), ["names: the report is not UTF-8 text"]],
		[
			"is cut off",
			'{\n"version": 1',
			[`names:2:13: ${mustBe} invalid JSON: unexpected end of file, expected "," or "}"`],
		],
		[
			"repeats a key",
			report(',\n"version": 1', '{"builder": "a"}'),
			[`names:5:1: ${mustBe} duplicate key "version" (lines 2 and 5)`],
		],
		[
			"is another map",
			"{}",
			[`names:1:1: ${isNone} missing key "version"`, `names:1:1: ${isNone} missing key "pending"`],
		],
		[
			"has another version",
			report("", '{"builder": "a"}').replace("1", "2"),
			[`names:2:1: ${isNone} "version" must be 1, the version of a report that this version reads (found 2)`],
		],
		[
			"has a lock that is not text",
			report(', "lockedBy": 7'),
			[`names:4:18: ${isNone} "lockedBy" must be text or null (found 7)`],
		],
		[
			"has no map of what is pending",
			'{"version": 1, "pending": 7}',
			[`names:1:16: ${isNone} "pending" must be a map (found 7)`],
		],
		[
			"lacks its builders",
			'{"version": 1, "pending": {}}',
			[`names:1:16: ${isNone} missing key "builders" in "pending"`],
		],
		[
			"has no list of builders",
			'{"version": 1, "pending": {"builders": 7}}',
			[`names:1:28: ${isNone} "pending.builders" must be a list of pending builders (found 7)`],
		],
		[
			"has a builder that is not a map",
			report("", '"a"'),
			[`names:4:14: ${isNone} "pending.builders[0]" must be a map (found "a")`],
		],
		[
			"has a builder without a name",
			report("", "{}"),
			[`names:4:14: ${isNone} missing key "builder" in "pending.builders[0]"`],
		],
		[
			"has a name that is not text",
			report("", '{"builder": 7}'),
			[`names:4:15: ${isNone} "pending.builders[0].builder" must be text (found 7)`],
		],
		[
			"has no list of failures",
			report(', "failures": 7'),
			[`names:4:18: ${isNone} "failures" must be a list of failures (found 7)`],
		],
		[
			"has a failure that is not a map",
			report(', "failures": [7]'),
			[`names:4:31: ${isNone} "failures[0]" must be a map (found 7)`],
		],
		[
			"has a failure without a stage",
			report(', "failures": [{}]'),
			[`names:4:31: ${isNone} missing key "stage" in "failures[0]"`],
		],
		[
			"has a failure whose stage is not text",
			report(', "failures": [{"stage": 7}]'),
			[`names:4:32: ${isNone} "failures[0].stage" must be text (found 7)`],
		],
	])("is rejected if it %s", (_what, content, expected) => {
		write(content);
		expect(read()).toEqual(invalid(...expected));
	});
});

describe("a file that can't be read is reported by the path that the input has:", () => {
	it("it does not exist", () => {
		expect(read("lists/names")).toEqual(invalid("lists/names: the file does not exist"));
	});

	it("it is a symbolic link out of its folder", () => {
		write("a");
		mkdirSync(join(workspace, "lists"));
		symlinkSync("../names", join(workspace, "lists/names"));
		expect(read("lists/names")).toEqual(
			invalid("lists/names: the file is a symbolic link out of its folder; put the file itself there"),
		);
	});

	it("it is larger than 16 MiB", () => {
		write("a");
		truncateSync(join(workspace, "names"), 16_777_217);
		expect(read()).toEqual(invalid("names: the file has 16777217 bytes; the maximum is 16777216"));
	});
});
