/** A scheduled run says when it comes late, where GitHub lets it know. */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { GithubApi, json } from "../harness/github-api.ts";
import { Site } from "../harness/site.ts";

const TOKEN = "ghs_t0ken";
let site: Site;
let api: GithubApi;
beforeEach(async () => {
	[site, api] = await Promise.all([Site.start(), GithubApi.start()]);
	writeFileSync(join(site.workspace, "event.json"), JSON.stringify({ schedule: "*/5 * * * *" }));
	lastRun(3600);
});
afterEach(() => Promise.all([site[Symbol.asyncDispose](), api[Symbol.asyncDispose]()]));

function lastRun(secondsAgo: number): void {
	const updated_at = new Date(Date.now() - secondsAgo * 1000).toISOString();
	api.runs = [{ id: 7, conclusion: "success", updated_at }];
}
const scheduled = (
	inputs: Readonly<Record<string, string>> = {},
	environment: Readonly<Record<string, string>> = {},
): Parameters<typeof site.tick> => [
	{ "github-token": TOKEN, ...inputs },
	{
		runId: "9",
		environment: {
			...api.environment,
			GITHUB_EVENT_NAME: "schedule",
			GITHUB_EVENT_PATH: join(site.workspace, "event.json"),
			...environment,
		},
	},
];
const tick = (...changes: Parameters<typeof scheduled>) => site.tick(...scheduled(...changes));

describe("a scheduled run", () => {
	it("warns about a gap of more than three intervals, in log and summary, and reports it", async () => {
		const { exitCode, log, summary, report } = await site.run(...scheduled());
		expect(exitCode).toBe(0);
		expect(log).toMatch(/^::warning::No run has finished in the last 1 h, .* every 5 min\./m);
		expect(summary).toMatch(/^⚠️ No run has finished in the last 1 h, /m);
		const { previousRun } = JSON.parse(report ?? "{}");
		expect(previousRun).toMatchObject({ finishedAt: expect.stringMatching(/Z$/), expectedSeconds: 300 });
		expect(previousRun.gapSeconds).toBeGreaterThanOrEqual(3600);
	});

	it("does not warn about a gap within the schedule", async () => {
		lastRun(240);
		const { log, summary, report } = await tick();
		expect(log + summary).not.toContain("No run has finished");
		expect(JSON.parse(report ?? "{}").previousRun).toMatchObject({ expectedSeconds: 300 });
	});

	it.each<[string, Parameters<typeof tick>, number]>([
		["without a token", [{ "github-token": "" }], 0],
		["outside a workflow", [{}, { GITHUB_WORKFLOW_REF: "" }], 0],
		["where the token is not let in", [], 1],
	])("%s does not warn, and continues", async (_what, [inputs, environment], asked) => {
		api.answer = (_request, response) => json(response, 403, { message: "Resource not accessible by integration" });
		const { exitCode, log, summary, report } = await tick(inputs, environment);
		expect(exitCode).toBe(0);
		expect(log + summary).not.toMatch(/No run has finished|::(warning|error|notice)/);
		expect(JSON.parse(report ?? "{}").previousRun).toBeNull();
		expect(api.asked).toHaveLength(asked);
	});
});

it.each<[string, (path: string) => unknown]>([
	["is missing", (path) => rmSync(path)],
	["is a folder", (path) => [rmSync(path), mkdirSync(path)]],
	["is not JSON", (path) => writeFileSync(path, "\n::error::x\n")],
])("a run succeeds, and shows nothing of the event's payload, if the payload %s", async (_what, damage) => {
	damage(join(site.workspace, "event.json"));
	const { exitCode, log, errorOutput, summary } = await tick({}, { RUNNER_DEBUG: "1" });
	expect(exitCode).toBe(0);
	expect(log).toContain("::debug::The previous run of this workflow is");
	expect(log + summary + errorOutput).not.toMatch(/^::error|No run of this workflow/m);
});

it("a manually started run is never late", async () => {
	const { log, summary, report } = await tick({}, { GITHUB_EVENT_NAME: "workflow_dispatch" });
	expect(log + summary).not.toContain("No run has finished");
	expect(JSON.parse(report ?? "{}").previousRun).toMatchObject({ expectedSeconds: null });
});

it("the token is masked and appears nowhere else", async () => {
	api.answer = (_request, response) => json(response, 403, { message: `no: ${TOKEN}` });
	const { log, errorOutput, summary, report, outputs } = await tick({}, { RUNNER_DEBUG: "1" });
	expect(log).toContain(`::add-mask::${TOKEN}\n`);
	const rest = log.replaceAll(`::add-mask::${TOKEN}\n`, "");
	expect(rest).toContain("::debug::The previous run of this workflow is unknown: no: ***");
	expect(rest + errorOutput + summary + report + JSON.stringify(outputs)).not.toContain(TOKEN);
});
