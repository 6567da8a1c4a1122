/** Tokens instead of passwords, for databases of Amazon RDS that take IAM's word for who comes. */
import { Signer } from "@aws-sdk/rds-signer";
import { DatabaseError, errorMessage } from "../../errors.ts";
import type { ServerLocation } from "../../inputs/database-url.ts";

/** Signed with the credentials of the environment, good for 15 minutes; a secret. */
export async function rdsToken({ host, port, user }: ServerLocation, region: string): Promise<string> {
	try {
		return await new Signer({ hostname: host, port, username: user, region }).getAuthToken();
	} catch (error) {
		throw new DatabaseError(
			"no-credentials",
			`No token for the database at ${host} could be signed with the AWS credentials: ${errorMessage(error)}. Assume the role before this action, with aws-actions/configure-aws-credentials.`,
			{ cause: error },
		);
	}
}
