/** What lies beside the code is what the code says. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { readmeWithTables } from "../scripts/readme.ts";

const root = resolve(import.meta.dirname, "..");
const read = (path: string) => readFileSync(join(root, path), "utf8");

test("dist/ is what the sources build: if not, run `npm run package`", () => {
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

test("the README's tables are action.yml's: if not, run `npm run readme`", () => {
	expect(readmeWithTables(read("README.md"), read("action.yml"))).toBe(read("README.md"));
});

test("every action that a workflow uses is pinned by its commit", () => {
	for (const file of readdirSync(join(root, ".github/workflows"))) {
		const uses = [...read(`.github/workflows/${file}`).matchAll(/uses: (\S+)(.*)$/gm)];
		for (const [, action, comment] of uses) {
			if (action?.startsWith("./")) continue;
			expect(action, file).toMatch(/^[\w.-]+\/[\w./-]+@[0-9a-f]{40}$/);
			expect(comment, `${file}: ${action}`).toMatch(/# v\d+/);
		}
	}
});

test("the workflows give the action only inputs that it has", () => {
	const inputs = Object.keys(parse(read("action.yml")).inputs);
	const { jobs } = parse(read(".github/workflows/watch-pending.yml"));
	for (const step of Object.values<{ steps: { uses?: string; with?: object }[] }>(jobs).flatMap(({ steps }) => steps)) {
		if (step.uses !== "./") continue;
		expect(inputs).toEqual(expect.arrayContaining(Object.keys(step.with ?? {})));
	}
});
