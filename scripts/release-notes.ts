/**
 * Prints what CHANGELOG.md says of a version.
 * Usage: node scripts/release-notes.ts 1.2.3
 */
import { readFileSync } from "node:fs";

/** Keep a Changelog's kinds of changes, https://keepachangelog.com/en/1.1.0/ */
const KINDS = ["Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"];
const VERSION = /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)$/;

export interface Release {
	/** `1.2.3`, or `Unreleased`. */
	readonly version: string;
	/** `2026-11-25`; null of what is unreleased. */
	readonly date: string | null;
	/** Markdown below the heading. */
	readonly notes: string;
}

/** Whether a text is a version as released: three numbers. */
export function isVersion(text: string): boolean {
	return VERSION.test(text);
}

/** Below 0 where `a` comes before `b`. Both are versions. */
export function compareVersions(a: string, b: string): number {
	const [left = [], right = []] = [a, b].map((version) => version.split(".").map(Number));
	return left.map((number, index) => number - (right[index] ?? 0)).find((difference) => difference !== 0) ?? 0;
}

/**
 * The releases of a changelog, as they stand: unreleased first, then the newest.
 * @throws Error that names the line which is not as Keep a Changelog has it
 */
export function releasesOf(changelog: string): readonly Release[] {
	const releases: { version: string; date: string | null; lines: string[] }[] = [];
	for (const [index, line] of changelog.split("\n").entries()) {
		const fault = (what: string) => new Error(`CHANGELOG.md:${index + 1}: ${what}`);
		const current = releases.at(-1);
		if (line.startsWith("## ")) {
			const [, version = "", date = null] = /^## \[([^\]]+)\](?: - (\d{4}-\d{2}-\d{2}))?$/.exec(line) ?? [];
			const unreleased = version === "Unreleased";
			if (!unreleased && !isVersion(version))
				throw fault('a release is "## [1.2.3] - 2026-11-25", or "## [Unreleased]"');
			if (unreleased !== (current === undefined)) throw fault('"## [Unreleased]" comes first, and once');
			if (unreleased !== (date === null))
				throw fault(unreleased ? "what is unreleased has no date" : "a release has its date");
			if (current !== undefined && isVersion(current.version) && compareVersions(current.version, version) <= 0)
				throw fault(`${version} must come before ${current.version}, with the newest first`);
			releases.push({ version, date, lines: [] });
			continue;
		}
		if (line.startsWith("### ") && !KINDS.includes(line.slice(4)))
			throw fault(`"${line.slice(4)}" is none of ${KINDS.join(", ")}`);
		current?.lines.push(line);
	}
	if (releases.length === 0) throw new Error('CHANGELOG.md has no "## [Unreleased]"');
	return releases.map(({ version, date, lines }) => ({ version, date, notes: lines.join("\n").trim() }));
}

/**
 * What a changelog says of a version.
 * @throws Error where it says nothing
 */
export function notesOf(changelog: string, version: string): string {
	const notes = releasesOf(changelog).find((release) => release.version === version)?.notes ?? "";
	if (notes === "")
		throw new Error(
			`CHANGELOG.md says nothing of ${version}: give what is under "## [Unreleased]" that heading, with the date`,
		);
	return notes;
}

if (import.meta.main) {
	const [version = ""] = process.argv.slice(2);
	console.log(notesOf(readFileSync("CHANGELOG.md", "utf8"), version));
}
