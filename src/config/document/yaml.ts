/** YAML 1.2 into nodes. Aliases and merge keys are resolved within bounds; tags and second documents are rejected. */

import {
	type Alias,
	type Document,
	isAlias,
	isMap,
	isScalar,
	isSeq,
	type ParsedNode,
	parseDocument,
	type YAMLMap,
} from "yaml";
import { errorMessage } from "../../errors.ts";
import { locationsOf } from "./lines.ts";
import { type Entry, EntryCollector, type Location, type Node, type Parsed, type Problem } from "./node.ts";
import { cut, quote } from "./text.ts";

/** Aliases multiply: a few lines can expand to billions of values. */
const MAX_NODES = 100_000;
const MAX_DEPTH = 100;
const NESTED = `values are nested more than ${MAX_DEPTH} levels deep`;

class YamlError extends Error {
	readonly offset: number;

	constructor(offset: number, message: string) {
		super(message);
		this.offset = offset;
	}
}

/** Parses a YAML text. */
export function parseYaml(text: string): Parsed {
	const locationOf = locationsOf(text);
	let document: Document.Parsed;
	try {
		document = parseDocument(text, {
			// A `%YAML 1.1` directive must not turn `yes` into true or text into dates.
			schema: "core",
			resolveKnownTags: false,
			uniqueKeys: false,
			prettyErrors: false,
			stringKeys: false,
		});
	} catch (error) {
		const message = `invalid YAML: ${cut(errorMessage(error))}`;
		return { kind: "unreadable", diagnostics: [{ location: locationOf(0), message }] };
	}
	// For the parser, an unknown tag is only a warning, and it continues with the bare value.
	const problems = [...document.errors, ...document.warnings];
	const exhausted = problems.find(({ code }) => code === "RESOURCE_EXHAUSTION");
	if (problems.length > 0) {
		// The parser recurses. Once it has run out of stack, the rest of what it reports is wrong.
		const diagnostics = (exhausted === undefined ? problems : [exhausted]).map((problem) => ({
			location: locationOf(problem.pos[0]),
			message: describeProblem(problem.code, problem.message),
		}));
		return { kind: "unreadable", diagnostics };
	}
	if (document.contents === null || (isScalar(document.contents) && document.contents.value === null)) {
		return { kind: "unreadable", diagnostics: [{ location: locationOf(0), message: "the file is empty" }] };
	}
	const converter = new Converter(locationOf);
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
			return "the file must contain one YAML document, but a second one starts here";
		case "TAG_RESOLVE_FAILED":
			return `YAML tags are not supported: ${cut(message)}`;
		case "RESOURCE_EXHAUSTION":
			return NESTED;
		case "TAB_AS_INDENT":
			return "invalid YAML: indent lines with spaces, not tabs";
		default:
			return `invalid YAML: ${cut(message)}`;
	}
}

class Converter {
	readonly diagnostics: Problem[] = [];
	readonly #locationOf: (offset: number) => Location;
	/** The latest node with each anchor. */
	readonly #anchors = new Map<string, ParsedNode>();
	/** What each alias refers to. The parser's own search takes as long as the text, for each alias. */
	readonly #targets = new Map<Alias.Parsed, ParsedNode | undefined>();
	readonly #anchored = new Set<ParsedNode>();
	#count = 0;

	constructor(locationOf: (offset: number) => Location) {
		this.#locationOf = locationOf;
	}

	/** @param inside the collections that contain `node` */
	convert(node: ParsedNode | null, inside: readonly ParsedNode[], offset = 0): Node {
		if (node === null) {
			return { kind: "scalar", location: this.#locationOf(offset), value: null, text: "" };
		}
		const [start] = node.range;
		if (++this.#count > MAX_NODES) {
			throw new YamlError(start, `the file has more than ${MAX_NODES} values, counting those that aliases repeat`);
		}
		if (inside.length > MAX_DEPTH) {
			throw new YamlError(start, NESTED);
		}
		const location = this.#locationOf(start);
		if (isAlias(node)) {
			const target = this.#target(node, inside);
			return { ...this.convert(target, inside), location };
		}
		this.#anchor(node);
		if (isMap(node)) {
			return { kind: "map", location, entries: this.#entries(node, inside) };
		}
		if (isSeq(node)) {
			const items = node.items.map((item) => this.convert(item, [...inside, node], start));
			return { kind: "list", location, items };
		}
		const { value, source } = node;
		if (value === null || typeof value === "string" || typeof value === "number" || typeof value === "boolean") {
			return { kind: "scalar", location, value, text: source };
		}
		throw new YamlError(start, `${quote(source)} is not a supported value`);
	}

	/** An anchor counts from its place in the text on, and not again if an alias refers to what contains it. */
	#anchor(node: Exclude<ParsedNode, Alias.Parsed>): void {
		if (node.anchor === undefined || this.#anchored.has(node)) return;
		this.#anchored.add(node);
		this.#anchors.set(node.anchor, node);
	}

	#target(node: Alias.Parsed, inside: readonly ParsedNode[]): ParsedNode {
		const [start] = node.range;
		if (!this.#targets.has(node)) this.#targets.set(node, this.#anchors.get(node.source));
		const target = this.#targets.get(node);
		if (target === undefined) {
			throw new YamlError(start, "this alias refers to an unknown anchor");
		}
		if (inside.includes(target)) {
			throw new YamlError(start, "this alias refers to a value that contains it");
		}
		return target;
	}

	#entries(map: YAMLMap.Parsed, inside: readonly ParsedNode[]): Entry[] {
		const own = new EntryCollector();
		const merged = new Map<Entry, readonly Entry[]>();
		for (const { key, value } of map.items) {
			if (!isScalar(key) || typeof key.value !== "string") {
				this.diagnostics.push({
					location: this.#locationOf(key.range[0]),
					message: `keys must be text${remedyFor(key)}`,
				});
				continue;
			}
			this.#anchor(key);
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

	/** The entries that a merge key adds: those of one map, or of a list of maps in which earlier ones win. */
	#merged(entry: Entry): readonly Entry[] {
		const maps = entry.value.kind === "list" ? entry.value.items : [entry.value];
		const found = new Map<string, Entry>();
		for (const map of maps) {
			if (map.kind !== "map") {
				this.diagnostics.push({ location: map.location, message: "a merge key (<<) requires a map or a list of maps" });
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

function remedyFor(key: ParsedNode): string {
	if (isAlias(key)) return ", not an alias";
	if (!isScalar(key)) return ", not a list or map";
	return key.source === "" ? "; write one before the colon" : `; put ${quote(key.source)} in quotes`;
}

/** The entries, with those that are merged in place of their merge key. The map's own entries win. */
function spread(entries: readonly Entry[], merged: ReadonlyMap<Entry, readonly Entry[]>): Entry[] {
	const own = new Set(entries.map((entry) => entry.key));
	return entries.flatMap((entry) => merged.get(entry)?.filter((one) => !own.has(one.key)) ?? [entry]);
}
