/** GitHub's own checks of workflows and of action.yml: schema, expressions, what is passed to this repository's files. */
import { registerHooks } from "node:module";
import { TextDocument } from "vscode-languageserver-textdocument";
import { parse } from "yaml";
import { z } from "zod";
import { read } from "./repository.ts";

// The package imports JSON as bundlers take it, which Node wants to be told.
registerHooks({
	resolve: (specifier, context, next) => {
		const found = next(specifier, context);
		return specifier.endsWith(".json") ? { ...found, importAttributes: { type: "json" } } : found;
	},
});
const { validate, registerLogger } = await import("@actions/languageservice");

const OWN = { owner: "OWNER", name: "aws-watch-pending" };
const metadataSchema = z.object({
	name: z.string(),
	description: z.string(),
	inputs: z.record(z.string(), z.object({ description: z.string(), default: z.string().exactOptional() })),
});

let documents = 0;
let broken: string[] = [];
// What breaks inside the checks is only logged: here it is a fault like any other.
registerLogger({
	error: (message) => broken.push(message),
	warn: (message) => broken.push(message),
	info: () => undefined,
	log: () => undefined,
});

/**
 * Faults of a workflow or of an action's metadata, each `line: message`; none: it is sound.
 * @param name `action.yml` for metadata; any other name is a workflow's
 */
export async function faultsOf(name: string, text: string): Promise<readonly string[]> {
	documents += 1;
	broken = [];
	// Results are kept by name.
	const document = TextDocument.create(`file:///${documents}/${name}`, "yaml", 1, text);
	const diagnostics = await validate(document, {
		actionsMetadataProvider: {
			// Nothing is known of other repositories' actions: they may be given anything.
			fetchActionMetadata: async ({ owner, name }) =>
				owner === OWN.owner && name === OWN.name
					? metadataSchema.parse(parse(read("action.yml")))
					: { name, description: "" },
		},
		fileProvider: {
			getFileContent: async (reference) => {
				if ("repository" in reference && (reference.owner !== OWN.owner || reference.repository !== OWN.name))
					throw new Error(`${reference.owner}/${reference.repository} cannot be read`);
				return { name: reference.path, content: read(reference.path) };
			},
		},
	});
	return [...diagnostics.map(({ range, message }) => `${range.start.line + 1}: ${message}`), ...broken];
}
