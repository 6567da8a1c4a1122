/** One EC2 client per region, with the rules that all calls share. */
import { EC2Client } from "@aws-sdk/client-ec2";
import { StandardRetryStrategy } from "@smithy/core/retry";
import type { Region } from "../../core/policy.ts";
import type { ApiCalls } from "../../core/report.ts";
import { Budget, realTimer, type Timer } from "./budget.ts";
import { isThrottling, mayRetry } from "./errors.ts";

export interface ClientOptions {
	/** Milliseconds until a connection must stand. */
	readonly connectionTimeout: number;
	/** Milliseconds until an answer must have come. */
	readonly requestTimeout: number;
	readonly timer: Timer;
}

const DEFAULTS: ClientOptions = { connectionTimeout: 5_000, requestTimeout: 30_000, timer: realTimer };
/** Three tries, the SDK's own standard. */
const MAX_ATTEMPTS = 3;
/** A tick names its instances one by one and at once: more sockets than the SDK's 50 keep that one round trip. */
const MAX_SOCKETS = 256;

/** Clients by region, and a count of what they called. */
export class Ec2Clients {
	readonly #options: ClientOptions;
	readonly #clients = new Map<Region, EC2Client>();
	readonly #calls: Record<Region, Record<string, number>> = {};

	constructor(options: Partial<ClientOptions> = {}) {
		this.#options = { ...DEFAULTS, ...options };
	}

	/** The region's client; credentials are looked for at its first call. */
	for(region: Region): EC2Client {
		const known = this.#clients.get(region);
		if (known !== undefined) return known;
		const { timer, ...timeouts } = this.#options;
		const budget = new Budget(timer);
		const client = new EC2Client({
			region,
			retryStrategy: new RetryUnlessRefused(MAX_ATTEMPTS),
			requestHandler: {
				...timeouts,
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
				this.#calls[region] ??= {};
				const calls = this.#calls[region];
				const action = actionOf(context);
				calls[action] = (calls[action] ?? 0) + 1;
				return next(args);
			},
			// The last step, so that only what is sent counts.
			{ step: "deserialize", priority: "low", name: "countCalls" },
		);
		this.#clients.set(region, client);
		return client;
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
