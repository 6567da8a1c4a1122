/** Checks a document against a schema. Every mismatch becomes a diagnostic at its key. */
import { z } from "zod";
import type { Diagnostic } from "../errors.ts";
import type { Document, Path } from "./document/document.ts";
import type { Node } from "./document/node.ts";
import { quote, quotePath } from "./document/text.ts";
import { didYouMean } from "./suggest.ts";

export type Checked<T> =
	| { readonly kind: "valid"; readonly data: T }
	| { readonly kind: "invalid"; readonly diagnostics: readonly Diagnostic[] };

/** Checks the value at `path`, by default the whole document. */
export function check<T>(schema: z.ZodType<T>, document: Document, path: Path = []): Checked<T> {
	const { success, data, error } = schema.safeParse(document.data(path));
	if (success) return { kind: "valid", data };
	const diagnostics = error.issues.flatMap((issue) =>
		issue.code === "unrecognized_keys"
			? unknownKeys(issue, schema, document, path)
			: [invalidValue(issue, document, [...path, ...issue.path])],
	);
	return { kind: "invalid", diagnostics };
}

function unknownKeys(
	issue: z.core.$ZodIssueUnrecognizedKeys,
	schema: z.ZodType,
	document: Document,
	base: Path,
): readonly Diagnostic[] {
	const known = keysOf(schemaAt(schema, issue.path));
	return issue.keys.map((key) => {
		const path = [...base, ...issue.path, key];
		const suggestion = didYouMean(key, known) || ".";
		return document.at(path, `unknown key ${quotePath(path)}${suggestion} Known keys: ${known.join(", ")}.`);
	});
}

function invalidValue(issue: z.core.$ZodIssue, document: Document, path: Path): Diagnostic {
	const node = document.find(path);
	// A rule about several keys says itself why it needs one that is missing.
	if (node === undefined && issue.code === "custom") return document.at(path, `${quotePath(path)} ${issue.message}`);
	if (node === undefined) {
		const parent = path.slice(0, -1);
		const owner = parent.length === 0 ? "" : ` in ${quotePath(parent)}`;
		return document.at(path, `missing key ${quote(String(path.at(-1)))}${owner}`);
	}
	// A record reports a key that it rejects by an issue within the issue.
	if (issue.code === "invalid_key") {
		return document.at(path, `the key ${quotePath(path)} ${issue.issues[0]?.message ?? issue.message}`);
	}
	return document.at(path, `${quotePath(path)} ${issue.message}${found(node)}`);
}

/** The value as the file has it: text in quotes, so that `"1"` and `1` differ. */
function found(node: Node): string {
	if (node.kind !== "scalar" || node.text === "") return "";
	return ` (found ${typeof node.value === "string" ? quote(node.text) : node.text})`;
}

/** The schema of the value at `path`. */
function schemaAt(schema: unknown, path: Path): unknown {
	const bare = unwrap(schema);
	const [step, ...rest] = path;
	if (step === undefined) return bare;
	if (bare instanceof z.ZodObject) return schemaAt(bare.shape[String(step)], rest);
	if (bare instanceof z.ZodRecord) return schemaAt(bare.valueType, rest);
	if (bare instanceof z.ZodArray) return schemaAt(bare.element, rest);
	return undefined;
}

function unwrap(schema: unknown): unknown {
	return schema instanceof z.ZodOptional || schema instanceof z.ZodNullable || schema instanceof z.ZodPrefault
		? unwrap(schema.unwrap())
		: schema;
}

function keysOf(schema: unknown): readonly string[] {
	return schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
}
