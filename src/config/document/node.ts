/** A file as a tree of values, each of which knows its place. JSON and YAML give the same tree. */

import { quote } from "./text.ts";

/** Where in a file; both 1-based. */
export interface Place {
	readonly line: number;
	readonly column: number;
}

export interface ScalarNode {
	readonly kind: "scalar";
	readonly place: Place;
	readonly value: string | number | boolean | null;
	/** The scalar as written, so that `007` or `1.0` can be taken as text without a change. */
	readonly text: string;
}

export interface ListNode {
	readonly kind: "list";
	readonly place: Place;
	readonly items: readonly Node[];
}

/** One key of a map and its value; `place` is the key's. */
export interface Entry {
	readonly key: string;
	readonly place: Place;
	readonly value: Node;
}

/** Entries are in file order, and no key occurs twice. */
export interface MapNode {
	readonly kind: "map";
	readonly place: Place;
	readonly entries: readonly Entry[];
}

export type Node = ScalarNode | ListNode | MapNode;

/** What a parser found. `root` is null where the text cannot be read at all; `faults` then says why. */
export interface Parsed {
	readonly root: Node | null;
	readonly faults: readonly { readonly place: Place; readonly message: string }[];
}

/** Collects a map's entries; a key that is given twice, or that JavaScript keeps for itself, becomes a fault. */
export class EntryCollector {
	readonly entries: Entry[] = [];
	readonly #first = new Map<string, Place>();

	/** Takes the entry, or says why not. */
	add(entry: Entry): string | null {
		const earlier = this.#first.get(entry.key);
		if (earlier !== undefined) {
			return `the key ${quote(entry.key)} is given twice: in line ${earlier.line} and in line ${entry.place.line}`;
		}
		this.#first.set(entry.key, entry.place);
		// Plain objects lose this key, so that it would vanish between here and the schema.
		if (entry.key === "__proto__") {
			return 'the key "__proto__" cannot be used';
		}
		this.entries.push(entry);
		return null;
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

/** What `path` leads to, with the place of the key that it ends in; undefined where the file has no such value. */
export function find(root: Node, path: readonly PropertyKey[]): { node: Node; keyPlace: Place } | undefined {
	let node = root;
	let keyPlace = root.place;
	for (const step of path) {
		if (node.kind === "list" && typeof step === "number") {
			const item = node.items[step];
			if (item === undefined) {
				return undefined;
			}
			node = item;
			keyPlace = item.place;
		} else {
			const entry = entryOf(node, String(step));
			if (entry === undefined) {
				return undefined;
			}
			node = entry.value;
			keyPlace = entry.place;
		}
	}
	return { node, keyPlace };
}

/** The plain data of a tree. Maps have no prototype, so that no key finds anything but what the file says. */
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

/** An object without prototype: a type called `constructor` finds nothing that the configuration did not put there. */
export function record<T>(entries: Iterable<readonly [string, T]>): Record<string, T> {
	const made: Record<string, T> = Object.create(null);
	for (const [key, value] of entries) {
		made[key] = value;
	}
	return made;
}
