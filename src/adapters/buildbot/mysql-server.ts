/** Connections to MySQL and MariaDB: encrypted as told, read-only, bounded in time, and errors in plain words. */
import { type Connection, createConnection } from "mysql2/promise";
import { DatabaseError, messageOf } from "../../errors.ts";
import type { TlsMode } from "./tls.ts";
import type { MysqlLocation } from "./url.ts";

export interface MysqlOptions {
	/** Milliseconds until the server has let us in. */
	readonly connectTimeout: number;
	/** Milliseconds until a query is answered; the server is told to give up by then too. */
	readonly queryTimeout: number;
	/** Milliseconds before each further try after a refused or broken connection. */
	readonly pauses: readonly number[];
	readonly tls: Exclude<TlsMode, "auto">;
	/** PEM; undefined: the authorities that Node trusts. */
	readonly authorities: string[] | undefined;
	/** What the server is told of us, such as `run`, the page of this run. */
	readonly attributes: Readonly<Record<string, string>>;
}

/** Runs one statement and gives its rows. */
export type Query = (sql: string, values?: readonly string[]) => Promise<unknown>;

export interface MysqlSession {
	readonly query: Query;
	close(): void;
}

export class MysqlServer {
	readonly #location: MysqlLocation;
	readonly #options: MysqlOptions;

	constructor(location: MysqlLocation, options: MysqlOptions) {
		this.#location = location;
		this.#options = options;
	}

	/** The database and its server, without user and password. */
	get name(): string {
		const { host, port, database, socketPath } = this.#location;
		const server = socketPath ?? `${host.includes(":") ? `[${host}]` : host}:${port}`;
		return `the database ${JSON.stringify(database)} at ${server}`;
	}

	/**
	 * Does something on a connection of its own; again where the connection was refused or broke.
	 * @param what begins the sentence that names the database, such as "The lock could not be taken in"
	 * @throws DatabaseError
	 */
	async withSession<T>(what: string, body: (session: MysqlSession) => Promise<T>): Promise<T> {
		for (const pause of this.#options.pauses) {
			try {
				return await this.#once(what, body);
			} catch (error) {
				if (!(error instanceof DatabaseError && PASSING.has(error.code))) throw error;
				await new Promise((done) => setTimeout(done, pause));
			}
		}
		return this.#once(what, body);
	}

	async #once<T>(what: string, body: (session: MysqlSession) => Promise<T>): Promise<T> {
		let connection: Connection | null = null;
		try {
			const opened = await this.#connect();
			connection = opened;
			// A lock's connection is idle for minutes; should it break meanwhile, the server gives the lock back.
			opened.on("error", () => undefined);
			const query: Query = async (sql, values = []) => {
				const [rows] = await opened.query({ sql, timeout: this.#options.queryTimeout }, [...values]);
				return rows;
			};
			await query("SET SESSION TRANSACTION READ ONLY");
			await query(this.#statementTimeout());
			// Not end(): that waits for the server's word, which a server that hangs never gives.
			return await body({ query, close: () => opened.destroy() });
		} catch (error) {
			connection?.destroy();
			throw error instanceof DatabaseError ? error : this.#explain(what, error);
		}
	}

	async #connect(): Promise<Connection> {
		const { host, port, user, password, database, socketPath } = this.#location;
		return createConnection({
			host,
			port,
			user,
			password,
			database,
			charset: "utf8mb4_bin",
			connectAttributes: this.#options.attributes,
			connectTimeout: this.#options.connectTimeout,
			...(socketPath === null ? {} : { socketPath }),
			...(this.#options.tls === "disabled" ? {} : { ssl: this.#ssl() }),
		});
	}

	#ssl() {
		const verify = this.#options.tls === "verify-full";
		const { authorities } = this.#options;
		return {
			minVersion: "TLSv1.2",
			rejectUnauthorized: verify,
			// An authority alone says nothing of whose certificate it is.
			verifyIdentity: verify,
			...(authorities === undefined ? {} : { ca: authorities }),
		};
	}

	/** MariaDB and MySQL have each a variable of its own, which the other takes for a comment. */
	#statementTimeout(): string {
		const { queryTimeout } = this.#options;
		const seconds = Math.ceil(queryTimeout / 1000);
		return `SET SESSION lock_wait_timeout = ${seconds} /*M!100101 , max_statement_time = ${seconds} */ /*!50708 , max_execution_time = ${queryTimeout} */`;
	}

	#explain(what: string, cause: unknown): DatabaseError {
		const given = cause instanceof Error && "code" in cause ? String(cause.code) : "";
		const said = messageOf(cause);
		const { code, why } = explanations[given] ?? {
			code: "query-failed",
			why: "the query failed. If the server's own words below do not help, run it by hand as the same user.",
		};
		const detail = [given, said].filter((part) => part !== "").join(": ");
		return new DatabaseError(code, `${what} ${this.name}: ${why} (${detail})`, { cause });
	}
}

/** Codes of what may pass by itself. */
const PASSING: ReadonlySet<string> = new Set(["connection-refused", "connection-lost"]);
const REFUSED = {
	code: "connection-refused",
	why: 'nothing answers there. Check host and port in "database-url", that the server runs, and that its firewall lets the runner in.',
};
const UNKNOWN_HOST = {
	code: "host-unknown",
	why: 'the host name cannot be resolved. Check it in "database-url", and whether the runner is in the network that knows it.',
};
const TIMEOUT = {
	code: "timeout",
	why: "it did not answer in time. Check that the runner can reach it, and whether the server is overloaded.",
};
const LOST = {
	code: "connection-lost",
	why: "the connection broke before the answer was complete. The next tick tries again; if it recurs, look into the server's error log.",
};
const UNTRUSTED = {
	code: "tls-untrusted",
	why: 'the certificate of the server cannot be trusted. Check that "database-url" has the name that the certificate is for, and give its authority by "database-ca".',
};
const NO_SUCH_SOCKET = {
	code: "connection-refused",
	why: 'there is no such socket. Check "unix_socket" in "database-url".',
};
const DENIED = {
	code: "access-denied",
	why: "the server refuses the user. Check user and password in \"database-url\" (percent-encoded), and that the user may SELECT from Buildbot's tables, from the runner's address.",
};
/** By the error codes of Node's sockets, of mysql2 and of the server. */
const explanations: Readonly<Record<string, { readonly code: string; readonly why: string }>> = {
	ECONNREFUSED: REFUSED,
	EHOSTUNREACH: REFUSED,
	ENETUNREACH: REFUSED,
	ENOTFOUND: UNKNOWN_HOST,
	EAI_AGAIN: UNKNOWN_HOST,
	ETIMEDOUT: TIMEOUT,
	PROTOCOL_SEQUENCE_TIMEOUT: TIMEOUT,
	ER_STATEMENT_TIMEOUT: TIMEOUT,
	ER_QUERY_TIMEOUT: TIMEOUT,
	ENOENT: NO_SUCH_SOCKET,
	HANDSHAKE_NO_SSL_SUPPORT: {
		code: "tls-unavailable",
		why: 'the server offers no TLS, and nothing was sent in the clear. Let it offer TLS; only where the network itself is safe, set "database-tls" to disabled.',
	},
	HANDSHAKE_SSL_ERROR: UNTRUSTED,
	DEPTH_ZERO_SELF_SIGNED_CERT: UNTRUSTED,
	SELF_SIGNED_CERT_IN_CHAIN: UNTRUSTED,
	UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNTRUSTED,
	UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNTRUSTED,
	CERT_HAS_EXPIRED: UNTRUSTED,
	ERR_TLS_CERT_ALTNAME_INVALID: UNTRUSTED,
	AUTH_SWITCH_PLUGIN_ERROR: {
		code: "auth-plugin",
		why: "the server wants an authentication plugin that the driver does not have, such as MariaDB's ed25519. Give this user one with mysql_native_password or caching_sha2_password.",
	},
	ECONNRESET: LOST,
	EPIPE: LOST,
	PROTOCOL_CONNECTION_LOST: LOST,
	ER_ACCESS_DENIED_ERROR: DENIED,
	ER_ACCESS_DENIED_NO_PASSWORD_ERROR: DENIED,
	ER_DBACCESS_DENIED_ERROR: DENIED,
	ER_TABLEACCESS_DENIED_ERROR: DENIED,
	ER_COLUMNACCESS_DENIED_ERROR: DENIED,
	ER_BAD_DB_ERROR: {
		code: "no-such-database",
		why: 'the server has no database of that name. Check the end of "database-url".',
	},
};
