import { expect, it } from "vitest";
import { parseJson } from "../../../src/config/document/json.ts";
import { EntryCollector, entriesOf, entryOf, find, type Node } from "../../../src/config/document/node.ts";

const START = { line: 1, column: 1 };
const SCALAR: Node = { kind: "scalar", location: START, value: 1, text: "1" };

function treeOf(text: string): Node {
	const parsed = parseJson(text);
	if (parsed.kind !== "tree") throw new Error(parsed.diagnostics.map(({ message }) => message).join("\n"));
	return parsed.root;
}

it("a key is collected once", () => {
	const collector = new EntryCollector();
	const first = { key: "a", location: START, value: SCALAR };
	expect(collector.add(first)).toEqual({ kind: "added" });
	expect(collector.add({ ...first, location: { line: 2, column: 1 } })).toEqual({
		kind: "rejected",
		message: 'duplicate key "a" (lines 1 and 2)',
	});
	expect(collector.entries).toEqual([first]);
});

it.each<[string, readonly PropertyKey[], unknown]>([
	["a number finds the item of a list", ["list", 0], 5],
	["a number finds the key of a map", ["map", 0], 6],
	["a text finds no item of a list", ["list", "0"], undefined],
	["a number finds nothing in a text", ["text", 0], undefined],
	["a key finds nothing in a text", ["text", "length"], undefined],
])("%s", (_what, path, expected) => {
	const found = find(treeOf('{"list": [5], "map": {"0": 6}, "text": "abc"}'), path)?.node;
	expect(found?.kind === "scalar" ? found.value : undefined).toBe(expected);
});

it.each([
	["undefined", undefined],
	["null", null],
	["a number", SCALAR],
	["a list", treeOf("[1]")],
])("%s has no entries", (_what, node) => {
	expect(entryOf(node, "a")).toBeUndefined();
	expect(entriesOf(node)).toEqual([]);
});
