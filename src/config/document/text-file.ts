/** Files that a person wrote. */
import { closeSync, constants, fstatSync, openSync, readdirSync, readSync, realpathSync, statSync } from "node:fs";
import { sep } from "node:path";
import { errorMessage } from "../../errors.ts";
import { cut } from "./text.ts";

/** Maximum size of a file in bytes; a configuration of a thousand patterns has a tenth. */
const MAX_BYTES = 1024 * 1024;

export type TextFile = { readonly kind: "text"; readonly text: string } | Unreadable;

interface Unreadable {
	readonly kind: "unreadable";
	readonly message: string;
}

interface FileOptions {
	/** Folder that must contain the file after symbolic links are resolved; null: any. */
	readonly folder: string | null;
}

export interface TextFileOptions extends FileOptions {
	/** Whether a byte order mark is part of the text. */
	readonly keepBom?: boolean;
}

/** Reads a regular file of at most 1 MiB in UTF-8. Never waits, whatever the path leads to. */
export function readTextFile(path: string, { folder, keepBom = false }: TextFileOptions): TextFile {
	const read = readBytes(path, { folder, maxBytes: MAX_BYTES });
	if (read.kind === "unreadable") return read;
	try {
		return { kind: "text", text: new TextDecoder("utf-8", { fatal: true, ignoreBOM: keepBom }).decode(read.bytes) };
	} catch {
		return unreadable("the file is not UTF-8 text");
	}
}

/** Reads a regular file. Never waits, whatever the path leads to. */
export function readBytes(
	path: string,
	{ folder, maxBytes }: FileOptions & { readonly maxBytes: number },
): { readonly kind: "bytes"; readonly bytes: Buffer } | Unreadable {
	try {
		if (folder !== null && !isInside(path, folder)) {
			return unreadable("the file is a symbolic link out of its folder; put the file itself there");
		}
		const read = readRegularFile(path, maxBytes);
		return typeof read === "string" ? unreadable(read) : { kind: "bytes", bytes: read };
	} catch (error) {
		return unreadable(describeReadError(error));
	}
}

/** What a path leads to. What can't be examined is "other". */
export function kindOfFile(path: string): "file" | "other" | "none" {
	try {
		const stats = statSync(path, { throwIfNoEntry: false });
		if (stats === undefined) return "none";
		return stats.isFile() ? "file" : "other";
	} catch {
		return "other";
	}
}

function isInside(path: string, folder: string): boolean {
	const real = realpathSync(folder);
	return realpathSync(path).startsWith(real.endsWith(sep) ? real : `${real}${sep}`);
}

/** The bytes of a file, or why it is not read. */
function readRegularFile(path: string, maxBytes: number): Buffer | string {
	// Without O_NONBLOCK, opening a FIFO waits for a writer.
	const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
	try {
		const stats = fstatSync(file);
		if (stats.isDirectory()) return "expected a file but found a folder";
		if (!stats.isFile()) return "expected a regular file but found a device, a pipe, or a socket";
		if (stats.size > maxBytes) return `the file has ${stats.size} bytes; the maximum is ${maxBytes}`;
		// A file of /proc has no size, so nothing of it is read.
		const bytes = Buffer.alloc(stats.size);
		return bytes.subarray(0, fill(file, bytes));
	} finally {
		closeSync(file);
	}
}

/** Reads until the buffer is full or the file ends. */
function fill(file: number, bytes: Buffer): number {
	let length = 0;
	while (length < bytes.length) {
		const read = readSync(file, bytes, length, bytes.length - length, null);
		if (read === 0) break;
		length += read;
	}
	return length;
}

function unreadable(message: string): Unreadable {
	return { kind: "unreadable", message };
}

function describeReadError(error: unknown): string {
	const code = error instanceof Error && "code" in error ? error.code : null;
	switch (code) {
		case "ENOENT":
		case "ENOTDIR":
			return "the file does not exist";
		case "EACCES":
		case "EPERM":
			return "no permission to read the file";
		// Opening a socket.
		case "ENXIO":
			return "expected a regular file but found a device, a pipe, or a socket";
		default:
			return `the file can't be read: ${cut(errorMessage(error))}`;
	}
}

/** The names in a folder; none if it can't be read. */
export function namesIn(folder: string): readonly string[] {
	try {
		return readdirSync(folder);
	} catch {
		return [];
	}
}
