/** Files of the user's own text. */
import { readFileSync } from "node:fs";
import { errorMessage } from "../../errors.ts";
import { cut } from "./text.ts";

/** The file's text, or why there is none. */
export function readTextFile(path: string): { readonly text: string } | { readonly fault: string } {
	let bytes: Buffer;
	try {
		bytes = readFileSync(path);
	} catch (error) {
		return { fault: describeReadError(error) };
	}
	try {
		return { text: new TextDecoder("utf-8", { fatal: true }).decode(bytes) };
	} catch {
		return { fault: "the file is not UTF-8 text" };
	}
}

function describeReadError(error: unknown): string {
	const code = error instanceof Error && "code" in error ? error.code : null;
	switch (code) {
		case "ENOENT":
		case "ENOTDIR":
			return "the file does not exist";
		case "EISDIR":
			return "this is a folder, not a file";
		case "EACCES":
		case "EPERM":
			return "the file may not be read by this user";
		default:
			return `the file cannot be read: ${cut(errorMessage(error))}`;
	}
}
