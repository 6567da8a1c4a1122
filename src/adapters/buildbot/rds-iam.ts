/** Tokens instead of passwords, for Amazon RDS databases with IAM authentication. */
import { Signer } from "@aws-sdk/rds-signer";
import { DatabaseError, errorMessage } from "../../errors.ts";
import type { ServerLocation } from "../../inputs/database-url.ts";

export type SignerCredentials = NonNullable<ConstructorParameters<typeof Signer>[0]["credentials"]>;

/**
 * A token that is valid for 15 minutes. The result is a secret.
 * @param credentials sign it; undefined: those of the environment
 */
export async function rdsToken(
	{ host, port, user }: ServerLocation,
	region: string,
	credentials?: SignerCredentials,
): Promise<string> {
	const signer = {
		hostname: host,
		port,
		username: user,
		region,
		...(credentials === undefined ? {} : { credentials }),
	};
	try {
		return await new Signer(signer).getAuthToken();
	} catch (error) {
		throw new DatabaseError(
			"no-credentials",
			`Signing a token for the database at ${host} failed: ${errorMessage(error)}. Set role-to-assume, or assume the role before this action, for example with aws-actions/configure-aws-credentials.`,
			{ cause: error },
		);
	}
}
