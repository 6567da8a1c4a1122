/** The original's file of secrets. No message repeats its content. */
import { statSync } from "node:fs";
import { resolve } from "node:path";
import { z } from "zod";
import { parseJson } from "../config/document/json.ts";
import { entryOf, find, type MapNode, type Place, toData } from "../config/document/node.ts";
import { formatPath } from "../config/document/text.ts";
import { readTextFile } from "../config/document/text-file.ts";
import type { Graphite } from "../core/model/policy.ts";
import { type Diagnostic, diagnostic } from "../errors.ts";

export type SecretsFile = ValidSecrets | { readonly kind: "invalid"; readonly diagnostics: readonly Diagnostic[] };

interface ValidSecrets {
	readonly kind: "valid";
	/** URL of the scheduler database, not parsed yet. */
	readonly db: string;
	readonly graphiteHosts: readonly Graphite[];
	readonly warnings: readonly Diagnostic[];
}

const text = z.string("must be text").min(1, "must not be empty");
const PORT = "must be a port from 1 to 65535";
const port = z.int(PORT).min(1, PORT).max(65_535, PORT);
/** Keys of other tools are ignored. */
const schema = z.object({
	db: text,
	graphite_hosts: z.array(z.object({ host: text, port, prefix: text }, "must be a map"), "must be a list").optional(),
});

const AWS_KEYS = ["aws_access_key_id", "aws_secret_access_key"];
/** What the original inserts between an entry's prefix and the names of its metrics. */
const METRICS = "releng.aws.aws_watch_pending";

/** @param file as the user wrote it, relative to the workspace */
export function readSecretsFile(file: string, workspace: string): SecretsFile {
	const path = resolve(workspace, file);
	const at = (place: Place | null, message: string): Diagnostic => ({
		file,
		line: place?.line ?? null,
		column: place?.column ?? null,
		message,
	});
	const invalid = (...diagnostics: Diagnostic[]) => ({ kind: "invalid", diagnostics }) as const;

	const read = readTextFile(path);
	if ("fault" in read) return invalid(at(null, read.fault));
	const { root, faults } = parseJson(read.text);
	if (root === null || faults.length > 0) {
		// The parser's own messages quote the text.
		return invalid(...faults.map(({ place }) => at(place, "invalid JSON or duplicate key (the content is not shown)")));
	}
	if (root.kind !== "map") return invalid(at(root.place, "the file must contain a map"));
	const { data, error } = schema.safeParse(toData(root));
	const diagnostics = [
		...awsKeysIn(root).map(({ place, message }) => at(place, message)),
		...(error?.issues ?? []).map(({ path: keys, message }) => {
			const found = find(root, keys);
			const place = found?.keyPlace ?? find(root, keys.slice(0, -1))?.keyPlace ?? root.place;
			return at(place, found === undefined ? `missing key "${formatPath(keys)}"` : `"${formatPath(keys)}" ${message}`);
		}),
	];
	if (data === undefined || diagnostics.length > 0) return invalid(...diagnostics);
	return {
		kind: "valid",
		db: data.db,
		graphiteHosts: (data.graphite_hosts ?? []).map((entry) => ({ ...entry, prefix: `${entry.prefix}.${METRICS}` })),
		warnings: isReadableByOthers(path)
			? [
					diagnostic(
						"every user of this machine can read this file, which contains a password. Run chmod o-r on it.",
						file,
					),
				]
			: [],
	};
}

function awsKeysIn(root: MapNode): readonly { readonly place: Place; readonly message: string }[] {
	return AWS_KEYS.flatMap((key) => {
		const entry = entryOf(root, key);
		if (entry === undefined) return [];
		const message = `"${key}" is not supported: AWS keys are not read from files. Remove and revoke them, and give this machine a role: an instance profile, IAM Roles Anywhere, or a profile of ~/.aws/config in AWS_PROFILE.`;
		return [{ place: entry.place, message }];
	});
}

function isReadableByOthers(path: string): boolean {
	return (statSync(path).mode & 0o004) !== 0;
}
