/** Earlier runs of this workflow, from GitHub's API. */
import { request } from "@octokit/request";
import { z } from "zod";
import { errorMessage } from "../../errors.ts";
import type { RunContext } from "../../inputs/inputs.ts";
import type { PreviousRunAnswer, PreviousRunSource } from "../../tick/ports.ts";
import { cronOfEvent, intervalAfter } from "./schedule.ts";

/** Conclusions of runs that did their work. A run that was canceled while it waited, or was skipped, did nothing. */
const FINISHED: ReadonlySet<string | null> = new Set(["success", "failure", "timed_out"]);
/** Newest first. Enough to find a finished run among others; re-runs finish out of order. */
const RUNS = 30;

/** Warnings in the server's headers would reach the log unescaped. */
const SILENT = { debug() {}, info() {}, warn() {}, error() {} };

const answerSchema = z.object({
	workflow_runs: z.array(
		z.object({ id: z.number(), conclusion: z.string().nullable(), updated_at: z.iso.datetime({ offset: true }) }),
	),
});

export class GithubRuns implements PreviousRunSource {
	readonly #context: RunContext;
	readonly #timeout: number;

	/** @param timeout milliseconds for all requests */
	constructor(context: RunContext, timeout: number) {
		this.#context = context;
		this.#timeout = timeout;
	}

	async read(): Promise<PreviousRunAnswer> {
		try {
			const finishedAt = await this.#lastFinish();
			if (finishedAt === null) return { kind: "unknown", reason: "no earlier run of this workflow has finished" };
			const cron = cronOfEvent(this.#context.eventName, this.#context.eventPath);
			const expectedSeconds = cron === null ? null : intervalAfter(cron, finishedAt);
			return { kind: "known", run: { finishedAt, expectedSeconds } };
		} catch (error) {
			return { kind: "unknown", reason: errorMessage(error) };
		}
	}

	/** Seconds since 1970, UTC; null: no run has finished. */
	async #lastFinish(): Promise<number | null> {
		const { token, apiUrl, repository, workflowRef, runId } = this.#context;
		const [, file] = /\/([^/@]+)@/.exec(workflowRef) ?? [];
		const [owner, repo] = repository.split("/");
		if (owner === undefined || repo === undefined || file === undefined) {
			throw new RangeError(`"${workflowRef}" of ${repository} is not the file of a workflow`);
		}
		// The base of @actions/github, whose own client adds half a megabyte.
		const { data } = await request("GET /repos/{owner}/{repo}/actions/workflows/{workflow_id}/runs", {
			baseUrl: apiUrl,
			headers: { authorization: `token ${token}` },
			owner,
			repo,
			workflow_id: file,
			status: "completed",
			per_page: RUNS,
			exclude_pull_requests: true,
			request: { signal: AbortSignal.timeout(this.#timeout), log: SILENT },
		});
		const ends = answerSchema
			.parse(data)
			.workflow_runs.filter(({ id, conclusion }) => String(id) !== runId && FINISHED.has(conclusion))
			.map(({ updated_at }) => Math.floor(Date.parse(updated_at) / 1000));
		return ends.length === 0 ? null : Math.max(...ends);
	}
}
