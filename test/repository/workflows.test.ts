/** The workflows, and what they say of the action. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, test } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { readArguments } from "../../src/inputs/arguments.ts";
import { ROOT, read } from "../harness/repository.ts";
import { faultsOf } from "../harness/workflow-linter.ts";

const FOLDERS = [".github/workflows", "docs/examples"];
const FILES = FOLDERS.flatMap((folder) => readdirSync(join(ROOT, folder)).map((file) => `${folder}/${file}`));
const WORKFLOWS = FILES.filter((path) => path.endsWith(".yml"));

/** How examples pin this repository: by the commit of the version in package.json. */
const { version } = z.object({ version: z.string() }).parse(JSON.parse(read("package.json")));
const OWN_USE = new RegExp(
	`^OWNER/aws-watch-pending(?:/\\.github/workflows/reusable\\.yml)?@COMMIT # v${version.replaceAll(".", "\\.")}$`,
);

const stepSchema = z.looseObject({
	uses: z.string().optional(),
	run: z.string().optional(),
	with: z.record(z.string(), z.unknown()).default({}),
});
const jobSchema = z.looseObject({
	permissions: z.record(z.string(), z.string()).optional(),
	"timeout-minutes": z.union([z.number(), z.string().startsWith("${{")]).optional(),
	steps: z.array(stepSchema).default([]),
	uses: z.string().optional(),
});
const workflowSchema = z.looseObject({
	on: z.record(z.string(), z.unknown()),
	permissions: z.record(z.string(), z.string()).optional(),
	jobs: z.record(z.string(), jobSchema),
});
const declared = z.record(z.string(), z.looseObject({ default: z.string().optional(), value: z.string().optional() }));
const actionSchema = z.object({ inputs: declared, outputs: declared });
const reusableSchema = z.object({
	on: z.object({ workflow_call: z.object({ inputs: declared, secrets: declared, outputs: declared }) }),
	jobs: z.object({ tick: z.looseObject({ outputs: z.record(z.string(), z.string()) }) }),
});

const action = actionSchema.parse(parse(read("action.yml")));
/** What a caller may give: GitHub itself fills in a default that is an expression, of the job that runs the action. */
const givenInputs = Object.fromEntries(
	Object.entries(action.inputs).filter(([, { default: value }]) => !value?.startsWith("${{")),
);
const workflowOf = (path: string) => workflowSchema.parse(parse(read(path)));
const stepsOf = (path: string) => Object.values(workflowOf(path).jobs).flatMap(({ steps }) => steps);

test("action.yml is sound", async () => {
	expect(await faultsOf("action.yml", read("action.yml"))).toEqual([]);
});

describe.each(WORKFLOWS)("%s", (path) => {
	it("is sound", async () => {
		expect(await faultsOf(path, read(path))).toEqual([]);
	});

	it("uses what is pinned by its commit, with the version beside it", () => {
		for (const [, uses = "", comment] of read(path).matchAll(/uses: (\S+)(.*)$/gm)) {
			if (uses.startsWith("./")) continue;
			if (uses.startsWith("OWNER/")) {
				expect(`${uses}${comment}`).toMatch(OWN_USE);
				continue;
			}
			expect(uses).toMatch(/^[\w.-]+\/[\w./-]+@[0-9a-f]{40}$/);
			expect(comment, uses).toMatch(/^ # v\d+\.\d+\.\d+$/);
		}
	});

	it("gives the action only inputs that it has", () => {
		for (const step of stepsOf(path)) {
			if (!["./", "./.aws-watch-pending", "OWNER/aws-watch-pending@COMMIT"].includes(step.uses ?? "")) continue;
			expect(Object.keys(action.inputs)).toEqual(expect.arrayContaining(Object.keys(step.with)));
		}
	});

	it("puts no expression into the text of a script", () => {
		for (const { run } of stepsOf(path)) expect(run ?? "").not.toContain("${{");
	});

	it("leaves no credentials in the checkout, and ends by itself", () => {
		const { jobs } = workflowOf(path);
		for (const { steps, uses, "timeout-minutes": timeout } of Object.values(jobs)) {
			if (uses === undefined) expect(timeout).toBeDefined();
			for (const step of steps.filter(({ uses }) => uses?.startsWith("actions/checkout@")))
				expect(step.with["persist-credentials"]).toBe(false);
		}
	});

	it("gives each job the rights that it names, and no others", () => {
		const { permissions, jobs } = workflowOf(path);
		for (const job of Object.values(jobs)) expect(job.permissions ?? permissions).toBeDefined();
	});
});

test("only two jobs can write to the repository, and a release contains nothing cached", () => {
	const writers = WORKFLOWS.flatMap((path) =>
		Object.entries(workflowOf(path).jobs)
			.filter(([, { permissions }]) => permissions?.["contents"] === "write")
			.map(([name]) => `${path} ${name}`),
	);
	expect(writers).toEqual([".github/workflows/dependabot-dist.yml push", ".github/workflows/release.yml release"]);
	const setups = stepsOf(".github/workflows/release.yml").filter(({ uses }) => uses?.startsWith("actions/setup-"));
	expect(setups.map((step) => step.with["package-manager-cache"])).toEqual([false, false]);
});

test("new versions of what is pinned are proposed, and not before a week has passed", () => {
	const update = z.looseObject({
		"package-ecosystem": z.string(),
		cooldown: z.looseObject({ "default-days": z.number() }),
	});
	const { updates } = z.object({ updates: z.array(update) }).parse(parse(read(".github/dependabot.yml")));
	expect(updates.map((one) => one["package-ecosystem"])).toEqual(["npm", "github-actions"]);
	for (const { cooldown } of updates) expect(cooldown["default-days"]).toBeGreaterThanOrEqual(7);
});

test("the checks of workflows see a fault", async () => {
	const workflow = read(".github/workflows/watch-pending.yml");
	const broken = [
		["timeout-minutes: 10", "timeout-minuts: 10"],
		["id-token: write", "id-tokn: write"],
		["vars.AWS_ROLE_ARN != ''", "var.AWS_ROLE_ARN != ''"],
		["steps.tick.outputs.report }}", "steps.tock.outputs.report }}"],
		['cron: "3-58/5 * * * *"', 'cron: "3-58/5 * * *"'],
	] as const;
	for (const [sound, faulty] of broken) {
		expect(workflow).toContain(sound);
		expect(await faultsOf("w.yml", workflow.replace(sound, faulty)), faulty).not.toEqual([]);
	}
	const caller = read("docs/examples/caller.yml");
	expect(await faultsOf("c.yml", caller.replace("database-url:", "database-uri:"))).not.toEqual([]);
	expect(await faultsOf("c.yml", caller.replace("role-to-assume:", "role:"))).not.toEqual([]);
	expect(await faultsOf("action.yml", read("action.yml").replace("main:", "mian:"))).not.toEqual([]);
});

describe("the example workflows", () => {
	const EXAMPLE = "docs/examples/watch-pending.yml";
	const launching = [EXAMPLE, "docs/examples/caller.yml", ".github/workflows/watch-pending.yml"];

	it.each(["README.md", "docs/getting-started.md"])("%s shows the workflow of docs/examples", (page) => {
		expect(read(page)).toContain(`\`\`\`yaml\n${read(EXAMPLE)}\`\`\``);
	});

	it("README.md says how to find the commit of this version, and how to verify each file of dist/", () => {
		expect(read("README.md")).toContain(`commits/v${version} --jq .sha`);
		expect(read("README.md")).toContain(`git checkout v${version}`);
		const verified = [...read("README.md").matchAll(/gh attestation verify dist\/(\S+)/g)].map(([, file]) => file);
		expect(verified.toSorted()).toEqual(readdirSync(join(ROOT, "dist")).filter((file) => file.endsWith(".js")));
	});

	it("docs/getting-started.md shows the check of pull requests", () => {
		expect(read("docs/getting-started.md")).toContain(`\`\`\`yaml\n${read("docs/examples/check.yml")}\`\`\``);
	});

	it.each(launching)("%s launches nothing until a variable allows it, and then one instance a run", (path) => {
		const { jobs } = workflowOf(path);
		const given = Object.values(jobs).flatMap((job) => [job["with"], ...job.steps.map((step) => step.with)]);
		const [tick, ...others] = z
			.array(z.looseObject({ mode: z.string(), "max-launches": z.string() }))
			.parse(given.filter((values) => JSON.stringify(values)?.includes("mode")));
		expect(others).toEqual([]);
		expect(tick?.mode).toBe(`\${{ inputs.mode || vars.WATCH_PENDING_MODE || 'dry-run' }}`);
		expect(tick?.["max-launches"]).toBe(`\${{ vars.WATCH_PENDING_MAX_LAUNCHES || '1' }}`);
		expect(Object.values(jobs).map((job) => job["if"])).toEqual(["vars.AWS_ROLE_ARN != ''"]);
		const { inputs } = z
			.looseObject({ inputs: z.looseObject({ mode: z.looseObject({ default: z.string() }) }) })
			.parse(workflowOf(path).on["workflow_dispatch"]);
		expect(inputs.mode.default).toBe("dry-run");
	});

	it("this repository's own workflow is the example, with inputs to choose by hand", () => {
		const job = (path: string) => workflowOf(path).jobs["watch-pending"];
		const { steps: ownSteps = [], ...own } = job(".github/workflows/watch-pending.yml") ?? {};
		const { steps = [], ...example } = job(EXAMPLE) ?? {};
		expect(own).toEqual(example);
		const fixed = (list: typeof steps) => list.filter((step) => step["id"] !== "tick");
		expect(fixed(ownSteps)).toEqual(fixed(steps));
	});

	it("the check of pull requests has no secret, role, or environment", () => {
		const text = read("docs/examples/check.yml");
		expect(text).not.toMatch(/secrets|vars|role|environment|id-token|: write/);
		expect(Object.keys(workflowOf("docs/examples/check.yml").on)).toEqual(["pull_request"]);
		expect(stepsOf("docs/examples/check.yml").at(-1)?.with["mode"]).toBe("check");
	});

	it("the check of pull requests compares with the base of the pull request, at the same path", () => {
		const steps = stepsOf("docs/examples/check.yml");
		const base = steps.find((step) => step.with["ref"] === `\${{ github.event.pull_request.base.sha }}`)?.with["path"];
		const { config, "check-against": against } = steps.at(-1)?.with ?? {};
		expect(against).toBe(`${base}/${config}`);
	});

	it("each use and each attempt keeps its report under a name of its own", () => {
		for (const path of WORKFLOWS) {
			for (const step of stepsOf(path).filter(({ with: { path: kept } }) => String(kept).includes("outputs.report"))) {
				expect(step.with["name"], path).toMatch(
					/^report-\$\{\{ (?:github\.job|inputs\.step-key) \}\}-\$\{\{ github\.run_attempt \}\}$/,
				);
				expect(step.with["overwrite"], path).toBeUndefined();
			}
		}
	});
});

describe("the systemd units", () => {
	const service = read("docs/examples/aws-watch-pending.service");

	it("run the command line with options that it has, as a dry run of one instance", () => {
		const [, line = ""] = /^ExecStart=\/usr\/bin\/env aws-watch-pending ((?:.*\\\n)*.*)$/m.exec(service) ?? [];
		const { inputs, ...args } = readArguments(line.replaceAll("\\\n", " ").trim().split(/\s+/));
		expect(inputs("mode").texts).toEqual(["dry-run"]);
		expect(inputs("max-launches").texts).toEqual(["1"]);
		expect(args).toMatchObject({
			secretsFile: "/etc/aws-watch-pending/secrets.json",
			reportFile: "%S/aws-watch-pending/report.json",
			summaryFile: "%S/aws-watch-pending/summary.md",
		});
	});

	it("give a tick the time that it may take", () => {
		const [, seconds] = /^TimeoutStartSec=(\d+)$/m.exec(service) ?? [];
		expect(Number(seconds)).toBeGreaterThan(Number(action.inputs["timeout"]?.default) + 30);
	});

	it("docs/command-line.md names every example for a machine of one's own", () => {
		const page = read("docs/command-line.md");
		for (const path of FILES.filter((file) => !/\.(?:yml|sqlite)$/.test(file))) {
			expect(page).toContain(`(${path.replace("docs/", "")})`);
		}
	});
});

describe("the reusable workflow", () => {
	const reusable = reusableSchema.parse(parse(read(".github/workflows/reusable.yml")));
	const { inputs, secrets, outputs } = reusable.on.workflow_call;

	it("takes the action's inputs, secret ones as secrets, with the same defaults", () => {
		const own = ["aws-region", "environment", "runs-on", "step-key"];
		const ofAction = Object.fromEntries(Object.entries(inputs).filter(([name]) => !own.includes(name)));
		const { token: _, ...ofSecrets } = secrets;
		const defaults = (all: z.infer<typeof declared>) =>
			Object.fromEntries(Object.entries(all).map(([name, { default: value }]) => [name, value]));
		expect(Object.keys(secrets)).toEqual(["database-url", "token"]);
		expect({ ...defaults(ofAction), ...defaults(ofSecrets) }).toStrictEqual(defaults(givenInputs));
	});

	it("hands each of them to the action under its own name", () => {
		const step = stepsOf(".github/workflows/reusable.yml").find(({ uses }) => uses === "./.aws-watch-pending");
		const from = (name: string) => (name in secrets ? `\${{ secrets.${name} }}` : `\${{ inputs.${name} }}`);
		const given = ["step-key", ...Object.keys(givenInputs)];
		expect(step?.with).toEqual(Object.fromEntries(given.map((name) => [name, from(name)])));
	});

	it("has no environment in mode check", () => {
		const { environment } = z
			.looseObject({ environment: z.object({ name: z.string(), deployment: z.boolean() }) })
			.parse(reusable.jobs.tick);
		expect(environment.name).toBe(`\${{ inputs.mode != 'check' && inputs.environment || '' }}`);
	});

	it("gives the action's outputs", () => {
		const names = Object.keys(action.outputs);
		const through = (name: string) => [name, `\${{ jobs.tick.outputs.${name} }}`];
		expect(Object.fromEntries(Object.entries(outputs).map(([name, { value }]) => [name, value]))).toEqual(
			Object.fromEntries(names.map(through)),
		);
		expect(Object.keys(reusable.jobs.tick.outputs)).toEqual(names);
	});
});
