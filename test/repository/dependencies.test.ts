/** How dependencies are updated and checked. */
import { matchesGlob } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { read } from "../harness/repository.ts";

const names = z.record(z.string(), z.string());
const manifest = z
	.object({ dependencies: names.optional(), devDependencies: names, optionalDependencies: names })
	.parse(JSON.parse(read("package.json")));

/** The packages in `dist/`: each part of the file starts with a name and a version. */
const bundled = new Set(
	read("dist/licenses.txt")
		.split(/^-{80}$/m)
		// A part starts with the packages that it applies to, one per line.
		.flatMap((part) => part.trim().split("\n\n")[0]?.split("\n") ?? [])
		.flatMap((line) => /^(\S+) \d/.exec(line)?.[1] ?? []),
);

describe("Dependabot", () => {
	const group = z.object({ patterns: z.array(z.string()) });
	const npm = z.object({ "package-ecosystem": z.literal("npm"), groups: z.record(z.string(), group) });
	const config = z.object({ updates: z.tuple([npm, z.unknown()]) }).parse(parse(read(".github/dependabot.yml")));
	const groups = Object.entries(config.updates[0].groups);
	const direct = Object.keys({ ...manifest.devDependencies, ...manifest.optionalDependencies });
	/** A package belongs to the first group that matches it. */
	const groupOf = (name: string) =>
		groups.find(([, { patterns }]) => patterns.some((pattern) => pattern === "*" || matchesGlob(name, pattern)))?.[0];

	it("updates the packages that dist/ contains as one group, and tools as another", () => {
		expect(bundled.size).toBeGreaterThan(30);
		const expected = direct.map((name) => [name, bundled.has(name) ? "bundled" : "tools"]);
		expect(direct.map((name) => [name, groupOf(name)])).toEqual(expected);
	});
});

it("no package is installed with the action: dist/ contains what it needs", () => {
	expect(manifest.dependencies).toBeUndefined();
});

it("a vulnerable package fails the dependency review, whatever its scope in package.json", () => {
	const { jobs } = workflow("ci.yml");
	const step = jobs["dependency-review"]?.steps.find(({ uses }) =>
		uses?.startsWith("actions/dependency-review-action@"),
	);
	expect(String(step?.with["fail-on-scopes"]).split(", ").toSorted()).toEqual(["development", "runtime", "unknown"]);
});

describe("the rebuild of dist/ for Dependabot", () => {
	const { on, jobs } = workflow("dependabot-dist.yml");
	const writers = Object.entries(jobs).filter(([, { permissions }]) => Object.values(permissions).includes("write"));

	it("runs in pull requests of Dependabot only, without the base branch's secrets", () => {
		expect(Object.keys(on)).toEqual(["pull_request"]);
		expect(jobs["build"]?.if).toBe("github.event.pull_request.user.login == 'dependabot[bot]'");
		expect(read(".github/workflows/dependabot-dist.yml")).not.toContain("secrets.");
	});

	it("writes in a job that runs no code of the pull request", () => {
		expect(writers.map(([name]) => name)).toEqual(["push"]);
		for (const { uses, run = "" } of writers.flatMap(([, { steps }]) => steps)) {
			expect(uses ?? "actions/").toMatch(/^actions\//);
			for (const line of run.split("\n").filter((line) => line !== "")) expect(line).toMatch(/^(git|gh) /);
		}
	});

	it("commits dist/ alone, so that Dependabot can still rebase, and starts the checks", () => {
		const script = writers.flatMap(([, { steps }]) => steps.map(({ run }) => run ?? "")).join("\n");
		expect(script.match(/^git add .*$/gm)).toEqual(["git add --all -- dist"]);
		expect(script).toContain("[dependabot skip]");
		expect(script).toContain("gh workflow run ci.yml");
		expect(Object.keys(workflow("ci.yml").on)).toContain("workflow_dispatch");
	});
});

function workflow(file: string) {
	const step = z.looseObject({
		uses: z.string().optional(),
		run: z.string().optional(),
		with: z.record(z.string(), z.unknown()).default({}),
	});
	const job = z.looseObject({ if: z.string().optional(), permissions: names, steps: z.array(step) });
	return z
		.object({ on: z.record(z.string(), z.unknown()), jobs: z.record(z.string(), job) })
		.parse(parse(read(`.github/workflows/${file}`)));
}
