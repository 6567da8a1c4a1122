/** Connections to PostgreSQL. */
import { Socket } from "node:net";
import pg from "pg";
import { BUSY, DENIED, LOST, NO_PASSWORD, NO_SUCH_DATABASE, NO_TLS, TIMEOUT } from "./explanations.ts";
import { TABLES } from "./schema.ts";
import { type Driver, type ServerOptions, tlsOptions } from "./server.ts";
import { listOf, type Query } from "./store.ts";

export const postgresql: Driver = {
	dialect: {
		// In a database without an encoding, texts are whatever bytes their clients sent.
		bytes: (column) =>
			`convert_to(${column}, CAST(CASE current_setting('server_encoding') WHEN 'SQL_ASCII' THEN 'SQL_ASCII' ELSE 'UTF8' END AS name))`,
		now: "CAST(EXTRACT(EPOCH FROM CURRENT_TIMESTAMP) AS bigint)",
		columns: (tables) =>
			`SELECT table_name AS "table", column_name AS "column" FROM information_schema.columns
			WHERE table_schema = ANY (current_schemas(false)) AND table_name IN (${listOf(tables)})`,
	},

	async connect({ host, port, user, database, socketPath, searchPath }, password, options) {
		const { tls, connectTimeout, queryTimeout, idleTimeout } = options;
		// For closing without waiting for the server, which the driver's own end() does.
		const socket = new Socket();
		const client = new pg.Client({
			host: socketPath ?? host,
			port,
			user,
			password,
			database,
			application_name: applicationName(options),
			connectionTimeoutMillis: connectTimeout,
			query_timeout: queryTimeout,
			ssl: tls === "disabled" ? false : tlsOptions(options),
			stream: () => socket,
		});
		// Without a listener, an error would end the process.
		client.on("error", () => undefined);
		const query: Query = async (sql, values = []) => (await client.query(sql, [...values])).rows;
		const onBreak = (listener: () => void) => client.on("error", listener);
		const close = () => socket.destroy();
		try {
			await client.connect();
			await query(
				"SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL READ COMMITTED, READ ONLY, NOT DEFERRABLE",
			);
			await query(`SET statement_timeout = ${queryTimeout}`);
			await query(`SET lock_timeout = ${queryTimeout}`);
			for (const [name, value] of sessionSettings(idleTimeout)) {
				// Older versions don't have all of them, and need no replacement for those that they lack.
				await query("SELECT set_config(name, $2, false) FROM pg_settings WHERE name = $1", [name, value]);
			}
			if (searchPath !== null) await query("SELECT set_config('search_path', $1, false)", [searchPath]);
			await query(CHOOSE_SCHEMA);
			return { query, onBreak, close };
		} catch (error) {
			close();
			throw error;
		}
	},

	// PostgreSQL's SQLSTATE codes. The driver's own errors have only a message.
	explanations: {
		codes: {
			"57014": TIMEOUT,
			"55P03": TIMEOUT,
			"57P01": LOST,
			"57P02": LOST,
			"57P03": BUSY,
			"53300": BUSY,
			"28000": DENIED,
			"28P01": {
				...DENIED,
				why: `${DENIED.why} A password whose VALID UNTIL has passed is denied like a wrong one.`,
			},
			"42501": DENIED,
			"3D000": NO_SUCH_DATABASE,
		},
		messages: [
			[/^timeout expired$|^Query read timeout$/, TIMEOUT],
			[/^The server does not support SSL connections$/, NO_TLS],
			[/^Connection terminated/, LOST],
			[/client password must be a string|empty password returned/, NO_PASSWORD],
			[
				/is not permitted to log in/,
				{
					code: "access-denied",
					why: 'the role of the user in "database-url" is not permitted to log in. Permit it (ALTER ROLE … LOGIN), or use another user.',
				},
			],
			[
				/no pg_hba\.conf entry/,
				{
					code: "access-denied",
					why: "the server's pg_hba.conf does not admit this user from the runner's address to this database.",
					mayNeedTls: true,
				},
			],
			[
				/row-level security/,
				{
					code: "access-denied",
					why: "row-level security would hide rows from this user. Exempt the user (ALTER ROLE … BYPASSRLS), or disable it for Buildbot's tables.",
				},
			],
		],
	},
};

/**
 * Reads all tables from one schema of the search path: the first that has all of Buildbot's, or else most of them.
 * Another may have tables of the same names, for example of an older master.
 */
const CHOOSE_SCHEMA = `SELECT set_config('search_path', quote_ident(best.name), false) FROM (
	SELECT CAST(s.name AS text) AS name FROM unnest(current_schemas(false)) WITH ORDINALITY AS s(name, position)
	JOIN information_schema.tables t ON t.table_schema = s.name
	WHERE t.table_name IN (${listOf(TABLES)})
	GROUP BY s.name, s.position
	ORDER BY bool_or(t.table_name = 'buildrequests') DESC, count(*) DESC, s.position LIMIT 1) best`;

/** Whatever is set for the server, the database, or the role, counts depend on these. */
function sessionSettings(idleTimeout: number): readonly (readonly [string, string])[] {
	return [
		["idle_session_timeout", `${idleTimeout}s`],
		["idle_in_transaction_session_timeout", "0"],
		["transaction_timeout", "0"],
		// If a policy hid rows, the query fails.
		["row_security", "off"],
		["standard_conforming_strings", "on"],
		["bytea_output", "hex"],
		["transform_null_equals", "off"],
	];
}

/**
 * The name that others see, with the end of a watch; see {@link postgresqlLock}. The server keeps 63 bytes; the end of a
 * URL says more than its start.
 */
function applicationName({ run, watch }: ServerOptions): string {
	const suffix = watch === null ? "" : ` watch:${watch.until ?? "stopped"}`;
	const most = 63 - suffix.length;
	return `${run.length <= most ? run : run.replace(/^https?:\/\//, "").slice(-most)}${suffix}`;
}
