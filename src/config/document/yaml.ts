/** YAML 1.2 into nodes: aliases and merge keys resolved within bounds, tags of its own and second documents refused. */

import { type Document, isAlias, isMap, isScalar, isSeq, type ParsedNode, parseDocument, type YAMLMap } from "yaml";
import { errorMessage } from "../../errors.ts";
import { locationsOf } from "./lines.ts";
import { type Entry, EntryCollector, type Location, type Node, type Parsed, type Problem } from "./node.ts";
import { cut, quote } from "./text.ts";

/** Aliases multiply: a few lines of them can stand for billions of values. */
const MOST_NODES = 100_000;
const DEEPEST = 100;

class YamlError extends Error {
	readonly offset: number;

	constructor(offset: number, message: string) {
		super(message);
		this.offset = offset;
	}
}

/** The tree of a YAML text. */
export function parseYaml(text: string): Parsed {
	const locationOf = locationsOf(text);
	let document: Document.Parsed;
	try {
		document = parseDocument(text, {
			// A `%YAML 1.1` directive must not make `yes` true and dates of text.
			schema: "core",
			resolveKnownTags: false,
			uniqueKeys: false,
			prettyErrors: false,
			stringKeys: false,
		});
	} catch (error) {
		const message = `not valid YAML: ${cut(errorMessage(error))}`;
		return { kind: "unreadable", diagnostics: [{ location: locationOf(0), message }] };
	}
	// A tag that is not known is only a warning to the parser, which then goes on with the bare value.
	const problems = [...document.errors, ...document.warnings];
	if (problems.length > 0) {
		const diagnostics = problems.map((problem) => ({
			location: locationOf(problem.pos[0]),
			message: describeProblem(problem.code, problem.message),
		}));
		return { kind: "unreadable", diagnostics };
	}
	if (document.contents === null || (isScalar(document.contents) && document.contents.value === null)) {
		return { kind: "unreadable", diagnostics: [{ location: locationOf(0), message: "the file is empty" }] };
	}
	const converter = new Converter(document, locationOf);
	try {
		const root = converter.convert(document.contents, []);
		return { kind: "tree", root, diagnostics: converter.diagnostics };
	} catch (error) {
		if (error instanceof YamlError) {
			const problem = { location: locationOf(error.offset), message: error.message };
			return { kind: "unreadable", diagnostics: [...converter.diagnostics, problem] };
		}
		throw error;
	}
}

function describeProblem(code: string, message: string): string {
	switch (code) {
		case "MULTIPLE_DOCS":
			return "the file must hold one YAML document, and a second one begins here";
		case "TAG_RESOLVE_FAILED":
			return `YAML tags are not supported: ${cut(message)}`;
		case "TAB_AS_INDENT":
			return "not valid YAML: lines are indented with blanks, not with tabs";
		default:
			return `not valid YAML: ${cut(message)}`;
	}
}

class Converter {
	readonly diagnostics: Problem[] = [];
	readonly #document: Document.Parsed;
	readonly #locationOf: (offset: number) => Location;
	#count = 0;

	constructor(document: Document.Parsed, locationOf: (offset: number) => Location) {
		this.#document = document;
		this.#locationOf = locationOf;
	}

	/** `inside` holds the collections around `node`. */
	convert(node: ParsedNode | null, inside: readonly ParsedNode[], offset = 0): Node {
		if (node === null) {
			return { kind: "scalar", location: this.#locationOf(offset), value: null, text: "" };
		}
		const [start] = node.range;
		if (++this.#count > MOST_NODES) {
			throw new YamlError(start, `aliases make this file more than ${MOST_NODES} values large`);
		}
		if (inside.length > DEEPEST) {
			throw new YamlError(start, `values are nested more than ${DEEPEST} deep`);
		}
		const location = this.#locationOf(start);
		if (isAlias(node)) {
			const target = this.#target(node, inside);
			return { ...this.convert(target, inside), location };
		}
		if (isMap(node)) {
			return { kind: "map", location, entries: this.#entries(node, inside) };
		}
		if (isSeq(node)) {
			const items = node.items.map((item) => this.convert(item, [...inside, node], start));
			return { kind: "list", location, items };
		}
		const { value, source } = node;
		if (value === null || typeof value === "string" || typeof value === "number" || typeof value === "boolean") {
			return { kind: "scalar", location, value, text: typeof value === "string" ? value : (source ?? String(value)) };
		}
		throw new YamlError(start, `${quote(source ?? String(value))} is not a value that can be used here`);
	}

	#target(node: ParsedNode, inside: readonly ParsedNode[]): ParsedNode {
		const [start] = node.range;
		const target = isAlias(node) ? node.resolve(this.#document) : undefined;
		if (!isParsed(target)) {
			throw new YamlError(start, "this alias names no anchor");
		}
		if (inside.includes(target)) {
			throw new YamlError(start, "this alias stands inside what it refers to");
		}
		return target;
	}

	#entries(map: YAMLMap.Parsed, inside: readonly ParsedNode[]): Entry[] {
		const own = new EntryCollector();
		const merged = new Map<Entry, readonly Entry[]>();
		for (const { key, value } of map.items) {
			if (!isScalar(key) || typeof key.value !== "string") {
				const offset = key?.range[0] ?? map.range[0];
				const shown = isScalar(key)
					? `${quote(key.source ?? String(key.value))} is not: put it in quotes`
					: "this one is not";
				this.diagnostics.push({ location: this.#locationOf(offset), message: `keys must be text, and ${shown}` });
				continue;
			}
			const [start] = key.range;
			const entry = {
				key: key.value,
				location: this.#locationOf(start),
				value: this.convert(value, [...inside, map], start),
			};
			const added = own.add(entry);
			if (added.kind === "rejected") {
				this.diagnostics.push({ location: entry.location, message: added.message });
			} else if (key.type === "PLAIN" && key.value === "<<") {
				merged.set(entry, this.#merged(entry));
			}
		}
		return spread(own.entries, merged);
	}

	/** What a merge key brings in: the entries of one map, or of a list of maps of which the earlier wins. */
	#merged(entry: Entry): readonly Entry[] {
		const maps = entry.value.kind === "list" ? entry.value.items : [entry.value];
		const found = new Map<string, Entry>();
		for (const map of maps) {
			if (map.kind !== "map") {
				this.diagnostics.push({ location: map.location, message: "a merge key (<<) takes a map or a list of maps" });
				return [];
			}
			for (const one of map.entries) {
				if (!found.has(one.key)) {
					found.set(one.key, one);
				}
			}
		}
		return [...found.values()];
	}
}

/** The entries with what is merged standing where its merge key stands; what the map says itself wins. */
function spread(entries: readonly Entry[], merged: ReadonlyMap<Entry, readonly Entry[]>): Entry[] {
	const own = new Set(entries.map((entry) => entry.key));
	return entries.flatMap((entry) => merged.get(entry)?.filter((one) => !own.has(one.key)) ?? [entry]);
}

function isParsed(node: unknown): node is ParsedNode {
	return (isMap(node) || isSeq(node) || isScalar(node)) && Array.isArray(node.range);
}
