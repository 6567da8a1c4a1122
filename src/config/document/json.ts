/**
 * Strict JSON (RFC 8259) into nodes. `JSON.parse` reports no locations of values, keeps only the last of duplicate keys,
 * moves keys that look like integers to the front, and reports no position for most of its errors. A YAML parser
 * accepts text that is not JSON.
 */

import { locationsOf } from "./lines.ts";
import {
	EntryCollector,
	type ListNode,
	type Location,
	type MapNode,
	type Node,
	type Parsed,
	type Problem,
	type ScalarNode,
} from "./node.ts";
import { quote } from "./text.ts";

/** Far more than any configuration needs, and far less than the stack allows. */
const MAX_DEPTH = 100;

const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?/y;
// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON forbids exactly these in a string
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const SPACE = /[ \t\n\r]*/y;
const WORD = /[A-Za-z_][A-Za-z_0-9]*/y;
const CONSTANTS: ReadonlyMap<string, boolean | null> = new Map([
	["true", true],
	["false", false],
	["null", null],
]);

class JsonError extends Error {
	readonly offset: number;

	constructor(offset: number, message: string) {
		super(message);
		this.offset = offset;
	}
}

/** Parses a JSON text. The first syntax error ends the parsing; duplicate keys do not. */
export function parseJson(text: string): Parsed {
	const parser = new Parser(text);
	try {
		return { kind: "tree", root: parser.document(), diagnostics: parser.diagnostics };
	} catch (error) {
		if (error instanceof JsonError) {
			const message = `invalid JSON: ${error.message}`;
			const problem = { location: parser.locationOf(error.offset), message };
			return { kind: "unreadable", diagnostics: [...parser.diagnostics, problem] };
		}
		throw error;
	}
}

class Parser {
	readonly diagnostics: Problem[] = [];
	readonly locationOf: (offset: number) => Location;
	readonly #text: string;
	#offset = 0;

	constructor(text: string) {
		this.#text = text;
		this.locationOf = locationsOf(text);
	}

	document(): Node {
		this.#skipSpace();
		if (this.#offset === this.#text.length) {
			throw new JsonError(0, "the file is empty");
		}
		const root = this.#value(0);
		this.#skipSpace();
		if (this.#offset < this.#text.length) {
			throw this.#unexpected("the end of the file");
		}
		return root;
	}

	#value(depth: number): Node {
		if (depth > MAX_DEPTH) {
			throw new JsonError(this.#offset, `values are nested more than ${MAX_DEPTH} levels deep`);
		}
		switch (this.#text[this.#offset]) {
			case "{":
				return this.#map(depth);
			case "[":
				return this.#list(depth);
			case '"': {
				const location = this.#location();
				const value = this.#string();
				return { kind: "scalar", location, value, text: value };
			}
			default:
				return this.#numberOrConstant();
		}
	}

	#map(depth: number): MapNode {
		const location = this.#location();
		const collector = new EntryCollector();
		this.#separated("}", () => {
			if (this.#text[this.#offset] !== '"') {
				throw this.#unexpected("a key in double quotes");
			}
			const keyLocation = this.#location();
			const key = this.#string();
			this.#skipSpace();
			if (this.#text[this.#offset] !== ":") {
				throw this.#unexpected(`":" after the key ${quote(key)}`);
			}
			this.#offset++;
			this.#skipSpace();
			const added = collector.add({ key, location: keyLocation, value: this.#value(depth + 1) });
			if (added.kind === "rejected") {
				this.diagnostics.push({ location: keyLocation, message: added.message });
			}
		});
		return { kind: "map", location, entries: collector.entries };
	}

	#list(depth: number): ListNode {
		const location = this.#location();
		const items: Node[] = [];
		this.#separated("]", () => {
			items.push(this.#value(depth + 1));
		});
		return { kind: "list", location, items };
	}

	/** Reads the items between brackets, which commas separate. */
	#separated(end: "}" | "]", readOne: () => void): void {
		this.#offset++;
		this.#skipSpace();
		if (this.#text[this.#offset] === end) {
			this.#offset++;
			return;
		}
		for (;;) {
			readOne();
			this.#skipSpace();
			const separator = this.#text[this.#offset];
			if (separator === end) {
				this.#offset++;
				return;
			}
			if (separator !== ",") {
				throw this.#unexpected(`"," or "${end}"`);
			}
			const comma = this.#offset++;
			this.#skipSpace();
			if (this.#text[this.#offset] === end) {
				throw new JsonError(comma, `trailing comma before "${end}"`);
			}
		}
	}

	#string(): string {
		const token = this.#match(STRING);
		if (token === null) {
			throw this.#badString();
		}
		const value: unknown = JSON.parse(token);
		return String(value);
	}

	/** Explains why the string that starts here is invalid. */
	#badString(): JsonError {
		let at = this.#offset + 1;
		for (; at < this.#text.length; at++) {
			const character = this.#text[at] ?? "";
			if (character === "\n" || character === "\r") {
				break;
			}
			if (character < " ") {
				return new JsonError(at, "a control character in a string must be escaped, for example as \\t");
			}
			if (character === "\\") {
				const escaped = /^\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/.exec(this.#text.slice(at, at + 6));
				if (escaped === null) {
					return new JsonError(
						at,
						`${quote(this.#text.slice(at, at + 2))} is not a JSON escape; write \\\\ for a backslash`,
					);
				}
				at += escaped[0].length - 1;
			}
		}
		return new JsonError(this.#offset, "unclosed string; add a double quote on the same line");
	}

	#numberOrConstant(): ScalarNode {
		const location = this.#location();
		const start = this.#offset;
		const word = this.#match(WORD);
		if (word !== null) {
			const value = CONSTANTS.get(word);
			if (value === undefined) {
				throw new JsonError(start, `${quote(word)} is not a JSON value; put text in double quotes`);
			}
			return { kind: "scalar", location, value, text: word };
		}
		const number = this.#match(NUMBER);
		if (number === null || /^[-+.0-9A-Za-z_]/.test(this.#text.slice(this.#offset, this.#offset + 1))) {
			this.#offset = start;
			throw this.#unexpected("a value");
		}
		return { kind: "scalar", location, value: Number(number), text: number };
	}

	#unexpected(wanted: string): JsonError {
		const rest = this.#text.slice(this.#offset, this.#offset + 40);
		if (rest === "") {
			return new JsonError(this.#offset, `unexpected end of file, expected ${wanted}`);
		}
		if (/^(?:#|\/[/*])/.test(rest)) {
			return new JsonError(this.#offset, "comments are not allowed in JSON; remove this one");
		}
		const found = /^[-+.0-9A-Za-z_]+/.exec(rest)?.[0] ?? String.fromCodePoint(rest.codePointAt(0) ?? 0);
		return new JsonError(this.#offset, `expected ${wanted} but found ${quote(found)}`);
	}

	#match(pattern: RegExp): string | null {
		pattern.lastIndex = this.#offset;
		const found = pattern.exec(this.#text)?.[0] ?? null;
		this.#offset += found?.length ?? 0;
		return found;
	}

	#skipSpace(): void {
		this.#match(SPACE);
	}

	#location(): Location {
		return this.locationOf(this.#offset);
	}
}
