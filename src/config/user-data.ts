/** `<type>.user-data` beside a type's file: a template in the syntax of Python's `str.format`. */
import { readFileSync } from "node:fs";
import {
	MOST_USER_DATA_BYTES,
	USER_DATA_FIELDS,
	type UserDataField,
	type UserDataTemplate,
} from "../core/model/user-data.ts";
import { type Diagnostic, diagnostic } from "../errors.ts";
import { placesOf } from "./document/lines.ts";
import { quote } from "./document/text.ts";
import { didYouMean } from "./suggest.ts";

export interface UserDataFile {
	readonly template: UserDataTemplate;
	/** Place of the first use of each field. */
	readonly places: ReadonlyMap<UserDataField, Diagnostic>;
	readonly faults: readonly Diagnostic[];
}

/**
 * Reads a template.
 * @param file path as the user would write it
 */
export function readUserData(absolutePath: string, file: string): UserDataFile {
	let text: string;
	try {
		text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(readFileSync(absolutePath));
	} catch {
		const message = "the user data cannot be read as UTF-8 text";
		return { template: [], places: new Map(), faults: [diagnostic(message, file)] };
	}
	return parseUserData(text, file);
}

/** Takes a template apart, as Python does; `{{` and `}}` are braces. */
export function parseUserData(text: string, file: string): UserDataFile {
	const placeOf = placesOf(text);
	const faults: Diagnostic[] = [];
	const places = new Map<UserDataField, Diagnostic>();
	const parts: ({ text: string } | { field: UserDataField })[] = [];
	const fault = (offset: number, message: string) => faults.push({ file, ...placeOf(offset), message });
	for (const match of text.matchAll(/\{\{|\}\}|\{([^{}]*)\}|[{}]|[^{}]+/g)) {
		const [token, inside] = match;
		if (token === "{{" || token === "}}") {
			parts.push({ text: token.slice(1) });
		} else if (inside !== undefined) {
			const field = USER_DATA_FIELDS.find((known) => known === inside);
			if (field === undefined) {
				fault(match.index, unknownField(inside));
			} else {
				parts.push({ field });
				if (!places.has(field)) places.set(field, { file, ...placeOf(match.index), message: "" });
			}
		} else if (token === "{" || token === "}") {
			fault(match.index, `a single "${token}" stands here; a brace itself is written "${token}${token}"`);
		} else {
			parts.push({ text: token });
		}
	}
	const bytes = Buffer.byteLength(parts.map((part) => ("text" in part ? part.text : "")).join(""));
	if (bytes > MOST_USER_DATA_BYTES) {
		fault(0, `the user data has ${bytes} bytes before anything is filled in, and EC2 takes ${MOST_USER_DATA_BYTES}`);
	}
	return { template: parts, places, faults };
}

function unknownField(inside: string): string {
	const name = /^\w*/.exec(inside)?.[0] ?? "";
	const known = USER_DATA_FIELDS.find((field) => field === name);
	if (known !== undefined && name !== inside) {
		return `${quote(`{${inside}}`)}: conversions and formats are not supported, only {${known}}`;
	}
	return `unknown placeholder ${quote(`{${inside}}`)}${didYouMean(inside, USER_DATA_FIELDS) || "."} Known are ${USER_DATA_FIELDS.join(", ")}; a brace itself is written twice.`;
}
