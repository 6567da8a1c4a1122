/** The repository's own files. */
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";

export const ROOT = resolve(import.meta.dirname, "../..");

/** @param path relative to the root */
export function read(path: string): string {
	return readFileSync(join(ROOT, path), "utf8");
}
