/** Database servers: one connection at a time, read-only, bounded in time, and errors in plain words. */
import type { DatabaseCode } from "../../core/model/failure.ts";
import { DatabaseError, errorMessage } from "../../errors.ts";
import type { TlsMode } from "../../inputs/database-tls.ts";
import type { ServerLocation } from "../../inputs/database-url.ts";
import { retry } from "../retry.ts";
import type { Dialect, Query, Store } from "./store.ts";

export interface ServerOptions {
	/** Milliseconds until the server has let us in. */
	readonly connectTimeout: number;
	/** Milliseconds until a query is answered; the server is told to give up by then too. */
	readonly queryTimeout: number;
	/** Milliseconds before each further try after a refused or broken connection. */
	readonly pauses: readonly number[];
	readonly tls: Exclude<TlsMode, "auto">;
	/** PEM; undefined: the authorities that Node trusts. */
	readonly authorities: string[] | undefined;
	/** Asked anew for each connection; a secret. */
	readonly password: () => Promise<string>;
	/** Whether the server may ask for the password as it is, which it gets over verified TLS alone. */
	readonly cleartext: boolean;
	/** Page or name of this run, told to the server. */
	readonly run: string;
}

/** An open connection that may only read. */
export interface Connection {
	readonly query: Query;
	/** At once, without waiting for the server's word, which a server that hangs never gives. */
	close(): void;
}

/** Why something failed: a code of {@link DatabaseError}, and in words what to do. */
export interface Explanation {
	readonly code: DatabaseCode;
	readonly why: string;
}

/** What is one server's own. */
export interface Driver {
	readonly dialect: Dialect;
	connect(location: ServerLocation, password: string, options: ServerOptions): Promise<Connection>;
	/** By the codes of the driver and of the server; by its message where an error has none. */
	readonly explanations: Readonly<Record<string, Explanation>>;
}

export class ServerStore implements Store {
	readonly #driver: Driver;
	readonly #location: ServerLocation;
	readonly #options: ServerOptions;
	/** Held open; null: each session has a connection of its own. */
	#held: Connection | null = null;
	#onOpen: ((query: Query) => Promise<void>) | null = null;

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

	/** Tries again if the connection was refused or broke. */
	async withSession<T>(what: string, body: (query: Query) => Promise<T>): Promise<T> {
		const isTransient = (error: unknown) => error instanceof DatabaseError && TRANSIENT.has(error.code);
		return retry(() => this.#once(what, body), { pauses: this.#options.pauses, isTransient });
	}

	/**
	 * From within a session: keeps its connection until {@link release}, for all that follows. Where it breaks and another
	 * is opened, `renew` is done first on that one.
	 */
	hold(renew: (query: Query) => Promise<void>): void {
		this.#onOpen = renew;
	}

	release(): void {
		this.#onOpen = null;
		this.#close();
	}

	async #once<T>(what: string, body: (query: Query) => Promise<T>): Promise<T> {
		try {
			this.#held ??= await this.#open();
			const result = await body(this.#held.query);
			if (this.#onOpen === null) this.#close();
			return result;
		} catch (error) {
			this.#close();
			throw error instanceof DatabaseError ? error : this.#explain(what, error);
		}
	}

	async #open(): Promise<Connection> {
		const password = await this.#options.password();
		const connection = await this.#driver.connect(this.#location, password, this.#options);
		try {
			await this.#onOpen?.(connection.query);
			return connection;
		} catch (error) {
			connection.close();
			throw error;
		}
	}

	#close(): void {
		this.#held?.close();
		this.#held = null;
	}

	#explain(what: string, cause: unknown): DatabaseError {
		const given = cause instanceof Error && "code" in cause ? String(cause.code) : "";
		const said = errorMessage(cause);
		const known = { ...NETWORK, ...this.#driver.explanations };
		const { code, why } = known[given] ??
			known[said] ?? {
				code: "query-failed",
				why: "the query failed. If the server's own words below do not help, run it by hand as the same user.",
			};
		const detail = [given, said].filter((part) => part !== "").join(": ");
		return new DatabaseError(code, `${what} ${this.name}: ${why} (${detail})`, { cause });
	}
}

/** Codes of conditions that may clear up within seconds. */
const TRANSIENT: ReadonlySet<string> = new Set(["connection-refused", "connection-lost", "server-busy", "lock-lost"]);
const REFUSED: Explanation = {
	code: "connection-refused",
	why: 'nothing answers there. Check host and port in "database-url", that the server runs, and that its firewall lets the runner in.',
};
const UNKNOWN_HOST: Explanation = {
	code: "host-unknown",
	why: 'the host name cannot be resolved. Check it in "database-url", and whether the runner is in the network that knows it.',
};
const UNTRUSTED: Explanation = {
	code: "tls-untrusted",
	why: 'the certificate of the server cannot be trusted. Check that "database-url" has the name that the certificate is for, and give its authority by "database-ca" (for Amazon RDS: rds).',
};
export const TIMEOUT: Explanation = {
	code: "timeout",
	why: "it did not answer in time. Check that the runner can reach it, and whether the server is overloaded.",
};
export const LOST: Explanation = {
	code: "connection-lost",
	why: "the connection broke before the answer was complete. The next tick tries again; if it recurs, look into the server's error log.",
};
export const BUSY: Explanation = {
	code: "server-busy",
	why: "the server takes no more connections now. The next tick tries again; if it recurs, look at its limit of connections.",
};
export const DENIED: Explanation = {
	code: "access-denied",
	why: "the server refuses the user. Check user and password in \"database-url\" (percent-encoded), and that the user may SELECT from Buildbot's tables, from the runner's address.",
};
export const NO_SUCH_DATABASE: Explanation = {
	code: "no-such-database",
	why: 'the server has no database of that name. Check the end of "database-url".',
};
export const NO_TLS: Explanation = {
	code: "tls-unavailable",
	why: 'the server offers no TLS, and nothing was sent in the clear. Let it offer TLS; only where the network itself is safe, set "database-tls" to disabled.',
};
/** By the codes of Node's sockets. */
const NETWORK: Readonly<Record<string, Explanation>> = {
	ECONNREFUSED: REFUSED,
	EHOSTUNREACH: REFUSED,
	ENETUNREACH: REFUSED,
	ENOTFOUND: UNKNOWN_HOST,
	EAI_AGAIN: UNKNOWN_HOST,
	ETIMEDOUT: TIMEOUT,
	ENOENT: {
		code: "connection-refused",
		why: 'there is no such socket. Check the socket in "database-url".',
	},
	ECONNRESET: LOST,
	EPIPE: LOST,
	DEPTH_ZERO_SELF_SIGNED_CERT: UNTRUSTED,
	SELF_SIGNED_CERT_IN_CHAIN: UNTRUSTED,
	UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNTRUSTED,
	UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNTRUSTED,
	CERT_HAS_EXPIRED: UNTRUSTED,
	ERR_TLS_CERT_ALTNAME_INVALID: UNTRUSTED,
};

/** TLS as both drivers take it. */
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
