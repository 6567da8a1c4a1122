/** The original's file of secrets. No message repeats its content. */
import { statSync } from "node:fs";
import { resolve } from "node:path";
import { z } from "zod";
import { Document } from "../config/document/document.ts";
import { parseJson } from "../config/document/json.ts";
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
	const read = readTextFile(path, { folder: null });
	if (read.kind === "unreadable") return invalid(diagnostic(read.message, file));
	const parsed = parseJson(read.text);
	if (parsed.kind === "unreadable" || parsed.diagnostics.length > 0) {
		// The parser's own messages quote the text.
		const message = "invalid JSON or duplicate key (the content is not shown)";
		return invalid(...parsed.diagnostics.map(({ location }) => ({ file, ...location, message })));
	}
	const { root } = parsed;
	if (root.kind !== "map") return invalid({ file, ...root.location, message: "the file must contain a map" });
	const document = new Document(file, root);
	const { data, error } = schema.safeParse(document.data());
	const diagnostics = [
		...awsKeysIn(document),
		...(error?.issues ?? []).map(({ path: keys, message }) => {
			const name = `"${formatPath(keys)}"`;
			return document.at(keys, document.find(keys) === undefined ? `missing key ${name}` : `${name} ${message}`);
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

function invalid(...diagnostics: readonly Diagnostic[]): SecretsFile {
	return { kind: "invalid", diagnostics };
}

function awsKeysIn(document: Document): readonly Diagnostic[] {
	return AWS_KEYS.filter((key) => document.find([key]) !== undefined).map((key) =>
		document.at(
			[key],
			`"${key}" is not supported: AWS keys are not read from files. Remove and revoke them, and give this machine a role: an instance profile, IAM Roles Anywhere, or a profile of ~/.aws/config in AWS_PROFILE.`,
		),
	);
}

function isReadableByOthers(path: string): boolean {
	return (statSync(path).mode & 0o004) !== 0;
}
