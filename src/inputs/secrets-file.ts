/** The original's file of secrets. Nothing that stands in it is ever part of a message. */
import { statSync } from "node:fs";
import { resolve } from "node:path";
import { z } from "zod";
import { parseJson } from "../config/document/json.ts";
import { entryOf, find, type Location, toData } from "../config/document/node.ts";
import { formatPath } from "../config/document/text.ts";
import { readTextFile } from "../config/document/text-file.ts";
import type { Graphite } from "../core/model/policy.ts";
import { type Diagnostic, diagnostic } from "../errors.ts";

export interface Secrets {
	/** URL of the scheduler database; empty where the file is at fault. */
	readonly db: string;
	readonly graphiteHosts: readonly Graphite[];
	readonly faults: readonly Diagnostic[];
	readonly warnings: readonly Diagnostic[];
}

const text = z.string("must be text").min(1, "must not be empty");
const PORT = "must be a port, 1 to 65535";
const port = z.int(PORT).min(1, PORT).max(65_535, PORT);
/** Keys of other tools are passed over. */
const schema = z.object({
	db: text,
	graphite_hosts: z.array(z.object({ host: text, port, prefix: text }, "must be a map"), "must be a list").optional(),
});

const AWS_KEYS = ["aws_access_key_id", "aws_secret_access_key"];
/** What the original puts between an entry's prefix and the names of its metrics. */
const METRICS = "releng.aws.aws_watch_pending";

/** @param file as the user wrote it, relative to the workspace */
export function readSecretsFile(file: string, workspace: string): Secrets {
	const faults: Diagnostic[] = [];
	const fault = (location: Location | null, message: string) => {
		faults.push({ file, line: location?.line ?? null, column: location?.column ?? null, message });
	};
	const done = (db = "", graphiteHosts: readonly Graphite[] = [], warnings: readonly Diagnostic[] = []): Secrets => ({
		db,
		graphiteHosts,
		faults,
		warnings,
	});
	const path = resolve(workspace, file);
	const read = readTextFile(path);
	if (read.kind === "unreadable") {
		fault(null, read.message);
		return done();
	}
	const parsed = parseJson(read.text);
	for (const { location } of parsed.diagnostics) {
		fault(location, "this is not JSON, or a key that was given before; what stands there is not shown");
	}
	if (parsed.kind === "unreadable" || faults.length > 0) return done();
	const { root } = parsed;
	if (root.kind !== "map") {
		fault(root.location, "the file must hold a map");
		return done();
	}
	for (const key of AWS_KEYS) {
		const entry = entryOf(root, key);
		if (entry === undefined) continue;
		fault(
			entry.location,
			`${key}: AWS keys are not read from a file. Take them out, revoke them, and give the machine that runs this a role instead: an instance profile, IAM Roles Anywhere, or a profile of ~/.aws/config by AWS_PROFILE`,
		);
	}
	const { data, error } = schema.safeParse(toData(root));
	for (const { path: keys, message } of error?.issues ?? []) {
		const found = find(root, keys);
		const location = found?.keyLocation ?? find(root, keys.slice(0, -1))?.keyLocation ?? root.location;
		fault(
			location,
			found === undefined ? `the key "${formatPath(keys)}" is missing` : `${formatPath(keys)} ${message}`,
		);
	}
	if (data === undefined || faults.length > 0) return done();
	const hosts = (data.graphite_hosts ?? []).map((entry) => ({ ...entry, prefix: `${entry.prefix}.${METRICS}` }));
	return done(data.db, hosts, readableByOthers(path) ? [openFile(file)] : []);
}

function readableByOthers(path: string): boolean {
	return (statSync(path).mode & 0o004) !== 0;
}

function openFile(file: string): Diagnostic {
	const message = "every user of this machine may read the file, which holds a password: chmod o-r";
	return diagnostic(message, file);
}
