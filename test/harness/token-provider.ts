/** GitHub's OpenID Connect provider as a job sees it: a server that gives a token for an audience. */
import { createServer } from "node:http";
import { listen } from "./listen.ts";

export class TokenProvider {
	/** Audiences that tokens were requested for. */
	readonly audiences: (string | null)[] = [];
	/** Statuses and bodies in place of tokens, in order. */
	failures: [status: number, body: string][] = [];
	readonly #server = createServer((request, response) => {
		this.audiences.push(new URL(request.url ?? "", "http://localhost").searchParams.get("audience"));
		response.setHeader("content-type", "application/json");
		const failure =
			this.failures.shift() ?? (request.headers.authorization === "Bearer request-token" ? null : [401, ""]);
		if (failure !== null) {
			response.writeHead(failure[0]).end(failure[1]);
			return;
		}
		response.end(JSON.stringify({ value: `id-token-${this.audiences.length}` }));
	});

	/** @returns the provider, and the variables that a job with the permission `id-token: write` has */
	static async start(): Promise<{ readonly provider: TokenProvider; readonly environment: Record<string, string> }> {
		const provider = new TokenProvider();
		const port = await listen(provider.#server);
		const environment = {
			ACTIONS_ID_TOKEN_REQUEST_URL: `http://127.0.0.1:${port}/?api-version=2.0`,
			ACTIONS_ID_TOKEN_REQUEST_TOKEN: "request-token",
		};
		return { provider, environment };
	}

	close(): void {
		this.#server.close();
	}
}
