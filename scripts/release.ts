/**
 * Tags the checked-out commit as a version: `v1.2.3`, which never moves, and `v1`, which does.
 * Usage: node scripts/release.ts check|tag 1.2.3
 */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { z } from "zod";
import { compareVersions, isVersion, notesOf } from "./release-notes.ts";

const git = (...args: string[]) => execFileSync("git", args, { encoding: "utf8" }).trim();

/** Versions tagged at the origin. */
function releasedVersions(): readonly string[] {
	return git("ls-remote", "--tags", "--refs", "origin", "v*")
		.split("\n")
		.map((line) => line.replace(/^.*refs\/tags\/v/, ""))
		.filter(isVersion);
}

/** @throws Error that explains why this commit can't be released as the version */
function check(version: string): void {
	if (!isVersion(version))
		throw new Error(`"${version}" is not a version: it must be three numbers, for example 1.2.3`);
	git("fetch", "--quiet", "origin", "main");
	const commit = git("rev-parse", "HEAD");
	if (git("merge-base", commit, "FETCH_HEAD") !== commit) throw new Error(`${commit} is not on main`);
	const { version: ofPackage } = z
		.object({ version: z.string() })
		.parse(JSON.parse(readFileSync("package.json", "utf8")));
	if (ofPackage !== version) throw new Error(`package.json has the version ${ofPackage}, not ${version}`);
	notesOf(readFileSync("CHANGELOG.md", "utf8"), version);
	if (releasedVersions().includes(version))
		throw new Error(`v${version} already exists; a version is never released twice`);
}

function tag(version: string): void {
	const major = version.split(".")[0] ?? "";
	const later = releasedVersions().filter(
		(released) => released.startsWith(`${major}.`) && compareVersions(released, version) > 0,
	);
	// Both tags or none. The first push is not forced, so it is rejected if another release was quicker.
	const refs = [`HEAD:refs/tags/v${version}`, ...(later.length === 0 ? [`+HEAD:refs/tags/v${major}`] : [])];
	git("push", "--quiet", "--atomic", "origin", ...refs);
	const moved =
		later.length === 0 ? ` and v${major}` : `; v${major} stays at ${later.toSorted(compareVersions).at(-1)}`;
	console.log(`Tagged v${version}${moved}.`);
}

const [what, version = ""] = process.argv.slice(2);
try {
	check(version);
	if (what === "tag") tag(version);
} catch (error) {
	console.error(`Not released: ${error instanceof Error ? error.message : String(error)}`);
	process.exitCode = 1;
}
