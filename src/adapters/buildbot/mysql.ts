/** Pending build requests of a Buildbot master that keeps its state in MySQL or MariaDB. */
import { type Connection, createConnection } from "mysql2/promise";
import { z } from "zod";
import type { PendingBuilder } from "../../core/facts.ts";
import { DatabaseError } from "../../errors.ts";
import type { PendingSource } from "../../ports.ts";
import { detectGeneration, parseRows, pendingQuery, TABLES } from "./schema.ts";
import type { MysqlLocation } from "./url.ts";

export interface MysqlTimeouts {
	/** Milliseconds until the server has let us in. */
	readonly connect: number;
	/** Milliseconds until a query is answered. */
	readonly query: number;
}

const columnsSchema = z.array(z.object({ table: z.string(), column: z.string() }));

// Bytes of the name in UTF-8, whatever character set the table has. No collation takes part in comparing bytes.
const nameBytes = (column: string) => `CAST(CONVERT(${column} USING utf8mb4) AS BINARY)`;

export class MysqlPendingSource implements PendingSource {
	readonly #location: MysqlLocation;
	readonly #timeouts: MysqlTimeouts;

	constructor(location: MysqlLocation, timeouts: MysqlTimeouts) {
		this.#location = location;
		this.#timeouts = timeouts;
	}

	async read(): Promise<readonly PendingBuilder[]> {
		let connection: Connection | null = null;
		try {
			connection = await this.#connect();
			const columns = await this.#query(
				connection,
				`SELECT LOWER(TABLE_NAME) AS \`table\`, LOWER(COLUMN_NAME) AS \`column\` FROM information_schema.COLUMNS
				WHERE TABLE_SCHEMA = DATABASE() AND LOWER(TABLE_NAME) IN (${TABLES.map((table) => `'${table}'`).join(", ")})`,
			);
			const generation = detectGeneration(columnsSchema.parse(columns), this.#where());
			return parseRows(await this.#query(connection, pendingQuery(generation, nameBytes)));
		} catch (error) {
			throw error instanceof DatabaseError ? error : this.#explain(error);
		} finally {
			// Not end(): that waits for the server's word, which a server that hangs never gives.
			connection?.destroy();
		}
	}

	async #connect(): Promise<Connection> {
		const { host, port, user, password, database } = this.#location;
		return createConnection({
			host,
			port,
			user,
			password,
			database,
			charset: "utf8mb4_bin",
			connectTimeout: this.#timeouts.connect,
		});
	}

	async #query(connection: Connection, sql: string): Promise<unknown> {
		const [rows] = await connection.query({ sql, timeout: this.#timeouts.query });
		return rows;
	}

	#where(): string {
		const { host, port, database } = this.#location;
		return `the database ${JSON.stringify(database)} at ${host.includes(":") ? `[${host}]` : host}:${port}`;
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
