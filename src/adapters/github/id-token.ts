/** Tokens of GitHub's OpenID Connect provider. */
import * as core from "@actions/core";
import { z } from "zod";
import { errorMessageWithCause } from "../../errors.ts";
import { getText, type TextResponse } from "../http.ts";
import { retry } from "../retry.ts";

/** Milliseconds for one request, and before each further one. */
const TIMEOUT = 5_000;
const PAUSES = [500, 2_000];
/** Bytes; a token has about 2,000. */
const MAX_BYTES = 64_000;

const answerSchema = z.object({ value: z.string().min(1) });

/** GitHub may answer the next request. */
class PassingError extends Error {}

/**
 * A token for an audience. The runner masks it. Source: "OpenID Connect reference" in GitHub's documentation.
 * The HTTP client of `@actions/core`'s `getIDToken` would make `dist/` a quarter larger.
 * @param signal gives up
 * @throws Error that says what the job lacks, or what GitHub answered; never with a part of the answer, which may be a token
 */
export async function idToken(audience: string, signal: AbortSignal): Promise<string> {
	const { ACTIONS_ID_TOKEN_REQUEST_URL: address = "", ACTIONS_ID_TOKEN_REQUEST_TOKEN: bearer = "" } = process.env;
	if (address === "" || bearer === "") throw new Error('the job has no permission "id-token: write"');
	const url = new URL(address);
	url.searchParams.set("audience", audience);
	const request = { url: url.href, headers: { authorization: `Bearer ${bearer}` }, maxBytes: MAX_BYTES };
	try {
		const token = await retry(async () => tokenIn(await send({ ...request, timeout: TIMEOUT, signal })), {
			pauses: PAUSES,
			isTransient: (error) => error instanceof PassingError,
			signal,
		});
		core.setSecret(token);
		return token;
	} catch (error) {
		throw new Error(`GitHub gave no token: ${errorMessageWithCause(error)}`, { cause: error });
	}
}

async function send(request: Parameters<typeof getText>[0]): Promise<TextResponse> {
	try {
		return await getText(request);
	} catch (error) {
		throw new PassingError(errorMessageWithCause(error), { cause: error });
	}
}

function tokenIn({ status, text }: TextResponse): string {
	if (status >= 500 || status === 429) throw new PassingError(`HTTP ${status}`);
	if (status !== 200) throw new Error(`HTTP ${status}`);
	const { success, data } = answerSchema.safeParse(parsed(text));
	if (!success) throw new PassingError("HTTP 200 without a token");
	return data.value;
}

function parsed(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return null;
	}
}
