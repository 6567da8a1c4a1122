/** Reads configuration files into trees. */

import { type Diagnostic, diagnostic } from "../../errors.ts";
import { parseJson } from "./json.ts";
import type { MapNode } from "./node.ts";
import { readTextFile } from "./text-file.ts";
import { parseYaml } from "./yaml.ts";

/** A file that holds a map; `root` is null where there is no map to go on with. */
export interface Source {
	/** Path as the user would write it. */
	readonly file: string;
	readonly root: MapNode | null;
	readonly faults: readonly Diagnostic[];
}

/** Reads a file: YAML by the endings `.yml` and `.yaml`, strict JSON by any other. */
export function readSource(absolutePath: string, file: string): Source {
	const read = readTextFile(absolutePath);
	if ("fault" in read) {
		return { file, root: null, faults: [diagnostic(read.fault, file)] };
	}
	const { root, faults } = /\.ya?ml$/i.test(file) ? parseYaml(read.text) : parseJson(read.text);
	const all = faults.map(({ place, message }) => ({ file, ...place, message }));
	if (root !== null && root.kind !== "map") {
		return { file, root: null, faults: [...all, { file, ...root.place, message: "the file must hold a map" }] };
	}
	return { file, root, faults: all };
}
