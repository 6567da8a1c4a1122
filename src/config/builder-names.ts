/** A file of builder names: one per line, or a saved JSON report. */
import { dirname, resolve } from "node:path";
import { z } from "zod";
import { decodeName } from "../core/model/builder-name.ts";
import { type Diagnostic, diagnostic } from "../errors.ts";
import { check } from "./check.ts";
import { Document } from "./document/document.ts";
import { parseJson } from "./document/json.ts";
import { readBytes } from "./document/text-file.ts";

export type BuilderNames =
	/** Without duplicates, at least one. A name that is not valid UTF-8 is as `decodeName` returns it. */
	| { readonly kind: "names"; readonly names: readonly string[] }
	| { readonly kind: "invalid"; readonly diagnostics: readonly Diagnostic[] };

/** Maximum size in bytes: the names of 100,000 builders. */
const MAX_BYTES = 16 * 1024 * 1024;
const BOM = Buffer.from([0xef, 0xbb, 0xbf]);
const LF = 0x0a;
const CR = 0x0d;

/** The parts of a report that tell which builders were pending. Other keys may be from a later version. */
const reportSchema = z.object({
	version: z.literal(1, "must be 1, the version of a report that this version reads"),
	lockedBy: z.string("must be text or null").nullish(),
	pending: z.object(
		{
			builders: z.array(
				z.object({ builder: z.string("must be text") }, "must be a map"),
				"must be a list of pending builders",
			),
		},
		"must be a map",
	),
	failures: z
		.array(z.object({ stage: z.string("must be text") }, "must be a map"), "must be a list of failures")
		.optional(),
});

/**
 * Reads a file of builder names. A file that starts with `{` is a report. Of any other, each line that is not blank is a
 * name, byte by byte: nothing is trimmed, and there are no comments.
 * @param file as the person wrote it, relative to the workspace
 */
export function readBuilderNames(file: string, workspace: string): BuilderNames {
	const path = resolve(workspace, file);
	// The file may come from a pull request, and its lines are shown.
	const read = readBytes(path, { folder: dirname(path), maxBytes: MAX_BYTES });
	if (read.kind === "unreadable") return invalid(diagnostic(read.message, file));
	const bytes = read.bytes.subarray(read.bytes.subarray(0, BOM.length).equals(BOM) ? BOM.length : 0);
	// UTF-16 has them too.
	if (bytes.includes(0)) return invalid(diagnostic("expected UTF-8 text but found binary data or UTF-16", file));
	const first = /[^ \t\r\n]/.exec(bytes.toString("latin1", 0, 4_096))?.[0];
	if (first === "{") return namesInReport(bytes, file);
	// Taken as lines, it would have one builder. A builder's name may start with a bracket, too.
	if (first === "[" && parseJson(bytes.toString("utf8")).kind === "tree") {
		return invalid(diagnostic("expected one builder name per line but found a JSON list", file));
	}
	return namesInLines(bytes, file);
}

function namesInLines(bytes: Buffer, file: string): BuilderNames {
	const names = new Set<string>();
	for (let start = 0; start < bytes.length; ) {
		const lf = bytes.indexOf(LF, start);
		const next = lf === -1 ? bytes.length : lf;
		const end = bytes[next - 1] === CR ? next - 1 : next;
		const name = decodeName(bytes.subarray(start, end));
		if (name.trim() !== "") names.add(name);
		start = next + 1;
	}
	if (names.size > 0) return { kind: "names", names: [...names] };
	return invalid(diagnostic("the file contains no builder name; write one per line", file));
}

function namesInReport(bytes: Buffer, file: string): BuilderNames {
	let text: string;
	try {
		text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
	} catch {
		return invalid(diagnostic("the report is not UTF-8 text", file));
	}
	const parsed = parseJson(text);
	const problems = parsed.diagnostics.map(({ location, message }) => ({
		file,
		...location,
		message: `the file starts with "{", so it must be a JSON report of this action: ${message}`,
	}));
	if (parsed.kind === "unreadable" || parsed.root.kind !== "map" || problems.length > 0) return invalid(...problems);
	const document = new Document(file, parsed.root);
	const checked = check(reportSchema, document);
	if (checked.kind === "invalid") {
		return invalid(
			...checked.diagnostics.map((problem) => ({
				...problem,
				message: `the file is not a report of this action: ${problem.message}`,
			})),
		);
	}
	const { pending, lockedBy, failures } = checked.data;
	const names = new Set(pending.builders.map(({ builder }) => builder));
	if (names.size > 0) return { kind: "names", names: [...names] };
	const wasRead = (lockedBy ?? null) === null && !failures?.some(({ stage }) => stage === "pending");
	const why = wasRead ? "no request was pending" : "its run did not read the database";
	const message = `the report lists no builders, because ${why}; use the report of another run`;
	return invalid(document.at(["pending", "builders"], message));
}

function invalid(...diagnostics: readonly Diagnostic[]): BuilderNames {
	return { kind: "invalid", diagnostics };
}
