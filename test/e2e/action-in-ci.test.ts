/** The job of ci.yml that runs the action as a workflow does: its steps, as the runner runs them. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { runAction } from "../harness/action.ts";
import { ROOT, read } from "../harness/repository.ts";

const texts = z.record(z.string(), z.coerce.string()).default({});
const stepSchema = z.looseObject({
	id: z.string().optional(),
	uses: z.string().optional(),
	run: z.string().optional(),
	with: texts,
	env: texts,
});
const workflow = z
	.looseObject({ jobs: z.looseObject({ action: z.looseObject({ steps: z.array(stepSchema) }) }) })
	.parse(parse(read(".github/workflows/ci.yml")));
/** Without what prepares the runner. */
const steps = workflow.jobs.action.steps.filter(({ uses, run }) => uses === "./" || (run && run !== "npm ci"));

it("checks the example configuration, and plans launches in a dry run", async () => {
	const folder = mkdtempSync(join(tmpdir(), "aws-watch-pending-ci-"));
	const environment: Record<string, string> = {};
	const outputs: Record<string, Readonly<Record<string, string>>> = {};
	const valuesOf = (given: Readonly<Record<string, string>>) =>
		Object.fromEntries(
			Object.entries(given).map(([name, value]) => [
				name,
				value.replace(/\$\{\{ steps\.(\w+)\.outputs\.(\w+) \}\}/g, (_, id, output) => outputs[id]?.[output] ?? ""),
			]),
		);
	try {
		const modes = [];
		for (const { id = "", uses, run = "", with: inputs, env } of steps) {
			if (uses !== undefined) {
				const result = await runAction({ inputs: valuesOf(inputs), workspace: ROOT, environment });
				expect(result.exitCode, result.log).toBe(0);
				const report = join(folder, "report.json");
				if (result.report !== null) writeFileSync(report, result.report);
				outputs[id] = { ...result.outputs, report };
				modes.push(inputs["mode"]);
				continue;
			}
			const files = { GITHUB_ENV: join(folder, "env"), GITHUB_OUTPUT: join(folder, "output") };
			for (const file of Object.values(files)) writeFileSync(file, "");
			// The runner's `shell: bash`.
			const { status, stdout, stderr } = spawnSync("bash", ["-e", "-o", "pipefail", "-c", run], {
				cwd: ROOT,
				env: { ...process.env, ...environment, ...files, ...valuesOf(env) },
				encoding: "utf8",
			});
			expect(status, `${run}\n${stdout}${stderr}`).toBe(0);
			Object.assign(environment, variablesIn(files.GITHUB_ENV));
			outputs[id] = variablesIn(files.GITHUB_OUTPUT);
		}
		expect(modes).toEqual(["check", "dry-run"]);
	} finally {
		if (environment["SITE_PID"] !== undefined) process.kill(Number(environment["SITE_PID"]));
		rmSync(folder, { recursive: true });
	}
});

function variablesIn(file: string): Record<string, string> {
	return Object.fromEntries(
		[...readFileSync(file, "utf8").matchAll(/^(\w+)=(.*)$/gm)].map(([, name = "", value = ""]) => [name, value]),
	);
}
