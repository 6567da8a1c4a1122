/** Database servers: one read-only connection at a time, time limits, and explained errors. */
import { DatabaseError } from "../../errors.ts";
import type { TlsMode } from "../../inputs/database-tls.ts";
import type { ServerLocation } from "../../inputs/database-url.ts";
import type { WatchEnd } from "../../tick/ports.ts";
import { retry } from "../retry.ts";
import { detailOf, type Explanations, explain, UNENCRYPTED } from "./explanations.ts";
import type { Dialect, Query, Store } from "./store.ts";

export interface ServerOptions {
	/** Milliseconds to connect and log in. */
	readonly connectTimeout: number;
	/** Milliseconds for a query. The server enforces the same limit. */
	readonly queryTimeout: number;
	/** Milliseconds before each further attempt after a refused or broken connection. */
	readonly pauses: readonly number[];
	readonly tls: Exclude<TlsMode, "auto">;
	/** CA certificates as PEM; undefined: those that Node trusts. */
	readonly authorities: string[] | undefined;
	/** Called for each connection. The result is a secret. */
	readonly password: () => Promise<string>;
	/** Whether the server may request the password in clear text, which requires verified TLS. */
	readonly cleartext: boolean;
	/** URL or id of this run, which the server shows to others. */
	readonly run: string;
	/** When this run started, for the same purpose: seconds since 1970, UTC. */
	readonly startedAt: number;
	/** When it ends if it watches; null: it is one tick. */
	readonly watch: WatchEnd | null;
	/** Seconds that the server keeps an idle connection: longer than the tick, and no longer than its lock may be stuck. */
	readonly idleTimeout: number;
}

/** An open connection that may only read. */
export interface Connection {
	readonly query: Query;
	/** Calls `listener` if the connection breaks while no query is running. */
	onBreak(listener: () => void): void;
	/** Doesn't wait for the server, which may hang. */
	close(): void;
}

/** What differs between servers. */
export interface Driver {
	readonly dialect: Dialect;
	connect(location: ServerLocation, password: string, options: ServerOptions): Promise<Connection>;
	readonly explanations: Explanations;
}

/** Why a connection is kept open between sessions. */
interface Hold {
	/** Called with each further connection before a session uses it. */
	readonly renew: (query: Query) => Promise<void>;
	/** Called when the connection breaks while no session uses it. */
	readonly onBreak: () => void;
}

export class ServerStore implements Store {
	readonly #driver: Driver;
	readonly #location: ServerLocation;
	readonly #options: ServerOptions;
	#connection: Connection | null = null;
	/** Null: each session opens a connection of its own. */
	#hold: Hold | null = null;
	#isInSession = false;

	constructor(driver: Driver, location: ServerLocation, options: ServerOptions) {
		this.#driver = driver;
		this.#location = location;
		this.#options = options;
	}

	get name(): string {
		const { host, port, database, socketPath } = this.#location;
		const server = socketPath ?? `${host.includes(":") ? `[${host}]` : host}:${port}`;
		return `the database ${JSON.stringify(database)} at ${server}`;
	}

	get dialect(): Dialect {
		return this.#driver.dialect;
	}

	/** Whether a session is using the connection. */
	get isInSession(): boolean {
		return this.#isInSession;
	}

	/** Tries again if the connection was refused or broke, until `signal` aborts. */
	async withSession<T>(what: string, body: (query: Query) => Promise<T>, signal?: AbortSignal): Promise<T> {
		const isTransient = (error: unknown) => error instanceof DatabaseError && TRANSIENT.has(error.code);
		const { pauses } = this.#options;
		return retry(() => this.#once(what, body), { pauses, isTransient, ...(signal === undefined ? {} : { signal }) });
	}

	/** Called within a session: keeps its connection open for all later sessions, until {@link release}. */
	hold(hold: Hold): void {
		this.#hold = hold;
	}

	/**
	 * Runs `body` with the connection that is kept open, within some milliseconds. Opens no other.
	 * @throws Error if there is none, or whatever the driver throws
	 */
	async askHeld<T>(body: (query: Query) => Promise<T>, milliseconds: number): Promise<T> {
		if (this.#connection === null) throw new Error("the connection is closed");
		return within(milliseconds, body(this.#connection.query));
	}

	/** Closes the connection that is kept open. The next session opens another. */
	drop(): void {
		this.#connection?.close();
		this.#connection = null;
	}

	release(): void {
		this.#hold = null;
		this.drop();
	}

	async #once<T>(what: string, body: (query: Query) => Promise<T>): Promise<T> {
		this.#isInSession = true;
		try {
			this.#connection ??= await this.#open();
			const result = await body(this.#connection.query);
			if (this.#hold === null) this.drop();
			return result;
		} catch (error) {
			this.drop();
			throw error instanceof DatabaseError ? error : this.#explain(what, error);
		} finally {
			this.#isInSession = false;
		}
	}

	async #open(): Promise<Connection> {
		const password = await this.#options.password();
		const connection = await this.#driver.connect(this.#location, password, this.#options);
		try {
			await this.#hold?.renew(connection.query);
			connection.onBreak(() => this.#onBreak(connection));
			return connection;
		} catch (error) {
			connection.close();
			throw error;
		}
	}

	#onBreak(connection: Connection): void {
		// A session notices by its next query, and a connection that was closed has no say any more.
		if (this.#connection !== connection || this.#isInSession) return;
		this.drop();
		this.#hold?.onBreak();
	}

	#explain(what: string, cause: unknown): DatabaseError {
		const { code, why, mayNeedTls = false } = explain(cause, this.#driver.explanations);
		const hint = mayNeedTls && this.#options.tls === "disabled" ? UNENCRYPTED : "";
		return new DatabaseError(code, `${what} ${this.name}: ${why}${hint} (${detailOf(cause)})`, { cause });
	}
}

/**
 * The driver's own time limit can keep the process alive after the connection has broken, so this one is used instead.
 * @throws LateAnswer
 */
export async function within<T>(milliseconds: number, answer: Promise<T>): Promise<T> {
	const { promise: limit, reject } = Promise.withResolvers<never>();
	const timer = setTimeout(() => reject(new LateAnswer(`no answer within ${milliseconds} ms`)), milliseconds);
	try {
		return await Promise.race([answer, limit]);
	} finally {
		clearTimeout(timer);
	}
}

class LateAnswer extends Error {
	readonly code = "ETIMEDOUT";
}

/** Codes of conditions that may clear up within seconds. */
const TRANSIENT: ReadonlySet<string> = new Set(["connection-refused", "connection-lost", "server-busy", "lock-lost"]);
/** TLS options of both drivers. */
export function tlsOptions({ tls, authorities }: ServerOptions): {
	readonly minVersion: "TLSv1.2";
	readonly rejectUnauthorized: boolean;
	readonly ca?: string[];
} {
	return {
		minVersion: "TLSv1.2",
		rejectUnauthorized: tls === "verify-full",
		...(authorities === undefined ? {} : { ca: authorities }),
	};
}
