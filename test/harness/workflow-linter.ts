/** GitHub's checks of workflows and action.yml: schema, expressions, and inputs passed to this repository's files. */
import { registerHooks } from "node:module";
import { TextDocument } from "vscode-languageserver-textdocument";
import { parse } from "yaml";
import { z } from "zod";
import { read } from "./repository.ts";

// The package imports JSON without the attribute that Node requires.
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
// The checks only log their own errors: report these as well.
registerLogger({
	error: (message) => broken.push(message),
	warn: (message) => broken.push(message),
	info: () => undefined,
	log: () => undefined,
});

/**
 * Errors in a workflow or in an action's metadata, each as `line: message`; empty if it is valid.
 * @param name `action.yml` for metadata; any other name for a workflow
 */
export async function faultsOf(name: string, text: string): Promise<readonly string[]> {
	documents += 1;
	broken = [];
	// The checks cache results by name.
	const document = TextDocument.create(`file:///${documents}/${name}`, "yaml", 1, text);
	const diagnostics = await validate(document, {
		actionsMetadataProvider: {
			// Other repositories' actions can't be read here, so they accept any input.
			fetchActionMetadata: async ({ owner, name }) =>
				owner === OWN.owner && name === OWN.name
					? metadataSchema.parse(parse(read("action.yml")))
					: { name, description: "" },
		},
		fileProvider: {
			getFileContent: async (reference) => {
				if ("repository" in reference && (reference.owner !== OWN.owner || reference.repository !== OWN.name))
					throw new Error(`${reference.owner}/${reference.repository} can't be read`);
				return { name: reference.path, content: read(reference.path) };
			},
		},
	});
	return [...diagnostics.map(({ range, message }) => `${range.start.line + 1}: ${message}`), ...broken];
}
