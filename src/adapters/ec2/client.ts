/** Calls of EC2, with the rules that all of them share: budgets, retries, deadlines, and what counts as an answer. */
import { EC2Client, EC2ServiceException } from "@aws-sdk/client-ec2";
import type { Region, Role } from "../../core/model/policy.ts";
import type { ApiCalls } from "../../core/report/report.ts";
import { type AccountRegion, describeAccount } from "../../core/supply/accounts.ts";
import type { Clock } from "../../tick/ports.ts";
import { useOwnAnswersOnly } from "./answer.ts";
import { Budget, realTimer, type Timer } from "./budget.ts";
import { isThrottling, isUnknown, UnreadAnswer } from "./errors.ts";
import { Roles } from "./roles.ts";
import { Tries } from "./tries.ts";

export interface ClientOptions {
	/** Milliseconds until a connection must be established. */
	readonly connectionTimeout: number;
	/** Milliseconds until an answer must be read whole. */
	readonly requestTimeout: number;
	readonly timer: Timer;
	/** Called with each secret of a session, which a server could repeat in an error. */
	readonly onSecret: (secret: string) => void;
}

/** When to stop. Times are milliseconds of the timer. */
export interface Patience {
	/** From then on, nothing is sent. */
	readonly sendUntil: number;
	/** From then on, no answer is awaited. */
	readonly waitUntil: number;
	/** Maximum number of tries. */
	readonly tries: number;
}

export interface Call<T> {
	readonly action: string;
	/** Instances that a `RunInstances` asks for; 0 for any other action. */
	readonly instances: number;
	readonly patience: Patience;
	/** Sends the same request each time. */
	readonly send: (client: EC2Client, options: { readonly abortSignal: AbortSignal }) => Promise<T>;
}

const DEFAULTS: ClientOptions = {
	connectionTimeout: 5_000,
	requestTimeout: 30_000,
	timer: realTimer,
	onSecret: () => {},
};
/** A tick names its instances one by one and at once: more sockets than the SDK's 50 keep that one round trip. */
const MAX_SOCKETS = 256;

/** Clients by account and region, and a count of their calls. */
export class Ec2Clients {
	readonly #options: ClientOptions;
	readonly #clock: Clock;
	readonly #roles: Roles;
	readonly #clients = new Map<string, EC2Client>();
	readonly #budgets = new Map<string, Budget>();
	readonly #calls: Record<Region, Record<string, number>> = {};
	readonly #clockOffsets = new Map<string, number>();

	/**
	 * @param runId names the sessions of roles
	 * @param clock this machine's, which is compared with EC2's
	 */
	constructor(runId: string, clock: Clock, options: Partial<ClientOptions> = {}) {
		this.#options = { ...DEFAULTS, ...options };
		this.#clock = clock;
		this.#roles = new Roles({
			...this.#options,
			runId,
			onCall: (region) => this.#count(region, "AssumeRole"),
		});
	}

	get timer(): Timer {
		return this.#options.timer;
	}

	/**
	 * Makes a call, and repeats it while its outcome is unknown or EC2 asks to slow down.
	 * @throws DeadlineError if nothing was sent in time
	 * @throws UnreadAnswer if the call may have taken effect
	 * @throws RoleError
	 * @throws Error of the SDK with EC2's code if EC2 refused the call
	 */
	async call<T>(account: AccountRegion, call: Call<T>): Promise<T> {
		const { instances, patience } = call;
		const budget = this.#budgetOf(account);
		if (instances > 0) await budget.takeInstances(instances, patience.sendUntil);
		try {
			return await this.#repeat(this.#clientFor(account), budget, call);
		} catch (error) {
			// EC2 counts the instances of a call only if it accepts the call.
			if (instances > 0 && !isUnknown(error)) budget.refundInstances(instances);
			throw error;
		}
	}

	async #repeat<T>(client: EC2Client, budget: Budget, call: Call<T>): Promise<T> {
		const { action, patience } = call;
		const { timer } = this.#options;
		const tries = new Tries(patience.tries);
		for (;;) {
			let sentAt = Number.NEGATIVE_INFINITY;
			try {
				await budget.take(action, patience.sendUntil);
				sentAt = timer.now();
				const answer = await this.#try(client, call);
				budget.speedUp(action, sentAt);
				return answer;
			} catch (error) {
				if (isThrottling(error)) budget.slowDown(action, sentAt);
				const pause = tries.pauseAfter(error);
				if (pause === null || timer.now() + pause >= patience.sendUntil) throw tries.verdict(error);
				await timer.sleep(pause);
			}
		}
	}

	async #try<T>(client: EC2Client, { send, patience }: Call<T>): Promise<T> {
		const { timer, requestTimeout } = this.#options;
		// Assuming a role takes its own time, and its failure is none of the call.
		await client.config.credentials();
		const milliseconds = Math.ceil(Math.max(1, Math.min(requestTimeout, patience.waitUntil - timer.now())));
		const abortSignal = AbortSignal.timeout(milliseconds);
		try {
			return await send(client, { abortSignal });
		} catch (error) {
			if (!abortSignal.aborted || error instanceof EC2ServiceException) throw error;
			const message = `no whole answer within ${milliseconds / 1000} s`;
			throw new UnreadAnswer("TimeoutError", message, { cause: error, pending: true });
		}
	}

	/** The account's client in the region. Its first call looks for credentials and assumes the role. */
	#clientFor({ region, role }: AccountRegion): EC2Client {
		const key = describeAccount({ region, role });
		const known = this.#clients.get(key);
		if (known !== undefined) return known;
		const client = new EC2Client({
			region,
			...(role === null ? {} : { credentials: () => this.#roles.session(role, region) }),
			// The SDK's retries share one bucket per client, know no deadline, and retry missing capacity (HTTP 500).
			maxAttempts: 1,
			requestHandler: {
				connectionTimeout: this.#options.connectionTimeout,
				httpAgent: { maxSockets: MAX_SOCKETS },
				httpsAgent: { maxSockets: MAX_SOCKETS },
			},
		});
		useOwnAnswersOnly(client, {
			onSend: (action) => this.#count(region, action),
			onSessionToken: this.#options.onSecret,
			onDate: (date) => this.#clockOffsets.set(key, Math.round(date - this.#clock.now())),
		});
		this.#clients.set(key, client);
		return client;
	}

	/** EC2's budgets are the account's, whichever of its roles calls. */
	#budgetOf({ region, role }: { readonly region: Region; readonly role: Role }): Budget {
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

	/** Seconds by which EC2's clock is ahead of this machine's, by its last answer; 0 before the first. */
	clockOffset(account: AccountRegion): number {
		return this.#clockOffsets.get(describeAccount(account)) ?? 0;
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
