/** Tokens of GitHub's OpenID Connect provider. */
import * as core from "@actions/core";
import { errorMessage } from "../../errors.ts";

/**
 * A token for an audience. The runner masks it.
 * @throws Error that says what the job lacks
 */
export async function idToken(audience: string): Promise<string> {
	if ((process.env["ACTIONS_ID_TOKEN_REQUEST_URL"] ?? "") === "") {
		throw new Error('the job has no permission "id-token: write"');
	}
	try {
		return await core.getIDToken(audience);
	} catch (error) {
		throw new Error(`GitHub gave no token: ${errorMessage(error)}`, { cause: error });
	}
}
