/** Whether files have changed. */
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";

/** A text that differs once a file of the folder is written, added, replaced, or removed; empty if it can't be read. */
export function fingerprintOf(folder: string): string {
	try {
		const files = readdirSync(folder, { withFileTypes: true }).filter((entry) => !entry.isDirectory());
		return JSON.stringify(
			files
				.map(({ name }) => {
					// A link's target may change, so this follows it.
					const { mtimeMs, size, ino } = statSync(join(folder, name), { throwIfNoEntry: false }) ?? {};
					return [name, mtimeMs, size, ino];
				})
				.toSorted(([a], [b]) => (String(a) < String(b) ? -1 : 1)),
		);
	} catch {
		return "";
	}
}
