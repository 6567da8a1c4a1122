/** Generated files match their sources, and files stay short. */
import { execFileSync } from "node:child_process";
import { globSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { commandLineWithTables, readmeWithTables } from "../../scripts/readme.ts";

const root = resolve(import.meta.dirname, "../..");
const read = (path: string) => readFileSync(join(root, path), "utf8");

test("dist/ matches the sources (rebuild it with `npm run package`)", () => {
	const folder = mkdtempSync(join(tmpdir(), "aws-watch-pending-dist-"));
	try {
		execFileSync(process.execPath, [join(root, "scripts/package.ts"), folder], { cwd: root });
		expect(readdirSync(folder).toSorted()).toEqual(readdirSync(join(root, "dist")).toSorted());
		for (const file of readdirSync(folder)) {
			// Not `toBe` on the texts: a difference would print megabytes.
			expect(readFileSync(join(folder, file), "utf8") === read(join("dist", file)), file).toBe(true);
		}
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
});

test("the README's tables match action.yml (update them with `npm run readme`)", () => {
	expect(readmeWithTables(read("README.md"), read("action.yml"))).toBe(read("README.md"));
});

test("the tables of the command line match its options (update them with `npm run readme`)", () => {
	expect(commandLineWithTables(read("docs/command-line.md"))).toBe(read("docs/command-line.md"));
});

test("no source file is longer than 300 lines", () => {
	const long = globSync("src/**/*.ts", { cwd: root }).filter((file) => read(file).split("\n").length > 301);
	expect(long).toEqual([]);
});
