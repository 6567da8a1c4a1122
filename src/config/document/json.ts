/**
 * Strict JSON (RFC 8259) into nodes. `JSON.parse` gives no places of values, drops all but the last of equal keys, moves
 * keys that look like integers to the front, and names no position for most of its errors; a YAML parser accepts what
 * is not JSON.
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

/** Far beyond any configuration, and far below the depth at which the stack ends. */
const DEEPEST = 100;

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

/** The tree of a JSON text; the first fault ends the reading, equal keys do not. */
export function parseJson(text: string): Parsed {
	const parser = new Parser(text);
	try {
		return { kind: "tree", root: parser.document(), diagnostics: parser.diagnostics };
	} catch (error) {
		if (error instanceof JsonError) {
			const message = `not valid JSON: ${error.message}`;
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
		if (depth > DEEPEST) {
			throw new JsonError(this.#offset, `values are nested more than ${DEEPEST} deep`);
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
		this.#separated("}", "a key in double quotes", () => {
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
		this.#separated("]", "a value", () => {
			items.push(this.#value(depth + 1));
		});
		return { kind: "list", location, items };
	}

	/** What stands between brackets, with commas between. */
	#separated(end: "}" | "]", wanted: string, readOne: () => void): void {
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
				throw new JsonError(comma, `a comma stands before "${end}", where JSON wants ${wanted}`);
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

	/** Finds out what is wrong with the string that begins here. */
	#badString(): JsonError {
		let at = this.#offset + 1;
		for (; at < this.#text.length; at++) {
			const character = this.#text[at] ?? "";
			if (character === "\n" || character === "\r") {
				break;
			}
			if (character < " ") {
				return new JsonError(at, "a control character in a string must be written as an escape, such as \\t");
			}
			if (character === "\\") {
				const escaped = /^\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/.exec(this.#text.slice(at, at + 6));
				if (escaped === null) {
					return new JsonError(
						at,
						`${quote(this.#text.slice(at, at + 2))} is not an escape of JSON; a backslash itself is written \\\\`,
					);
				}
				at += escaped[0].length - 1;
			}
		}
		return new JsonError(this.#offset, "a string has no closing quote in its line");
	}

	#numberOrConstant(): ScalarNode {
		const location = this.#location();
		const start = this.#offset;
		const word = this.#match(WORD);
		if (word !== null) {
			const value = CONSTANTS.get(word);
			if (value === undefined) {
				throw new JsonError(start, `${quote(word)} is not a value of JSON; text goes between double quotes`);
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
			return new JsonError(this.#offset, `the file ends where ${wanted} should follow`);
		}
		if (/^(?:#|\/[/*])/.test(rest)) {
			return new JsonError(this.#offset, "JSON has no comments");
		}
		const found = /^[-+.0-9A-Za-z_]+/.exec(rest)?.[0] ?? String.fromCodePoint(rest.codePointAt(0) ?? 0);
		return new JsonError(this.#offset, `${quote(found)} stands where ${wanted} should`);
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
