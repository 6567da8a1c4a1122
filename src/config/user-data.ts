/** `<type>.user-data` beside a type's file: a template in the syntax of Python's `str.format`. */
import { dirname } from "node:path";
import {
	MOST_USER_DATA_BYTES,
	USER_DATA_FIELDS,
	type UserDataField,
	type UserDataTemplate,
} from "../core/model/user-data.ts";
import { type Diagnostic, diagnostic } from "../errors.ts";
import { locationsOf } from "./document/lines.ts";
import type { Location } from "./document/node.ts";
import { quote } from "./document/text.ts";
import { readTextFile } from "./document/text-file.ts";
import { didYouMean } from "./suggest.ts";

export interface UserDataFile {
	/** Path as the person wrote it. */
	readonly file: string;
	readonly template: UserDataTemplate;
	/** Where each field is first used. */
	readonly locations: ReadonlyMap<UserDataField, Location>;
	readonly diagnostics: readonly Diagnostic[];
}

/**
 * Reads a template.
 * @param file path as the person wrote it
 */
export function readUserData(absolutePath: string, file: string): UserDataFile {
	const read = readTextFile(absolutePath, { folder: dirname(absolutePath), keepBom: true });
	if (read.kind === "text") return parseUserData(read.text, file);
	return { file, template: [], locations: new Map(), diagnostics: [diagnostic(read.message, file)] };
}

type Token =
	| { readonly kind: "text"; readonly text: string }
	| { readonly kind: "field"; readonly field: UserDataField }
	| { readonly kind: "invalid"; readonly message: string };

/** Parses a template as Python does; `{{` and `}}` are literal braces. */
export function parseUserData(text: string, file: string): UserDataFile {
	const locationOf = locationsOf(text);
	const template: UserDataTemplate[number][] = [];
	const locations = new Map<UserDataField, Location>();
	const diagnostics: Diagnostic[] = [];
	for (const { 0: source, 1: inside, index } of text.matchAll(/\{\{|\}\}|\{([^{}]*)\}|[{}]|[^{}]+/g)) {
		const token = tokenOf(source, inside);
		switch (token.kind) {
			case "text":
				template.push({ text: token.text });
				break;
			case "field":
				template.push({ field: token.field });
				if (!locations.has(token.field)) locations.set(token.field, locationOf(index));
				break;
			case "invalid":
				diagnostics.push({ file, ...locationOf(index), message: token.message });
		}
	}
	const bytes = Buffer.byteLength(template.map((part) => ("text" in part ? part.text : "")).join(""));
	if (bytes > MOST_USER_DATA_BYTES) {
		const message = `the user data has ${bytes} bytes without its placeholders, but EC2 allows only ${MOST_USER_DATA_BYTES}; shorten it`;
		diagnostics.push({ file, ...locationOf(0), message });
	}
	return { file, template, locations, diagnostics };
}

/** @param inside the text between single braces, if the token has them */
function tokenOf(source: string, inside: string | undefined): Token {
	if (source === "{{" || source === "}}") return { kind: "text", text: source.slice(1) };
	if (source === "{" || source === "}") {
		const message = `single "${source}"; write "${source}${source}" for a literal brace`;
		return { kind: "invalid", message };
	}
	if (inside === undefined) return { kind: "text", text: source };
	const field = USER_DATA_FIELDS.find((known) => known === inside);
	return field === undefined ? { kind: "invalid", message: unknownField(inside) } : { kind: "field", field };
}

function unknownField(inside: string): string {
	const name = inside.replace(/\W.*/s, "");
	const known = USER_DATA_FIELDS.find((field) => field === name);
	if (known !== undefined) {
		return `${quote(`{${inside}}`)}: conversions and formats are not supported; use "{${known}}"`;
	}
	return `unknown placeholder ${quote(`{${inside}}`)}${didYouMean(inside, USER_DATA_FIELDS) || "."} Known placeholders: ${USER_DATA_FIELDS.join(", ")}. Write "{{" or "}}" for a literal brace.`;
}
