/** The release scripts, in temporary git repositories. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { notesOf, releasesOf } from "../../scripts/release-notes.ts";
import { ROOT, read } from "../harness/repository.ts";

const CHANGELOG = `# Changelog

## [Unreleased]

### Added

- Next.

## [1.2.3] - 2026-11-25

### Added

- A thing.

### Fixed

- Another.

## [1.2.2] - 2026-11-20

### Removed

- Old.
`;

describe("the changelog", () => {
	it("of this repository follows Keep a Changelog", () => {
		expect(releasesOf(read("CHANGELOG.md"))[0]?.version).toBe("Unreleased");
	});

	it("has the notes of a version", () => {
		expect(notesOf(CHANGELOG, "1.2.3")).toBe("### Added\n\n- A thing.\n\n### Fixed\n\n- Another.");
	});

	it.each(["1.2.4", "1.2", "2.0.0"])("has no notes for %s", (version) => {
		expect(() => notesOf(CHANGELOG, version)).toThrow(`has no notes for ${version}`);
	});

	it.each([
		[
			"an unknown kind of change",
			CHANGELOG.replace("### Fixed", "### Misc"),
			'CHANGELOG.md:15: "Misc" must be one of Added',
		],
		["a heading without brackets", CHANGELOG.replace("[1.2.3]", "1.2.3"), "CHANGELOG.md:9: a release must be"],
		["a release without date", CHANGELOG.replace(" - 2026-11-25", ""), "CHANGELOG.md:9: a release must have a date"],
		[
			"releases in the wrong order",
			CHANGELOG.replace("[1.2.2]", "[1.10.0]"),
			"CHANGELOG.md:19: 1.10.0 must come before 1.2.3",
		],
		[
			"a missing Unreleased section",
			CHANGELOG.replace("## [Unreleased]", ""),
			'CHANGELOG.md:9: "## [Unreleased]" must come first',
		],
		["an empty changelog", "# Changelog\n", 'has no "## [Unreleased]"'],
	])("reports %s with its line", (_what, changelog, message) => {
		expect(() => releasesOf(changelog)).toThrow(message);
	});
});

describe("a release", () => {
	let folder: string;
	beforeEach(() => {
		folder = mkdtempSync(join(tmpdir(), "aws-watch-pending-release-"));
		git(folder, "init", "--quiet", "--bare", "--initial-branch=main", "origin.git");
		git(folder, "clone", "--quiet", "origin.git", "clone");
		commit("1.2.3");
		git(clone(), "push", "--quiet", "origin", "HEAD:main");
	});
	afterEach(() => rmSync(folder, { recursive: true }));

	const clone = () => join(folder, "clone");
	function git(cwd: string, ...args: string[]): string {
		const identity = ["-c", "user.name=test", "-c", "user.email=test@example.com", "-c", "commit.gpgsign=false"];
		return execFileSync("git", [...identity, ...args], { cwd, encoding: "utf8", stdio: "pipe" }).trim();
	}
	function commit(version: string, changelog = CHANGELOG.replace("[1.2.3]", `[${version}]`)): void {
		writeFileSync(join(clone(), "package.json"), JSON.stringify({ version }));
		writeFileSync(join(clone(), "CHANGELOG.md"), changelog);
		git(clone(), "add", ".");
		git(clone(), "commit", "--quiet", "--allow-empty", "-m", version);
	}
	const release = (what: string, version: string) => {
		const args = [join(ROOT, "scripts/release.ts"), what, version];
		const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: clone(), encoding: "utf8" });
		return { status, text: (stdout + stderr).trim() };
	};
	const head = () => git(clone(), "rev-parse", "HEAD");
	/** Tags of the origin, with their commits. */
	const tags = () =>
		Object.fromEntries(
			git(clone(), "ls-remote", "--tags", "origin")
				.split("\n")
				.filter((line) => line !== "")
				.map((line) => line.split("\trefs/tags/").toReversed()),
		);

	it("tags the version and its major version", () => {
		expect(release("check", "1.2.3")).toEqual({ status: 0, text: "" });
		expect(tags()).toEqual({});
		expect(release("tag", "1.2.3")).toEqual({ status: 0, text: "Tagged v1.2.3 and v1." });
		expect(tags()).toEqual({ "v1.2.3": head(), v1: head() });
	});

	it("moves the tag of the major version, and never that of a version", () => {
		release("tag", "1.2.3");
		const first = head();
		commit("1.3.0");
		git(clone(), "push", "--quiet", "origin", "HEAD:main");
		expect(release("tag", "1.3.0").text).toBe("Tagged v1.3.0 and v1.");
		expect(tags()).toEqual({ "v1.2.3": first, "v1.3.0": head(), v1: head() });
		const again = release("tag", "1.3.0");
		expect(again).toEqual({
			status: 1,
			text: "Not released: v1.3.0 already exists; a version is never released twice",
		});
		expect(tags()).toEqual({ "v1.2.3": first, "v1.3.0": head(), v1: head() });
	});

	it("moves no tag if another release creates the version at the same moment", () => {
		const first = head();
		commit("1.3.0");
		git(clone(), "push", "--quiet", "origin", "HEAD:main");
		// Between the check of the origin and the push.
		const meanwhile = `git -C ${join(folder, "origin.git")} update-ref refs/tags/v1.3.0 ${first}; git-receive-pack`;
		git(clone(), "config", "remote.origin.receivepack", meanwhile);
		const { status, text } = release("tag", "1.3.0");
		expect(status).toBe(1);
		expect(text).toContain("already exists");
		expect(tags()).toEqual({ "v1.3.0": first });
	});

	it("keeps the major version's tag at the newest version", () => {
		commit("1.10.0");
		git(clone(), "push", "--quiet", "origin", "HEAD:main");
		release("tag", "1.10.0");
		const newest = head();
		commit("1.9.1");
		git(clone(), "push", "--quiet", "origin", "HEAD:main");
		expect(release("tag", "1.9.1").text).toBe("Tagged v1.9.1; v1 stays at 1.10.0.");
		expect(tags()).toEqual({ "v1.10.0": newest, "v1.9.1": head(), v1: newest });
	});

	it.each([
		["a commit that is not on main", "1.2.4", () => commit("1.2.4"), "is not on main"],
		["a version that differs from package.json's", "1.2.4", () => {}, "package.json has the version 1.2.3, not 1.2.4"],
		["an invalid version", "v1.2.3", () => {}, '"v1.2.3" is not a version'],
		[
			"a version that the changelog lacks",
			"1.2.5",
			() => {
				commit("1.2.5", CHANGELOG);
				git(clone(), "push", "--quiet", "origin", "HEAD:main");
			},
			"CHANGELOG.md has no notes for 1.2.5",
		],
	])("is refused for %s", (_what, version, before, why) => {
		before();
		const { status, text } = release("tag", version);
		expect(status).toBe(1);
		expect(text).toMatch(/^Not released: /);
		expect(text).toContain(why);
		expect(tags()).toEqual({});
	});
});
