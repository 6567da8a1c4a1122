/** One EC2 client per account and region, with the rules that all calls share. */
import { EC2Client } from "@aws-sdk/client-ec2";
import { HttpRequest } from "@smithy/core/protocols";
import { StandardRetryStrategy } from "@smithy/core/retry";
import type { Region, Role } from "../../core/model/policy.ts";
import type { ApiCalls } from "../../core/report/report.ts";
import { type AccountRegion, describeAccount } from "../../core/supply/accounts.ts";
import { Budget, realTimer, type Timer } from "./budget.ts";
import { isThrottling, mayRetry } from "./errors.ts";
import { Roles } from "./roles.ts";

export interface ClientOptions {
	/** Milliseconds until a connection must stand. */
	readonly connectionTimeout: number;
	/** Milliseconds until an answer must have come. */
	readonly requestTimeout: number;
	readonly timer: Timer;
	/** Called with each secret of a session, which a server could repeat in an error. */
	readonly onSecret: (secret: string) => void;
}

const DEFAULTS: ClientOptions = {
	connectionTimeout: 5_000,
	requestTimeout: 30_000,
	timer: realTimer,
	onSecret: () => {},
};
/** Three tries, the SDK's own standard. */
const MAX_ATTEMPTS = 3;
/** A tick names its instances one by one and at once: more sockets than the SDK's 50 keep that one round trip. */
const MAX_SOCKETS = 256;

/** Clients by account and region, and a count of what they called. */
export class Ec2Clients {
	readonly #options: ClientOptions;
	readonly #roles: Roles;
	readonly #clients = new Map<string, EC2Client>();
	readonly #budgets = new Map<string, Budget>();
	readonly #calls: Record<Region, Record<string, number>> = {};

	/** @param runId names the sessions of roles */
	constructor(runId: string, options: Partial<ClientOptions> = {}) {
		this.#options = { ...DEFAULTS, ...options };
		this.#roles = new Roles({
			...this.#options,
			runId,
			onCall: (region) => this.#count(region, "AssumeRole"),
		});
	}

	/** The account's client in the region; credentials are looked for, and a role is assumed, at its first call. */
	for({ region, role }: AccountRegion): EC2Client {
		const key = describeAccount({ region, role });
		const known = this.#clients.get(key);
		if (known !== undefined) return known;
		const { connectionTimeout, requestTimeout, onSecret } = this.#options;
		const budget = this.#budgetOf(region, role);
		const client = new EC2Client({
			region,
			...(role === null ? {} : { credentials: () => this.#roles.session(role, region) }),
			retryStrategy: new RetryUnlessRefused(MAX_ATTEMPTS),
			requestHandler: {
				connectionTimeout,
				requestTimeout,
				throwOnRequestTimeout: true,
				httpAgent: { maxSockets: MAX_SOCKETS },
				httpsAgent: { maxSockets: MAX_SOCKETS },
			},
		});
		const actionOf = (context: { readonly commandName?: string }) =>
			context.commandName?.replace(/Command$/, "") ?? "unknown";
		client.middlewareStack.add(
			(next, context) => async (args) => {
				const action = actionOf(context);
				await budget.take(action, instancesAskedFor(args.input));
				try {
					return await next(args);
				} catch (error) {
					if (isThrottling(error)) budget.slowDown(action);
					throw error;
				}
			},
			// After the retry middleware, so that each try waits its turn.
			{ step: "finalizeRequest", priority: "low", name: "budget" },
		);
		client.middlewareStack.add(
			(next, context) => async (args) => {
				this.#count(region, actionOf(context));
				const token = sessionTokenOf(args.request);
				if (token !== null) onSecret(token);
				return next(args);
			},
			// The last step, so that only what is sent counts, and the request is signed.
			{ step: "deserialize", priority: "low", name: "countCalls" },
		);
		this.#clients.set(key, client);
		return client;
	}

	/** EC2's budgets are the account's, whichever of its roles calls. */
	#budgetOf(region: Region, role: Role): Budget {
		const [, , , , account = ""] = role?.split(":") ?? [];
		const key = `${region} ${account}`;
		const budget = this.#budgets.get(key) ?? new Budget(this.#options.timer);
		this.#budgets.set(key, budget);
		return budget;
	}

	#count(region: Region, action: string): void {
		this.#calls[region] ??= {};
		const calls = this.#calls[region];
		calls[action] = (calls[action] ?? 0) + 1;
	}

	/** Calls so far, retries and pages included. */
	calls(): ApiCalls {
		return structuredClone(this.#calls);
	}

	/** Closes all sockets. */
	close(): void {
		for (const client of this.#clients.values()) client.destroy();
	}
}

/** The credentials' only secret that is sent, and so the only one that a server could repeat. */
function sessionTokenOf(request: unknown): string | null {
	return HttpRequest.isInstance(request) ? (request.headers["x-amz-security-token"] ?? null) : null;
}

function instancesAskedFor(input: object): number {
	return "MaxCount" in input && typeof input.MaxCount === "number" ? input.MaxCount : 0;
}

class RetryUnlessRefused extends StandardRetryStrategy {
	override async refreshRetryTokenForRetry(
		...[token, info]: Parameters<StandardRetryStrategy["refreshRetryTokenForRetry"]>
	): ReturnType<StandardRetryStrategy["refreshRetryTokenForRetry"]> {
		if (!mayRetry(info.error)) throw info.error;
		// What passes by itself is retried even where its status says that the caller is at fault.
		return super.refreshRetryTokenForRetry(token, {
			...info,
			errorType: info.errorType === "CLIENT_ERROR" ? "TRANSIENT" : info.errorType,
		});
	}
}
