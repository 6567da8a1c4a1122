/** Tokens instead of passwords, for Amazon RDS databases with IAM authentication. */
import { Signer } from "@aws-sdk/rds-signer";
import { DatabaseError, errorMessage } from "../../errors.ts";
import type { ServerLocation } from "../../inputs/database-url.ts";

/** Signed with the credentials of the environment, and valid for 15 minutes. The result is a secret. */
export async function rdsToken({ host, port, user }: ServerLocation, region: string): Promise<string> {
	try {
		return await new Signer({ hostname: host, port, username: user, region }).getAuthToken();
	} catch (error) {
		throw new DatabaseError(
			"no-credentials",
			`Signing a token for the database at ${host} failed: ${errorMessage(error)}. Assume the role before this action, for example with aws-actions/configure-aws-credentials.`,
			{ cause: error },
		);
	}
}
