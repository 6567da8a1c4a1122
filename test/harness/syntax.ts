/** TypeScript as a syntax tree, for tests that compare documents and rules with the source. */
import { readFileSync } from "node:fs";
import { parseAst } from "rolldown/parseAst";

/** A node of the tree, in the form of ESTree. */
export type Node = Readonly<Record<string, unknown>> & { readonly type: string };

/** All nodes of a file, outer before inner. */
export function nodesOf(path: string): readonly Node[] {
	return nodesIn(parse(readFileSync(path, "utf8"), path));
}

/** The tree of a source. @param path for error messages */
export function parse(source: string, path: string): unknown {
	return parseAst(source, { lang: "ts" }, path);
}

/** The value itself, if it is a node, and all nodes in it. */
export function nodesIn(value: unknown): readonly Node[] {
	const nodes: Node[] = [];
	collect(value, nodes);
	return nodes;
}

function collect(value: unknown, nodes: Node[]): void {
	if (typeof value !== "object" || value === null) return;
	if (isNode(value)) nodes.push(value);
	for (const inner of Object.values(value)) collect(inner, nodes);
}

/** The value, if it is a node. */
export function nodeOf(value: unknown): Node | null {
	return isNode(value) ? value : null;
}

// By hand: a file has tens of thousands of values.
function isNode(value: unknown): value is Node {
	return typeof value === "object" && value !== null && "type" in value && typeof value.type === "string";
}

/** The text of a literal; null for any other node. */
export function textOf(node: Node): string | null {
	return node.type === "Literal" && typeof node["value"] === "string" ? node["value"] : null;
}

/** The name of an identifier; null for anything else. */
export function nameOf(value: unknown): string | null {
	if (!isNode(value) || value.type !== "Identifier") return null;
	return typeof value["name"] === "string" ? value["name"] : null;
}
