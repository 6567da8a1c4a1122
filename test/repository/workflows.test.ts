/** The workflows, and what they say of the action. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, test } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { ROOT, read } from "../harness/repository.ts";
import { faultsOf } from "../harness/workflow-linter.ts";

const FOLDERS = [".github/workflows", "docs/examples"];
const WORKFLOWS = FOLDERS.flatMap((folder) => readdirSync(join(ROOT, folder)).map((file) => `${folder}/${file}`));

const stepSchema = z.looseObject({
	uses: z.string().optional(),
	run: z.string().optional(),
	with: z.record(z.string(), z.unknown()).default({}),
});
const jobSchema = z.looseObject({
	permissions: z.record(z.string(), z.string()).optional(),
	"timeout-minutes": z.number().optional(),
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
			if (uses.startsWith("./") || uses.startsWith("OWNER/aws-watch-pending")) continue;
			expect(uses).toMatch(/^[\w.-]+\/[\w./-]+@[0-9a-f]{40}$/);
			expect(comment, uses).toMatch(/^ # v\d+\.\d+\.\d+$/);
		}
	});

	it("gives the action only inputs that it has", () => {
		for (const step of stepsOf(path)) {
			if (!["./", "./.aws-watch-pending"].includes(step.uses ?? "")) continue;
			expect(Object.keys(action.inputs)).toEqual(expect.arrayContaining(Object.keys(step.with)));
		}
	});

	it("puts no expression into the text of a script", () => {
		for (const { run } of stepsOf(path)) expect(run ?? "").not.toContain("${{");
	});

	it("leaves no credentials in the checkout, and ends by itself", () => {
		const { jobs } = workflowOf(path);
		for (const { steps, uses, "timeout-minutes": timeout } of Object.values(jobs)) {
			if (uses === undefined) expect(timeout).toBeGreaterThan(0);
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

describe("the reusable workflow", () => {
	const reusable = reusableSchema.parse(parse(read(".github/workflows/reusable.yml")));
	const { inputs, secrets, outputs } = reusable.on.workflow_call;

	it("takes the action's inputs, secret ones as secrets, with the same defaults", () => {
		const { "role-to-assume": _, "aws-region": __, environment: ___, "step-key": ____, ...ofAction } = inputs;
		const defaults = (all: z.infer<typeof declared>) =>
			Object.fromEntries(Object.entries(all).map(([name, { default: value }]) => [name, value]));
		expect(Object.keys(secrets)).toEqual(["database-url"]);
		expect({ ...defaults(ofAction), ...defaults(secrets) }).toStrictEqual(defaults(givenInputs));
	});

	it("hands each of them to the action under its own name", () => {
		const step = stepsOf(".github/workflows/reusable.yml").find(({ uses }) => uses === "./.aws-watch-pending");
		const from = (name: string) => (name in secrets ? `\${{ secrets.${name} }}` : `\${{ inputs.${name} }}`);
		const given = ["step-key", ...Object.keys(givenInputs)];
		expect(step?.with).toEqual(Object.fromEntries(given.map((name) => [name, from(name)])));
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
