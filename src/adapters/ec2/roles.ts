/** Roles that the tick assumes with the credentials it was started with. */
import type { AgentOptions } from "node:http";
import { fromTemporaryCredentials } from "@aws-sdk/credential-providers";
import { untilAborted } from "../../abort.ts";
import type { Region } from "../../core/model/policy.ts";
import { errorMessage } from "../../errors.ts";
import { adviceForRole } from "./advice.ts";
import { codeOf, MAX_MESSAGE, UnreadAnswer } from "./errors.ts";

type Session = Awaited<ReturnType<ReturnType<typeof fromTemporaryCredentials>>>;

/** Seconds: the maximum if one role assumes another, and the lowest maximum that a role can have. */
const DURATION = 3600;
/** Milliseconds before its end from which on a session is replaced: the SDK asks for other credentials from then on. */
const RENEWAL = 5 * 60_000;
/** Characters of a session's name. */
const MAX_NAME = 64;
const NAME_PREFIX = "aws-watch-pending-";

/** A role could not be assumed. `code` is STS's own error code, the network's, or `unread-answer`. */
export class RoleError extends Error {
	override readonly name = "RoleError";
	readonly code: string;
	/** A sentence that begins with a space; see `advice.ts`. */
	readonly advice: string;

	constructor(role: string, error: unknown, advise: (code: string) => string) {
		const cause = isParserError(error) ? UnreadAnswer.document("the answer is not STS's", { cause: error }) : error;
		const code = codeOf(cause);
		super(`Assuming the role ${role} failed (${code}: ${errorMessage(cause).slice(0, MAX_MESSAGE)})`, { cause });
		this.code = code;
		this.advice = advise(code);
	}
}

/** The SDK adds the response to what its parser throws; only STS's own errors also say whose fault they are. */
function isParserError(error: unknown): boolean {
	return error instanceof Error && "$response" in error && !("$fault" in error);
}

export interface RoleOptions {
	/** Milliseconds. */
	readonly connectionTimeout: number;
	readonly requestTimeout: number;
	/** For all tries. */
	readonly roleTimeout: number;
	readonly agent: AgentOptions;
	/** Names the sessions: CloudTrail then shows which run did what. */
	readonly runId: string;
	/** Assume the roles; undefined: those that the SDK finds. */
	readonly credentials: (() => Promise<Session>) | undefined;
	/** Called for each call of STS, by its region. */
	readonly onCall: (region: Region) => void;
}

/** Assumes each role once, at its first use, and again before its session ends. A refusal holds for the whole tick. */
export class Roles {
	readonly #options: RoleOptions;
	readonly #sessions = new Map<string, Promise<Session>>();

	constructor(options: RoleOptions) {
		this.#options = options;
	}

	/**
	 * Credentials of the role, valid in every region.
	 * @param region whose STS is called if the role is not yet assumed: the global one is a single region's
	 * @throws RoleError
	 */
	session(role: string, region: Region): Promise<Session> {
		const known = this.#sessions.get(role);
		const session = known === undefined ? this.#assume(role, region) : this.#renewed(known, role, region);
		this.#sessions.set(role, session);
		return session;
	}

	/** Lets roles that were refused be assumed again. */
	forgetRefusals(): void {
		for (const [role, session] of this.#sessions) session.catch(() => this.#sessions.delete(role));
	}

	async #renewed(known: Promise<Session>, role: string, region: Region): Promise<Session> {
		const session = await known;
		const { expiration } = session;
		return expiration !== undefined && expiration.getTime() - Date.now() < RENEWAL
			? this.#assume(role, region)
			: session;
	}

	async #assume(role: string, region: Region): Promise<Session> {
		const { connectionTimeout, requestTimeout, agent, runId, credentials: own, onCall } = this.#options;
		try {
			const credentials = fromTemporaryCredentials({
				...(own === undefined ? {} : { masterCredentials: own }),
				params: { RoleArn: role, RoleSessionName: sessionName(runId), DurationSeconds: DURATION },
				clientConfig: {
					region,
					requestHandler: {
						connectionTimeout,
						requestTimeout,
						throwOnRequestTimeout: true,
						httpAgent: agent,
						httpsAgent: agent,
					},
				},
				clientPlugins: [
					{
						applyToStack: (stack) =>
							stack.add(
								(next) => async (args) => {
									onCall(region);
									return next(args);
								},
								{ step: "deserialize", priority: "low", name: "countCalls" },
							),
					},
				],
			});
			return await untilAborted(credentials(), AbortSignal.timeout(this.#options.roleTimeout));
		} catch (error) {
			throw new RoleError(role, error, adviceForRole);
		}
	}
}

/** The run's id in the characters that STS accepts. Its end says most. */
export function sessionName(runId: string): string {
	const id = runId.replace(/[^\w+=,.@-]/g, "-");
	return `${NAME_PREFIX}${id.slice(-(MAX_NAME - NAME_PREFIX.length))}`;
}
