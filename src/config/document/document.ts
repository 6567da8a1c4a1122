/** A configuration file: its data, and the location of every key. */

import { dirname } from "node:path";
import { type Diagnostic, diagnostic } from "../../errors.ts";
import { parseJson } from "./json.ts";
import { type Entry, entriesOf, find, type MapNode, type Node, toData } from "./node.ts";
import { readTextFile } from "./text-file.ts";
import { parseYaml } from "./yaml.ts";

/** Keys and list indexes from the root of a file to a value. */
export type Path = readonly PropertyKey[];

/** A file that contains a map. */
export class Document {
	/** Path as the person wrote it. */
	readonly file: string;
	readonly #root: MapNode;

	constructor(file: string, root: MapNode) {
		this.file = file;
		this.#root = root;
	}

	/** A diagnostic at the key that `path` leads to or, if the file lacks it, at the nearest parent that exists. */
	at(path: Path, message: string): Diagnostic {
		const found = find(this.#root, path);
		if (found === undefined) return this.at(path.slice(0, -1), message);
		return { file: this.file, ...found.keyLocation, message };
	}

	/** The value at `path`, if the file has one. */
	find(path: Path): Node | undefined {
		return find(this.#root, path)?.node;
	}

	/** Entries of the map at `path`, in file order; none if there is no map. */
	entries(path: Path): readonly Entry[] {
		return entriesOf(this.find(path));
	}

	/** The plain data of the value at `path`. */
	data(path: Path = []): unknown {
		const node = this.find(path);
		return node === undefined ? undefined : toData(node);
	}
}

/** What reading a file gave. A document can have diagnostics too, such as duplicate keys. */
export type ReadDocument =
	| { readonly kind: "document"; readonly document: Document; readonly diagnostics: readonly Diagnostic[] }
	| { readonly kind: "unreadable"; readonly diagnostics: readonly Diagnostic[] };

/** Maximum size of a YAML file in bytes: its parser takes seconds for one of a megabyte, and longer if it is invalid. */
const MAX_YAML_BYTES = 256 * 1024;

/**
 * Reads a file: YAML if its name ends in `.yml` or `.yaml`, else strict JSON.
 * @param file path as the person wrote it
 */
export function readDocument(absolutePath: string, file: string): ReadDocument {
	const read = readTextFile(absolutePath, { folder: dirname(absolutePath) });
	if (read.kind === "unreadable") return { kind: "unreadable", diagnostics: [diagnostic(read.message, file)] };
	const isYaml = /\.ya?ml$/i.test(file);
	const bytes = Buffer.byteLength(read.text);
	if (isYaml && bytes > MAX_YAML_BYTES) {
		const message = `the file has ${bytes} bytes; the maximum for YAML is ${MAX_YAML_BYTES}. Write it as JSON, which may be four times as long`;
		return { kind: "unreadable", diagnostics: [diagnostic(message, file)] };
	}
	const parsed = isYaml ? parseYaml(read.text) : parseJson(read.text);
	const diagnostics = parsed.diagnostics.map(({ location, message }) => ({ file, ...location, message }));
	if (parsed.kind === "unreadable") return { kind: "unreadable", diagnostics };
	const { root } = parsed;
	if (root.kind !== "map") {
		const noMap = { file, ...root.location, message: "the file must contain a map" };
		return { kind: "unreadable", diagnostics: [...diagnostics, noMap] };
	}
	return { kind: "document", document: new Document(file, root), diagnostics };
}
