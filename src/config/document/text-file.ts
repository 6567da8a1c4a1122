/** Files that a person wrote. */
import { readFileSync } from "node:fs";
import { errorMessage } from "../../errors.ts";
import { cut } from "./text.ts";

export type TextFile =
	| { readonly kind: "text"; readonly text: string }
	| { readonly kind: "unreadable"; readonly message: string };

/** Reads a file in UTF-8. */
export function readTextFile(path: string): TextFile {
	let bytes: Buffer;
	try {
		bytes = readFileSync(path);
	} catch (error) {
		return { kind: "unreadable", message: describeReadError(error) };
	}
	try {
		return { kind: "text", text: new TextDecoder("utf-8", { fatal: true }).decode(bytes) };
	} catch {
		return { kind: "unreadable", message: "the file is not UTF-8 text" };
	}
}

function describeReadError(error: unknown): string {
	const code = error instanceof Error && "code" in error ? error.code : null;
	switch (code) {
		case "ENOENT":
		case "ENOTDIR":
			return "the file does not exist";
		case "EISDIR":
			return "expected a file but found a folder";
		case "EACCES":
		case "EPERM":
			return "no permission to read the file";
		default:
			return `the file can't be read: ${cut(errorMessage(error))}`;
	}
}
