/** Pending build requests of a Buildbot master that keeps its state in MySQL or MariaDB. */
import { type Connection, createConnection } from "mysql2/promise";
import { z } from "zod";
import type { PendingRequests } from "../../core/facts.ts";
import type { AgeWindow } from "../../core/policy.ts";
import { DatabaseError } from "../../errors.ts";
import type { PendingSource } from "../../ports.ts";
import { type Dialect, detectGeneration, parseRows, pendingQuery, TABLES } from "./schema.ts";
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
}

const columnsSchema = z.array(z.object({ table: z.string(), column: z.string() }));

const DIALECT: Dialect = {
	// Bytes of the name in UTF-8, whatever character set the table has. No collation takes part in comparing bytes.
	bytes: (column) => `CAST(CONVERT(${column} USING utf8mb4) AS BINARY)`,
	now: "UNIX_TIMESTAMP()",
};

export class MysqlPendingSource implements PendingSource {
	readonly #location: MysqlLocation;
	readonly #options: MysqlOptions;

	constructor(location: MysqlLocation, options: MysqlOptions) {
		this.#location = location;
		this.#options = options;
	}

	async read(window: AgeWindow): Promise<PendingRequests> {
		for (const pause of this.#options.pauses) {
			try {
				return await this.#readOnce(window);
			} catch (error) {
				if (!(error instanceof DatabaseError && PASSING.has(error.code))) throw error;
				await new Promise((done) => setTimeout(done, pause));
			}
		}
		return this.#readOnce(window);
	}

	async #readOnce(window: AgeWindow): Promise<PendingRequests> {
		let connection: Connection | null = null;
		try {
			connection = await this.#connect();
			await this.#query(connection, "SET SESSION TRANSACTION READ ONLY");
			await this.#query(connection, this.#statementTimeout());
			const columns = await this.#query(
				connection,
				`SELECT LOWER(TABLE_NAME) AS \`table\`, LOWER(COLUMN_NAME) AS \`column\` FROM information_schema.COLUMNS
				WHERE TABLE_SCHEMA = DATABASE() AND LOWER(TABLE_NAME) IN (${TABLES.map((table) => `'${table}'`).join(", ")})`,
			);
			const generation = detectGeneration(columnsSchema.parse(columns), this.#where());
			return parseRows(await this.#query(connection, pendingQuery(generation, DIALECT, window)));
		} catch (error) {
			throw error instanceof DatabaseError ? error : this.#explain(error);
		} finally {
			// Not end(): that waits for the server's word, which a server that hangs never gives.
			connection?.destroy();
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

	async #query(connection: Connection, sql: string): Promise<unknown> {
		const [rows] = await connection.query({ sql, timeout: this.#options.queryTimeout });
		return rows;
	}

	#where(): string {
		const { host, port, database, socketPath } = this.#location;
		const server = socketPath ?? `${host.includes(":") ? `[${host}]` : host}:${port}`;
		return `the database ${JSON.stringify(database)} at ${server}`;
	}

	#explain(cause: unknown): DatabaseError {
		const given = cause instanceof Error && "code" in cause ? String(cause.code) : "";
		const said = cause instanceof Error ? cause.message : String(cause);
		const { code, why } = explanations[given] ?? {
			code: "query-failed",
			why: "the query failed. If the server's own words below do not help, run it by hand as the same user.",
		};
		const detail = [given, said].filter((part) => part !== "").join(": ");
		return new DatabaseError(
			code,
			`The pending build requests could not be read from ${this.#where()}: ${why} (${detail})`,
			{ cause },
		);
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
