/** A file as a tree of values with their locations. JSON and YAML give the same tree. */

import { quote } from "./text.ts";

/** A position in a file; both numbers are 1-based. */
export interface Location {
	readonly line: number;
	readonly column: number;
}

export interface ScalarNode {
	readonly kind: "scalar";
	readonly location: Location;
	readonly value: string | number | boolean | null;
	/** The scalar as written, so that `007` and `1.0` stay as they are if used as text. */
	readonly text: string;
}

export interface ListNode {
	readonly kind: "list";
	readonly location: Location;
	readonly items: readonly Node[];
}

/** One key of a map and its value; `location` is the key's. */
export interface Entry {
	readonly key: string;
	readonly location: Location;
	readonly value: Node;
}

/** Entries are in file order, and keys are unique. */
export interface MapNode {
	readonly kind: "map";
	readonly location: Location;
	readonly entries: readonly Entry[];
}

export type Node = ScalarNode | ListNode | MapNode;

/** A problem in a text. */
export interface Problem {
	readonly location: Location;
	readonly message: string;
}

/** What a parser found. A tree can have diagnostics too, such as duplicate keys. */
export type Parsed =
	| { readonly kind: "tree"; readonly root: Node; readonly diagnostics: readonly Problem[] }
	| { readonly kind: "unreadable"; readonly diagnostics: readonly Problem[] };

/** Collects a map's entries. Rejects duplicate keys, and the key that JavaScript reserves. */
export class EntryCollector {
	readonly entries: Entry[] = [];
	readonly #first = new Map<string, Location>();

	add(entry: Entry): { readonly kind: "added" } | { readonly kind: "rejected"; readonly message: string } {
		const earlier = this.#first.get(entry.key);
		if (earlier !== undefined) {
			const message = `duplicate key ${quote(entry.key)} (lines ${earlier.line} and ${entry.location.line})`;
			return { kind: "rejected", message };
		}
		this.#first.set(entry.key, entry.location);
		// Plain objects drop this key, so it would vanish before the schema sees it.
		if (entry.key === "__proto__") {
			return { kind: "rejected", message: 'the key "__proto__" is reserved; use another name' };
		}
		this.entries.push(entry);
		return { kind: "added" };
	}
}

/** The entry of `key`, if `node` is a map that has it. */
export function entryOf(node: Node | null | undefined, key: string): Entry | undefined {
	return node?.kind === "map" ? node.entries.find((entry) => entry.key === key) : undefined;
}

/** The entries of `node`; none if it is not a map. */
export function entriesOf(node: Node | null | undefined): readonly Entry[] {
	return node?.kind === "map" ? node.entries : [];
}

/** The value at `path` and the location of its key; undefined if the file has no such value. */
export function find(root: Node, path: readonly PropertyKey[]): { node: Node; keyLocation: Location } | undefined {
	let node = root;
	let keyLocation = root.location;
	for (const step of path) {
		if (node.kind === "list" && typeof step === "number") {
			const item = node.items[step];
			if (item === undefined) {
				return undefined;
			}
			node = item;
			keyLocation = item.location;
		} else {
			const entry = entryOf(node, String(step));
			if (entry === undefined) {
				return undefined;
			}
			node = entry.value;
			keyLocation = entry.location;
		}
	}
	return { node, keyLocation };
}

/** The plain data of a tree. Maps have no prototype, so a lookup finds only what the file contains. */
export function toData(node: Node): unknown {
	switch (node.kind) {
		case "scalar":
			return node.value;
		case "list":
			return node.items.map(toData);
		case "map":
			return record(node.entries.map((entry) => [entry.key, toData(entry.value)]));
	}
}

/** An object without prototype, in which `constructor` is a key like any other. */
function record<T>(entries: Iterable<readonly [string, T]>): Record<string, T> {
	const made: Record<string, T> = Object.create(null);
	for (const [key, value] of entries) {
		made[key] = value;
	}
	return made;
}
