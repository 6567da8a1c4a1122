/** TypeScript as a tree, for tests that hold documents to the source. */
import { readFileSync } from "node:fs";
import { parseAst } from "rolldown/parseAst";
import { z } from "zod";

/** A node of the tree, in the form of ESTree. */
export type Node = Readonly<Record<string, unknown>> & { readonly type: string };

const nodeSchema = z.looseObject({ type: z.string() });

/** All nodes of a file, outer before inner. */
export function nodesOf(path: string): readonly Node[] {
	return nodesIn(parse(readFileSync(path, "utf8"), path));
}

/** The tree of a source. @param path for error messages */
export function parse(source: string, path: string): unknown {
	return parseAst(source, { lang: "ts" }, path);
}

/** The value itself, where it is a node, and all nodes in it. */
export function nodesIn(value: unknown): readonly Node[] {
	if (typeof value !== "object" || value === null) return [];
	return [nodeOf(value) ?? [], ...Object.values(value).map(nodesIn)].flat();
}

/** The value, where it is a node. */
export function nodeOf(value: unknown): Node | null {
	return nodeSchema.safeParse(value).data ?? null;
}

/** The text of a literal; null: it is none. */
export function textOf(node: Node): string | null {
	return node.type === "Literal" && typeof node["value"] === "string" ? node["value"] : null;
}

/** The name of an identifier; null: it is none. */
export function nameOf(value: unknown): string | null {
	const { data } = z.object({ type: z.literal("Identifier"), name: z.string() }).safeParse(value);
	return data?.name ?? null;
}
