/** Holds a file against a schema; what does not fit becomes a fault on its line. */
import { z } from "zod";
import type { Diagnostic } from "../errors.ts";
import { find, type MapNode, type Place, toData } from "./document/node.ts";
import { formatPath, quote } from "./document/text.ts";
import { didYouMean } from "./suggest.ts";

/** What the file says, or null and the faults. */
export type Checked<T> =
	| { readonly data: T; readonly faults: readonly [] }
	| { readonly data: null; readonly faults: readonly Diagnostic[] };

export function check<T>(schema: z.ZodType<T>, file: string, root: MapNode): Checked<T> {
	const { success, data, error } = schema.safeParse(toData(root));
	if (success) return { data, faults: [] };
	return { data: null, faults: error.issues.flatMap((issue) => faultsOf(issue, schema, file, root)) };
}

function faultsOf(issue: z.core.$ZodIssue, schema: z.ZodType, file: string, root: MapNode): readonly Diagnostic[] {
	const at = (place: Place, message: string): Diagnostic => ({ file, ...place, message });
	if (issue.code === "unrecognized_keys") {
		const known = keysOf(schemaAt(schema, issue.path));
		return issue.keys.map((key) => {
			const path = [...issue.path, key];
			return at(
				find(root, path)?.keyPlace ?? root.place,
				`unknown key ${formatPath(path)}${didYouMean(key, known) || "."} Known here: ${known.join(", ")}.`,
			);
		});
	}
	const found = find(root, issue.path);
	if (found === undefined) {
		const parent = issue.path.slice(0, -1);
		const owner = parent.length === 0 ? "the file" : formatPath(parent);
		return [
			at(find(root, parent)?.keyPlace ?? root.place, `${owner} lacks the key ${quote(String(issue.path.at(-1)))}`),
		];
	}
	// A key that its record refuses is told by the issue inside.
	const why = issue.code === "invalid_key" ? (issue.issues[0]?.message ?? issue.message) : issue.message;
	const { node } = found;
	const given = node.kind === "scalar" && issue.code !== "invalid_key" ? `, not ${quote(node.text)}` : "";
	return [at(found.keyPlace, `${formatPath(issue.path)} ${why}${given}`)];
}

/** The schema of what `path` leads to. */
function schemaAt(schema: unknown, path: readonly PropertyKey[]): unknown {
	const bare = unwrapped(schema);
	const [step, ...rest] = path;
	if (step === undefined) return bare;
	if (bare instanceof z.ZodObject) return schemaAt(bare.shape[String(step)], rest);
	if (bare instanceof z.ZodRecord) return schemaAt(bare.valueType, rest);
	if (bare instanceof z.ZodArray) return schemaAt(bare.element, rest);
	return undefined;
}

function unwrapped(schema: unknown): unknown {
	return schema instanceof z.ZodOptional || schema instanceof z.ZodNullable || schema instanceof z.ZodPrefault
		? unwrapped(schema.unwrap())
		: schema;
}

function keysOf(schema: unknown): readonly string[] {
	return schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
}
