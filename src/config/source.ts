/** Reads configuration files into trees. */

import { readFileSync } from "node:fs";
import { type Fault, messageOf } from "../errors.ts";
import { parseJson } from "./json.ts";
import type { MapNode } from "./node.ts";
import { cut } from "./text.ts";
import { parseYaml } from "./yaml.ts";

/** A file that holds a map; `root` is null where there is no map to go on with. */
export interface Source {
	/** Path as the user would write it. */
	readonly file: string;
	readonly root: MapNode | null;
	readonly faults: readonly Fault[];
}

/** Reads a file: YAML by the endings `.yml` and `.yaml`, strict JSON by any other. */
export function readSource(absolutePath: string, file: string): Source {
	const unreadable = (message: string): Source => ({
		file,
		root: null,
		faults: [{ file, line: null, column: null, message }],
	});
	let bytes: Buffer;
	try {
		bytes = readFileSync(absolutePath);
	} catch (error) {
		return unreadable(describeReadError(error));
	}
	let text: string;
	try {
		text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
	} catch {
		return unreadable("the file is not UTF-8 text");
	}
	const { root, faults } = /\.ya?ml$/i.test(file) ? parseYaml(text) : parseJson(text);
	const all = faults.map(({ place, message }) => ({ file, ...place, message }));
	if (root !== null && root.kind !== "map") {
		return { file, root: null, faults: [...all, { file, ...root.place, message: "the file must hold a map" }] };
	}
	return { file, root, faults: all };
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
			return `the file cannot be read: ${cut(messageOf(error))}`;
	}
}
