/** The role that the run itself assumes, by a token of GitHub's OpenID Connect provider. */
import { fromWebToken } from "@aws-sdk/credential-providers";
import { untilAborted } from "../../abort.ts";
import { errorMessage } from "../../errors.ts";
import type { ProxyEnvironment } from "../proxy.ts";
import { adviceForOwnRole } from "./advice.ts";
import { CredentialsError } from "./errors.ts";
import { RoleError, sessionName } from "./roles.ts";

/** Seconds: what a role allows unless its owner changed that. Sessions are replaced, so longer ones are not needed. */
const DURATION = 3_600;
/** Milliseconds before its end from which on a session is replaced: the SDK asks for other credentials from then on. */
const RENEWAL = 5 * 60_000;
/** Milliseconds to get a token and to assume the role. */
const TIMEOUT = 12_000;
/** Milliseconds. */
const CONNECTION_TIMEOUT = 5_000;

/**
 * AWS partitions: the region whose STS is called if the configuration names none of the partition, and the audience. The
 * audiences are those that the README of `aws-actions/configure-aws-credentials` uses, so that one trust policy fits both.
 */
const PARTITIONS: Readonly<Record<string, { readonly region: string; readonly audience: string }>> = {
	aws: { region: "us-east-1", audience: "sts.amazonaws.com" },
	"aws-cn": { region: "cn-north-1", audience: "sts.amazonaws.com.cn" },
	"aws-us-gov": { region: "us-gov-west-1", audience: "sts.amazonaws.com" },
};

export interface OwnRoleOptions {
	/** ARN. */
	readonly role: string;
	/** Regions in use. */
	readonly regions: readonly string[];
	/** Names the sessions: CloudTrail then shows which run did what. */
	readonly runId: string;
	/** Requests a token for an audience; a secret. */
	readonly idToken: (audience: string, signal: AbortSignal) => Promise<string>;
	/** Null or left out: none. */
	readonly proxies?: ProxyEnvironment | null;
	/** Milliseconds since 1970. */
	readonly now: () => number;
	/** Called with each secret of a session. */
	readonly onSecret: (secret: string) => void;
}

/** Credentials as the SDK takes them. */
export type Credentials = Awaited<ReturnType<ReturnType<typeof fromWebToken>>>;

/**
 * Credentials of the role, assumed at the first call and again before they expire. Callers at the same time share one
 * session.
 * @throws RoleError by the returned function
 */
export function ownRole(options: OwnRoleOptions): () => Promise<Credentials> {
	let session: Promise<Credentials> | null = null;
	const isUsable = async (known: Promise<Credentials>) => {
		const { expiration } = await known;
		return expiration === undefined || expiration.getTime() - options.now() >= RENEWAL;
	};
	return async () => {
		const known = session;
		if (known !== null && (await isUsable(known).catch(() => false))) return known;
		// Another caller may have replaced it meanwhile.
		if (session === known || session === null) session = assume(options);
		return session;
	};
}

async function assume({
	role,
	regions,
	runId,
	idToken,
	proxies = null,
	onSecret,
}: OwnRoleOptions): Promise<Credentials> {
	const [, partition = "aws"] = role.split(":");
	const { region, audience } = placeOf(partition, regions);
	try {
		const agent = proxies === null ? {} : { proxyEnv: proxies };
		const limit = AbortSignal.timeout(TIMEOUT);
		const token = await untilAborted(idToken(audience, limit), limit).catch((error: unknown) => {
			throw new CredentialsError(errorMessage(error), { cause: error });
		});
		onSecret(token);
		const credentials = fromWebToken({
			roleArn: role,
			roleSessionName: sessionName(runId),
			durationSeconds: DURATION,
			webIdentityToken: token,
			clientConfig: {
				region,
				requestHandler: { connectionTimeout: CONNECTION_TIMEOUT, httpAgent: agent, httpsAgent: agent },
			},
		});
		const session = await untilAborted(credentials(), limit);
		onSecret(session.secretAccessKey);
		if (session.sessionToken !== undefined) onSecret(session.sessionToken);
		return session;
	} catch (error) {
		throw new RoleError(role, error, (code) => adviceForOwnRole(code, audience));
	}
}

/** The region whose STS is called, and the audience of the token, in the partition of the role. */
export function placeOf(
	partition: string,
	regions: readonly string[],
): { readonly region: string; readonly audience: string } {
	const place = PARTITIONS[partition];
	const own = regions.find((region) => partitionOf(region) === partition);
	const audience = place?.audience ?? "sts.amazonaws.com";
	return { region: own ?? place?.region ?? regions[0] ?? "us-east-1", audience };
}

function partitionOf(region: string): string {
	if (region.startsWith("cn-")) return "aws-cn";
	return region.startsWith("us-gov-") ? "aws-us-gov" : "aws";
}
