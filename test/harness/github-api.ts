/** The part of GitHub's API that lists a workflow's runs, over HTTP on loopback. Any other request gets a 404. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { listen } from "./listen.ts";

export interface ApiRun {
	readonly id: number;
	readonly conclusion: string | null;
	/** ISO 8601; for a completed run, its end. */
	readonly updated_at: string;
	/** Default: `completed`. */
	readonly status?: string;
}

export class GithubApi {
	readonly url: string;
	/** Method, path, and query of each request. */
	readonly asked: string[] = [];
	/** The Authorization header of each request. */
	readonly authorizations: (string | undefined)[] = [];
	/** Runs of `watch.yml` in `example/builds`, newest first. */
	runs: readonly ApiRun[] = [];
	/** Replaces the regular answer. */
	answer: ((request: IncomingMessage, response: ServerResponse) => void) | null = null;
	readonly #close: () => Promise<void>;

	private constructor(url: string, close: () => Promise<void>) {
		this.url = url;
		this.#close = close;
	}

	static async start(): Promise<GithubApi> {
		const server = createServer((request, response) => api.#handle(request, response));
		const port = await listen(server);
		const api = new GithubApi(`http://127.0.0.1:${port}`, async () => {
			server.closeAllConnections();
			await new Promise((done) => server.close(done));
		});
		return api;
	}

	/** Variables that the runner sets for every scheduled run. */
	get environment(): Readonly<Record<string, string>> {
		return {
			GITHUB_API_URL: this.url,
			GITHUB_WORKFLOW_REF: "example/builds/.github/workflows/watch.yml@refs/heads/main",
		};
	}

	#handle(request: IncomingMessage, response: ServerResponse): void {
		this.asked.push(`${request.method} ${request.url}`);
		this.authorizations.push(request.headers.authorization);
		const answer = this.answer ?? ((_, to) => this.#answerTruly(request, to));
		answer(request, response);
	}

	#answerTruly(request: IncomingMessage, response: ServerResponse): void {
		const { pathname, searchParams } = new URL(request.url ?? "", this.url);
		const known = request.method === "GET" && pathname === "/repos/example/builds/actions/workflows/watch.yml/runs";
		const status = searchParams.get("status");
		const found = this.runs
			.map((run) => ({ status: "completed", ...run }))
			.filter((run) => status === null || run.status === status);
		const page = found.slice(0, Number(searchParams.get("per_page") ?? 30));
		if (known) json(response, 200, { total_count: found.length, workflow_runs: page });
		else json(response, 404, { message: "Not Found" });
	}

	async [Symbol.asyncDispose](): Promise<void> {
		await this.#close();
	}
}

export function json(response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}) {
	response.writeHead(status, { "content-type": "application/json", connection: "close", ...headers });
	response.end(JSON.stringify(body));
}
