import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Document, readDocument } from "../../../src/config/document/document.ts";
import { parseJson } from "../../../src/config/document/json.ts";
import { toData } from "../../../src/config/document/node.ts";
import { parseYaml } from "../../../src/config/document/yaml.ts";
import { formatDiagnostic } from "../../../src/errors.ts";

let folder: string;
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "aws-watch-pending-document-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

function read(file: string, text: string) {
	writeFileSync(join(folder, file), text);
	return readDocument(join(folder, file), file);
}
function documentOf(file: string, text: string): Document {
	const result = read(file, text);
	if (result.kind !== "document") throw new Error(result.diagnostics.map(formatDiagnostic).join("\n"));
	return result.document;
}
const messagesOf = (file: string, text: string) => read(file, text).diagnostics.map(formatDiagnostic);

describe("a document locates", () => {
	const json = '{\n\t"spot": {\n\t\t"rules": { "bld": [1,\n\t\t\t{ "bid": 2 }] }\n\t}\n}';
	const yaml = "spot:\n  rules:\n    bld: [1,\n      { bid: 2 }]\n";
	it.each([
		["a key", ["spot", "rules"], "3:3", "2:3"],
		["an item of a list", ["spot", "rules", "bld", 1], "4:4", "4:7"],
		["a key in an item of a list", ["spot", "rules", "bld", 1, "bid"], "4:6", "4:9"],
		["a missing key at its parent", ["spot", "rules", "bld", 1, "price"], "4:4", "4:7"],
		["a missing item at the list's key", ["spot", "rules", "bld", 2], "3:14", "3:5"],
		["a missing path at the nearest parent that exists", ["spot", "limits", "us-east-1", "bld"], "2:2", "1:1"],
		["a missing top-level key at the root", ["roles"], "1:1", "1:1"],
	])("%s", (_what, path, inJson, inYaml) => {
		expect(formatDiagnostic(documentOf("a.json", json).at(path, "m"))).toBe(`a.json:${inJson}: m`);
		expect(formatDiagnostic(documentOf("a.yml", yaml).at(path, "m"))).toBe(`a.yml:${inYaml}: m`);
	});

	it("a merged YAML key where it is written", () => {
		const merged = documentOf("a.yml", "a: &x\n  b: 1\nc:\n  <<: *x\n  d: 2\n");
		expect(merged.data(["c"])).toEqual({ b: 1, d: 2 });
		expect(merged.at(["c", "b"], "m")).toMatchObject({ line: 2, column: 3 });
	});
});

describe("JSON reports", () => {
	it.each([
		['{"a": 1,}', '1:8: invalid JSON: trailing comma before "}"'],
		['{"a": [1,]}', '1:9: invalid JSON: trailing comma before "]"'],
		['{"a": 1', '1:8: invalid JSON: unexpected end of file, expected "," or "}"'],
		['{"a" 1}', '1:6: invalid JSON: expected ":" after the key "a" but found "1"'],
		["{a: 1}", '1:2: invalid JSON: expected a key in double quotes but found "a"'],
		['{"a": b}', '1:7: invalid JSON: "b" is not a JSON value; put text in double quotes'],
		['{"a": "b\n}', "1:7: invalid JSON: unclosed string; add a double quote on the same line"],
		['{"a": "\\q"}', '1:8: invalid JSON: "\\\\q" is not a JSON escape; write \\\\ for a backslash'],
		['{"a": "b', "1:7: invalid JSON: unclosed string; add a double quote on the same line"],
		['{"a": "b\rc"}', "1:7: invalid JSON: unclosed string; add a double quote on the same line"],
		['{\n"a\tb": 1}', "2:3: invalid JSON: a control character in a string must be escaped, for example as \\t"],
		['{"a": "b c\\q\\n"}', '1:11: invalid JSON: "\\\\q" is not a JSON escape; write \\\\ for a backslash'],
		['{"a": "\\n\\q"}', '1:10: invalid JSON: "\\\\q" is not a JSON escape; write \\\\ for a backslash'],
		['{"a": "\\u00e9\\u12"}', '1:14: invalid JSON: "\\\\u" is not a JSON escape; write \\\\ for a backslash'],
		['{"a": 01}', '1:7: invalid JSON: expected a value but found "01"'],
		['{"a": 1.}', '1:7: invalid JSON: expected a value but found "1."'],
		['{"a": @b}', '1:7: invalid JSON: expected a value but found "@"'],
		['{"a": 😀}', '1:7: invalid JSON: expected a value but found "😀"'],
		['{"a" 12}', '1:6: invalid JSON: expected ":" after the key "a" but found "12"'],
		['{"a": 1 2, "b": "#"}', '1:9: invalid JSON: expected "," or "}" but found "2"'],
		['{"a": 1} 2', '1:10: invalid JSON: expected the end of the file but found "2"'],
		['{"a": 1} // b', "1:10: invalid JSON: comments are not allowed in JSON; remove this one"],
		["", "1:1: invalid JSON: the file is empty"],
		[" \n", "1:1: invalid JSON: the file is empty"],
		["[]", "1:1: the file must contain a map"],
		['{\n"a": 1,\n"a": 2}', '3:1: duplicate key "a" (lines 2 and 3)'],
		['{"__proto__": 1}', '1:2: the key "__proto__" is reserved; use another name'],
	])("%j", (text, expected) => {
		expect(messagesOf("a.json", text)).toEqual([`a.json:${expected}`]);
	});
});

describe("YAML reports", () => {
	it.each([
		["a: 1\na: 2\n", '2:1: duplicate key "a" (lines 1 and 2)'],
		["1: a\n", '1:1: keys must be text; put "1" in quotes'],
		["0x10: a\n", '1:1: keys must be text; put "0x10" in quotes'],
		["? [a]\n: b\n", "1:3: keys must be text, not a list or map"],
		["a: &a b\n*a : 1\n", "2:1: keys must be text, not an alias"],
		["a: 1\n: 2\n", "2:1: keys must be text; write one before the colon"],
		["a: *b\n", "1:4: this alias refers to an unknown anchor"],
		["a: &a [*a]\n", "1:8: this alias refers to a value that contains it"],
		["a: &a { b: *a }\n", "1:12: this alias refers to a value that contains it"],
		["<<: 1\n", "1:5: a merge key (<<) requires a map or a list of maps"],
		["<<: [{ a: 1 }, 2]\n", "1:16: a merge key (<<) requires a map or a list of maps"],
		["a: !x 1\n", "1:4: YAML tags are not supported: Unresolved tag: !x"],
		["a: !!binary aGk=\n", "1:4: YAML tags are not supported: Unresolved tag: tag:yaml.org,2002:binary"],
		["a:\n\tb: 1\n", "2:1: invalid YAML: indent lines with spaces, not tabs"],
		["a: @b\n", "1:4: invalid YAML: Plain value cannot start with reserved character @"],
		["a: 1\n---\nb: 2\n", "2:1: the file must contain one YAML document, but a second one starts here"],
		["", "1:1: the file is empty"],
		["~\n", "1:1: the file is empty"],
		["5\n", "1:1: the file must contain a map"],
	])("%j", (text, expected) => {
		expect(messagesOf("a.yml", text)).toEqual([`a.yml:${expected}`]);
	});

	it.each(["[", "{a: ", "- ", "? "])("%j repeated until the parser runs out of stack, once", (open) => {
		expect(messagesOf("a.yml", open.repeat(20_000))).toEqual([
			expect.stringMatching(/^a\.yml:1:\d+: values are nested more than 100 levels deep$/),
		]);
	});

	it("aliases that expand to too many values", () => {
		const levels = Array.from({ length: 9 }, (_, n) => `a${n + 1}: &a${n + 1} [${Array(9).fill(`*a${n}`)}]`);
		expect(messagesOf("a.yml", `a0: &a0 [x]\n${levels.join("\n")}\n`)).toEqual([
			expect.stringMatching(
				/^a\.yml:\d+:\d+: the file has more than 100000 values, counting those that aliases repeat$/,
			),
		]);
	});
});

describe("values of YAML", () => {
	it.each([
		["007", 7, "007"],
		["1.0", 1, "1.0"],
		["'007'", "007", "007"],
		["true", true, "true"],
		["~", null, "~"],
		["", null, ""],
	])("%j is also kept as written", (written, value, text) => {
		expect(documentOf("a.yml", `a: ${written}\n`).find(["a"])).toMatchObject({ kind: "scalar", value, text });
	});

	it("a key without a value has an empty one, at the key", () => {
		expect(documentOf("a.yml", "{ a }\n").find(["a"])).toEqual({
			kind: "scalar",
			location: { line: 1, column: 3 },
			value: null,
			text: "",
		});
	});

	it("a YAML 1.1 directive does not change what a value means", () => {
		expect(documentOf("a.yml", "%YAML 1.1\n---\na: yes\nb: 2001-01-01\n").data()).toEqual({
			a: "yes",
			b: "2001-01-01",
		});
	});
});

describe("a merge key in YAML", () => {
	it.each([
		["takes the first of several maps that has a key", "<<: [{ a: 1, b: 1 }, { b: 2, c: 2 }]\n", { a: 1, b: 1, c: 2 }],
		["leaves keys of the map after it as they are", "<<: { b: 1, c: 2 }\nb: 3\n", { c: 2, b: 3 }],
		["leaves keys of the map before it as they are", "b: 3\n<<: { b: 1, c: 2 }\n", { b: 3, c: 2 }],
		["adds nothing if it has no map", "a: 1\n<<: [{ b: 1 }, 2]\n", { a: 1 }],
		["is an ordinary key in quotes", '"<<": { b: 1 }\n', { "<<": { b: 1 } }],
	])("%s", (_what, text, expected) => {
		const entries = documentOf("a.yml", text).entries([]);
		expect(entries.map(({ key, value }) => [key, toData(value)])).toEqual(Object.entries(expected));
	});
});

describe("aliases in YAML", () => {
	it("refer to the latest anchor before them, also inside of what another alias repeats", () => {
		const text = "a: &x 1\nb: &y [*x]\nc: &x 2\nd: *y\ne: *x\n&k f: *k\n";
		expect(documentOf("a.yml", text).data()).toEqual({ a: 1, b: [1], c: 2, d: [1], e: 2, f: "f" });
	});

	it("can expand the file to exactly 100000 values", () => {
		// The list, 249 values, and 399 times an alias with them.
		const text = `- &a [${Array(248).fill("x")}]\n${"- *a\n".repeat(399)}`;
		expect(parseYaml(text).diagnostics).toEqual([]);
		expect(parseYaml(`${text}- x\n`).diagnostics).toEqual([
			{
				location: { line: 401, column: 3 },
				message: "the file has more than 100000 values, counting those that aliases repeat",
			},
		]);
	});

	// With a search of the whole text for each, this takes longer than a test may.
	it("can be many", () => {
		const text = `a: &a 1\n${Array.from({ length: 22_000 }, (_, index) => `k${index}: *a`).join("\n")}\n`;
		expect(messagesOf("a.yml", text)).toEqual([]);
	});
});

it.each([parseJson, parseYaml])("$name gives a tree of values with their locations", (parse) => {
	const scalar = (column: number, value: string | number | null, text: string) => ({
		kind: "scalar",
		location: { line: 2, column },
		value,
		text,
	});
	expect(parse(' {\n"a": [1, "b", null]}')).toEqual({
		kind: "tree",
		root: {
			kind: "map",
			location: { line: 1, column: 2 },
			entries: [
				{
					key: "a",
					location: { line: 2, column: 1 },
					value: {
						kind: "list",
						location: { line: 2, column: 6 },
						items: [scalar(7, 1, "1"), scalar(10, "b", "b"), scalar(15, null, "null")],
					},
				},
			],
		},
		diagnostics: [],
	});
});

describe.each([
	["a.json", "invalid JSON: "],
	["a.yml", ""],
])("%s", (file, prefix) => {
	it.each([
		["lists", "[", "]"],
		["maps", '{"a": ', "}"],
	])("has up to 100 levels of nested %s", (_what, open, close) => {
		const nested = (levels: number) => `{"a": ${open.repeat(levels - 1)}1${close.repeat(levels - 1)}}`;
		expect(messagesOf(file, nested(100))).toEqual([]);
		expect(messagesOf(file, nested(101))).toEqual([
			`${file}:1:${7 + 100 * open.length}: ${prefix}values are nested more than 100 levels deep`,
		]);
	});

	it("without a map is unreadable", () => {
		expect(read(file, "[1]").kind).toBe("unreadable");
	});
});

it.each([
	["a.yaml", "document"],
	["a.YML", "document"],
	["a.yml.json", "unreadable"],
	["yml", "unreadable"],
])("YAML in %s gives kind %s", (file, kind) => {
	expect(read(file, "a: 1\n").kind).toBe(kind);
});

it("a path that a document lacks has no data", () => {
	expect(documentOf("a.json", '{"a": 1}').data(["b"])).toBeUndefined();
});

it("a file that does not exist is reported without a line", () => {
	expect(readDocument(join(folder, "none"), "none").diagnostics.map(formatDiagnostic)).toEqual([
		"none: the file does not exist",
	]);
});
