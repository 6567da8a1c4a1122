/**
 * Prints the notes of a version from CHANGELOG.md.
 * Usage: node scripts/release-notes.ts 1.2.3
 */
import { readFileSync } from "node:fs";

/** Keep a Changelog's kinds of changes, https://keepachangelog.com/en/1.1.0/ */
const KINDS = ["Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"];
const VERSION = /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)$/;

export interface Release {
	/** `1.2.3`, or `Unreleased`. */
	readonly version: string;
	/** `2026-11-25`; null if unreleased. */
	readonly date: string | null;
	/** Markdown below the heading. */
	readonly notes: string;
}

/** Whether a text is a release version: three numbers. */
export function isVersion(text: string): boolean {
	return VERSION.test(text);
}

/** Compares two versions. Below 0 if `a` comes before `b`. */
export function compareVersions(a: string, b: string): number {
	const [left = [], right = []] = [a, b].map((version) => version.split(".").map(Number));
	return left.map((number, index) => number - (right[index] ?? 0)).find((difference) => difference !== 0) ?? 0;
}

/**
 * The releases of a changelog: unreleased first, then newest first.
 * @throws Error that names the line that violates Keep a Changelog
 */
export function releasesOf(changelog: string): readonly Release[] {
	const releases: { version: string; date: string | null; lines: string[] }[] = [];
	for (const [index, line] of changelog.split("\n").entries()) {
		const diagnostic = (what: string) => new Error(`CHANGELOG.md:${index + 1}: ${what}`);
		const current = releases.at(-1);
		if (line.startsWith("## ")) {
			const [, version = "", date = null] = /^## \[([^\]]+)\](?: - (\d{4}-\d{2}-\d{2}))?$/.exec(line) ?? [];
			const unreleased = version === "Unreleased";
			if (!unreleased && !isVersion(version))
				throw diagnostic('a release must be "## [1.2.3] - 2026-11-25" or "## [Unreleased]"');
			if (unreleased !== (current === undefined)) throw diagnostic('"## [Unreleased]" must come first, and only once');
			if (unreleased !== (date === null))
				throw diagnostic(unreleased ? "[Unreleased] must not have a date" : "a release must have a date");
			if (current !== undefined && isVersion(current.version) && compareVersions(current.version, version) <= 0)
				throw diagnostic(`${version} must come before ${current.version}, because the newest release comes first`);
			releases.push({ version, date, lines: [] });
			continue;
		}
		if (line.startsWith("### ") && !KINDS.includes(line.slice(4)))
			throw diagnostic(`"${line.slice(4)}" must be one of ${KINDS.join(", ")}`);
		current?.lines.push(line);
	}
	if (releases.length === 0) throw new Error('CHANGELOG.md has no "## [Unreleased]"');
	return releases.map(({ version, date, lines }) => ({ version, date, notes: lines.join("\n").trim() }));
}

/**
 * The notes of a version.
 * @throws Error if the changelog has none
 */
export function notesOf(changelog: string, version: string): string {
	const notes = releasesOf(changelog).find((release) => release.version === version)?.notes ?? "";
	if (notes === "")
		throw new Error(
			`CHANGELOG.md has no notes for ${version}. Move the notes under "## [Unreleased]" to a heading with this version and the date.`,
		);
	return notes;
}

if (import.meta.main) {
	const [version = ""] = process.argv.slice(2);
	console.log(notesOf(readFileSync("CHANGELOG.md", "utf8"), version));
}
