/** Calls of EC2, with the rules that all of them share: budgets, retries, deadlines, and what counts as an answer. */
import type { AgentOptions } from "node:http";
import { EC2Client, EC2ServiceException } from "@aws-sdk/client-ec2";
import { untilAborted } from "../../abort.ts";
import type { Region, Role } from "../../core/model/policy.ts";
import type { ApiCalls } from "../../core/report/report.ts";
import { type AccountRegion, describeAccount } from "../../core/supply/accounts.ts";
import type { Clock, Ending } from "../../tick/ports.ts";
import type { ProxyEnvironment } from "../proxy.ts";
import { realTimer, type Timer } from "../timer.ts";
import { useOwnAnswersOnly } from "./answer.ts";
import { Budget } from "./budget.ts";
import { CredentialsError, DeadlineError, isThrottling, isUnknown, UnreadAnswer } from "./errors.ts";
import type { Credentials } from "./own-role.ts";
import { Roles } from "./roles.ts";
import { Tries } from "./tries.ts";

export interface ClientOptions {
	/** Milliseconds until a connection must be established. */
	readonly connectionTimeout: number;
	/** Milliseconds until an answer must be read whole. */
	readonly requestTimeout: number;
	/** Milliseconds in which a role must be assumed, retries included. */
	readonly roleTimeout: number;
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
	/** Milliseconds for one try, if fewer than the clients' `requestTimeout`. */
	readonly tryTimeout?: number;
	/** Once it aborts, nothing is sent. Default: when the tick is stopped. */
	readonly stop?: AbortSignal;
}

export interface ClientParts {
	/** Names the sessions of roles. */
	readonly runId: string;
	/** This machine's, which is compared with EC2's. */
	readonly clock: Clock;
	readonly ending: Ending;
	/** Null: none. */
	readonly proxies: ProxyEnvironment | null;
	/** The run's own; undefined: those that the SDK finds. */
	readonly credentials?: (() => Promise<Credentials>) | undefined;
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
	roleTimeout: 12_000,
	timer: realTimer,
	onSecret: () => {},
};
/** Milliseconds in which a source must give credentials. A role's own limit comes first. */
const CREDENTIALS_TIMEOUT = 15_000;
/** A tick names its instances one by one and at once: more sockets than the SDK's 50 keep that one round trip. */
const MAX_SOCKETS = 256;

/** Clients by account and region, and a count of their calls. */
export class Ec2Clients {
	readonly #options: ClientOptions;
	readonly #clock: Clock;
	/** When the tick ends. */
	readonly ending: Ending;
	readonly #credentials: ClientParts["credentials"];
	readonly #agent: AgentOptions;
	readonly #roles: Roles;
	readonly #clients = new Map<string, EC2Client>();
	readonly #budgets = new Map<string, Budget>();
	#calls: Record<Region, Record<string, number>> = {};
	readonly #clockOffsets = new Map<string, number>();

	constructor({ runId, clock, ending, proxies, credentials }: ClientParts, options: Partial<ClientOptions> = {}) {
		this.#options = { ...DEFAULTS, ...options };
		this.#clock = clock;
		this.ending = ending;
		this.#credentials = credentials;
		this.#agent = { maxSockets: MAX_SOCKETS, ...(proxies === null ? {} : { proxyEnv: proxies }) };
		this.#roles = new Roles({
			...this.#options,
			requestTimeout: Math.min(this.#options.requestTimeout, this.#options.roleTimeout / 2),
			agent: this.#agent,
			runId,
			credentials,
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
		const { sendUntil, stop = this.ending.stop } = patience;
		if (instances > 0) await this.#unlessStopped(budget.takeInstances(instances, sendUntil, stop), patience);
		try {
			return await this.#repeat(this.#clientFor(account), budget, call);
		} catch (error) {
			// EC2 counts the instances of a call only if it accepts the call.
			if (instances > 0 && !isUnknown(error)) budget.refundInstances(instances);
			throw error;
		}
	}

	async #repeat<T>(client: EC2Client, budget: Budget, call: Call<T>): Promise<T> {
		const { action, instances, patience } = call;
		const { timer } = this.#options;
		const tries = new Tries(patience.tries, instances > 0);
		for (;;) {
			let sentAt = Number.NEGATIVE_INFINITY;
			try {
				const { sendUntil, stop = this.ending.stop } = patience;
				await this.#unlessStopped(budget.take(action, sendUntil, stop), patience);
				sentAt = timer.now();
				const answer = await this.#try(client, call);
				budget.speedUp(action, sentAt);
				return answer;
			} catch (error) {
				if (isThrottling(error)) budget.slowDown(action, sentAt);
				const pause = tries.pauseAfter(error);
				if (pause === null || timer.now() + pause >= patience.sendUntil) throw tries.verdict(error);
				await this.#unlessStopped(timer.sleep(pause), patience).catch(() => {
					throw tries.verdict(error);
				});
			}
		}
	}

	/** @throws DeadlineError as soon as nothing may be sent anymore */
	async #unlessStopped(wait: Promise<void>, { stop = this.ending.stop }: Patience): Promise<void> {
		try {
			await untilAborted(wait, stop);
		} catch (error) {
			throw stop.aborted ? new DeadlineError() : error;
		}
		if (stop.aborted) throw new DeadlineError();
	}

	async #try<T>(client: EC2Client, { send, patience }: Call<T>): Promise<T> {
		// Finding credentials and assuming a role take their own time, and their failure is none of the call.
		await this.#findCredentials(client, patience);
		const { stop = this.ending.stop, sendUntil } = patience;
		if (stop.aborted || this.timer.now() >= sendUntil) throw new DeadlineError();
		const { ending } = this;
		const { tryTimeout = Number.POSITIVE_INFINITY } = patience;
		const milliseconds = this.#millisecondsFor(Math.min(tryTimeout, this.#options.requestTimeout), patience);
		const abortSignal = AbortSignal.any([AbortSignal.timeout(milliseconds), ending.end]);
		try {
			return await untilAborted(send(client, { abortSignal }), abortSignal);
		} catch (error) {
			if (!abortSignal.aborted || error instanceof EC2ServiceException) throw error;
			const when = ending.end.aborted ? "before the run ended" : `within ${milliseconds / 1000} s`;
			throw new UnreadAnswer("TimeoutError", `no whole answer ${when}`, { cause: error });
		}
	}

	async #findCredentials(client: EC2Client, patience: Patience): Promise<void> {
		const milliseconds = this.#millisecondsFor(CREDENTIALS_TIMEOUT, patience);
		const limit = AbortSignal.any([AbortSignal.timeout(milliseconds), this.ending.end]);
		try {
			await untilAborted(client.config.credentials(), limit);
		} catch (error) {
			throw limit.aborted ? new CredentialsError("the source of the credentials did not answer in time") : error;
		}
	}

	/** What the call has left of a time limit. */
	#millisecondsFor(limit: number, { waitUntil }: Patience): number {
		return Math.ceil(Math.max(1, Math.min(limit, waitUntil - this.timer.now())));
	}

	/** The account's client in the region. Its first call looks for credentials and assumes the role. */
	#clientFor({ region, role }: AccountRegion): EC2Client {
		const key = describeAccount({ region, role });
		const known = this.#clients.get(key);
		if (known !== undefined) return known;
		const client = new EC2Client({
			region,
			...this.#credentialsFor({ region, role }),
			// The SDK's retries share one bucket per client, know no deadline, and retry missing capacity (HTTP 500).
			maxAttempts: 1,
			requestHandler: {
				connectionTimeout: this.#options.connectionTimeout,
				httpAgent: this.#agent,
				httpsAgent: this.#agent,
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

	/** The role's, the run's own, or those that the SDK finds. */
	#credentialsFor({ region, role }: AccountRegion) {
		if (role !== null) return { credentials: () => this.#roles.session(role, region) };
		return this.#credentials === undefined ? {} : { credentials: this.#credentials };
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

	/** Calls of the tick, retries and pages included. */
	calls(): ApiCalls {
		return structuredClone(this.#calls);
	}

	/** Counts from zero, and tries roles again that could not be assumed: a refusal holds for one tick. */
	beginTick(): void {
		this.#calls = {};
		this.#roles.forgetRefusals();
	}

	/** Closes all sockets. */
	close(): void {
		for (const client of this.#clients.values()) client.destroy();
	}
}
