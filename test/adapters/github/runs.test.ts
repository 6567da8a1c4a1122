/** Earlier runs, over a real socket. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import type { ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { GithubRuns } from "../../../src/adapters/github/runs.ts";
import type { RunContext } from "../../../src/inputs/inputs.ts";
import { GithubApi, json } from "../../harness/github-api.ts";
import { CLOSED_PORT } from "../../harness/listen.ts";

const TOKEN = "ghs_t0ken";
let api: GithubApi;
let folder: string;
let eventPath: string;
beforeEach(async () => {
	api = await GithubApi.start();
	folder = mkdtempSync(join(tmpdir(), "aws-watch-pending-event-"));
	eventPath = join(folder, "event.json");
	writeFileSync(eventPath, JSON.stringify({ schedule: "*/5 * * * *" }));
});
afterEach(async () => {
	await api[Symbol.asyncDispose]();
	rmSync(folder, { recursive: true, force: true });
});

const read = (overrides: Partial<RunContext> = {}, timeout = 10_000) =>
	new GithubRuns(
		{
			token: TOKEN,
			apiUrl: api.url,
			repository: "example/builds",
			workflowRef: "example/builds/.github/workflows/watch.yml@refs/heads/main",
			runId: "9",
			eventName: "schedule",
			eventPath,
			...overrides,
		},
		timeout,
	).read();
const seconds = (time: string) => Date.parse(time) / 1000;
const run = (id: number, updated_at: string, conclusion: string | null = "success") => ({ id, updated_at, conclusion });

describe("this workflow's last finished run", () => {
	it("is read with one request, with the token, for this workflow's file", async () => {
		api.runs = [run(1, "2026-01-05T10:04:10Z")];
		await read();
		expect(api.asked).toHaveLength(1);
		expect(api.asked[0]).toMatch(/^GET \/repos\/example\/builds\/actions\/workflows\/watch\.yml\/runs\?/);
		expect(api.authorizations).toEqual([`token ${TOKEN}`]);
	});

	it("is the run that ended last, which isn't always the newest", async () => {
		api.runs = [
			run(3, "2026-01-05T10:04:10Z"),
			run(2, "2026-01-05T10:06:00Z", "failure"),
			run(1, "2026-01-05T09:59:00Z"),
		];
		expect(await read()).toEqual({
			kind: "known",
			run: { finishedAt: seconds("2026-01-05T10:06:00Z"), expectedSeconds: 300 },
		});
	});

	it.each(["cancelled", "skipped", "action_required", "startup_failure", "stale", null])(
		"is no run with conclusion %s, which did nothing",
		async (conclusion) => {
			api.runs = [run(2, "2026-01-05T10:09:00Z", conclusion), run(1, "2026-01-05T10:04:10Z", "timed_out")];
			expect(await read()).toMatchObject({ run: { finishedAt: seconds("2026-01-05T10:04:10Z") } });
		},
	);

	it("is neither this run nor one in progress", async () => {
		api.runs = [
			run(9, "2026-01-05T10:14:00Z"),
			{ ...run(8, "2026-01-05T10:13:00Z"), status: "in_progress" },
			run(1, "2026-01-05T10:04:10Z"),
		];
		expect(await read()).toMatchObject({ run: { finishedAt: seconds("2026-01-05T10:04:10Z") } });
	});

	it("is unknown if no run has finished", async () => {
		expect(await read()).toEqual({ kind: "unknown", reason: "no earlier run of this workflow has finished" });
	});
});

describe("the interval", () => {
	it.each([
		["workflow_dispatch", { eventName: "workflow_dispatch" }],
		["an event without a payload", { eventPath: null }],
	])("is null for a run started by %s", async (_what, overrides) => {
		api.runs = [run(1, "2026-01-05T10:04:10Z")];
		expect(await read(overrides)).toMatchObject({ run: { expectedSeconds: null } });
	});

	it.each([
		["every five minutes, off the hour", "3-58/5 * * * *", "2026-01-05T10:04:10Z", 300],
		["a run that ended exactly when the next was due", "*/5 * * * *", "2026-01-05T10:05:00Z", 300],
		["hourly", "17 * * * *", "2026-01-05T10:18:00Z", 3600],
		["working hours, during them", "*/5 9-17 * * MON-FRI", "2026-01-05T12:01:00Z", 300],
		// Due at 9:00, 9:05, and 9:10 of the next day: the night is not a delay.
		["working hours, after the last run of a day", "*/5 9-17 * * MON-FRI", "2026-01-05T17:56:00Z", (15 * 60 + 15) * 20],
	])("is the cron's: %s", async (_what, schedule, finishedAt, expected) => {
		writeFileSync(eventPath, JSON.stringify({ schedule }));
		api.runs = [run(1, finishedAt)];
		expect(await read()).toMatchObject({ run: { expectedSeconds: expected } });
	});

	it.each([
		["no cron", JSON.stringify({ schedule: "every five minutes" })],
		["a cron that never comes", JSON.stringify({ schedule: "0 0 30 2 *" })],
		["no schedule", "{}"],
		["no JSON", "<html>"],
	])("is unknown if the payload has %s", async (_what, payload) => {
		writeFileSync(eventPath, payload);
		api.runs = [run(1, "2026-01-05T10:04:10Z")];
		expect(await read()).toEqual({ kind: "unknown", reason: expect.any(String) });
	});
});

describe("an API that gives no usable answer", () => {
	it.each<[string, (response: ServerResponse) => void]>([
		["has no permission", (response) => json(response, 403, { message: "Resource not accessible by integration" })],
		[
			"has reached its limit",
			(response) => json(response, 403, { message: "rate limit" }, { "x-ratelimit-remaining": "0" }),
		],
		["throttles", (response) => json(response, 429, { message: "slow down" }, { "retry-after": "3600" })],
		["rejects the token", (response) => json(response, 401, { message: "Bad credentials" })],
		["knows no such workflow", (response) => json(response, 404, { message: "Not Found" })],
		["is broken", (response) => json(response, 502, { message: "oops" })],
		["answers no JSON", (response) => response.writeHead(200, { connection: "close" }).end("<html>")],
		["answers other JSON", (response) => json(response, 200, { workflow_runs: [{ id: "one" }] })],
		["breaks off", (response) => response.socket?.resetAndDestroy()],
		[
			"breaks off halfway",
			(response) => {
				response.writeHead(200, { "content-type": "application/json", "content-length": "100" });
				response.write('{"workflow_runs"', () => response.socket?.resetAndDestroy());
			},
		],
	])(
		"because it %s leaves the run unknown after one request, without the token in the reason",
		async (_what, answer) => {
			api.answer = (_request, response) => answer(response);
			const known = await read();
			expect(known).toEqual({ kind: "unknown", reason: expect.any(String) });
			expect(JSON.stringify(known)).not.toContain(TOKEN);
			expect(api.asked).toHaveLength(1);
		},
	);

	it("because nothing is listening leaves the run unknown", async () => {
		expect(await read({ apiUrl: `http://127.0.0.1:${CLOSED_PORT}` })).toEqual({
			kind: "unknown",
			reason: expect.any(String),
		});
	});

	it("because it never responds ends in a timeout", async () => {
		api.answer = () => {};
		expect(await read({}, 50)).toEqual({ kind: "unknown", reason: expect.stringMatching(/abort|time/i) });
		// None if the time is over before the request has arrived.
		expect(api.asked.length).toBeLessThanOrEqual(1);
	});

	it("is not called for a workflow without a file", async () => {
		expect(await read({ workflowRef: "dynamic" })).toEqual({
			kind: "unknown",
			reason: expect.stringContaining("dynamic"),
		});
		expect(api.asked).toEqual([]);
	});
});
