/** Connections to MySQL and MariaDB. */
import { createConnection } from "mysql2/promise";
import {
	BUSY,
	DENIED,
	type Explanation,
	type Explanations,
	LOST,
	NO_PASSWORD,
	NO_SUCH_DATABASE,
	NO_TLS,
	TIMEOUT,
} from "./explanations.ts";
import { type Driver, tlsOptions, within } from "./server.ts";
import { listOf, type Query } from "./store.ts";

export const mysql: Driver = {
	dialect: {
		// Works for every character set of the table; bytes are compared without a collation. Bytes have no character set
		// to convert from.
		bytes: (column) =>
			`IF(CHARSET(${column}) = 'binary', CAST(${column} AS BINARY), CAST(CONVERT(${column} USING utf8mb4) AS BINARY))`,
		now: "UNIX_TIMESTAMP()",
		columns: (tables) =>
			`SELECT LOWER(TABLE_NAME) AS \`table\`, LOWER(COLUMN_NAME) AS \`column\` FROM information_schema.COLUMNS
			WHERE TABLE_SCHEMA = DATABASE() AND LOWER(TABLE_NAME) IN (${listOf(tables)})`,
	},

	async connect({ host, port, user, database, socketPath }, password, options) {
		const { tls, cleartext, connectTimeout, queryTimeout, run, startedAt, watch, idleTimeout } = options;
		const connection = await createConnection({
			host,
			port,
			user,
			password,
			database,
			charset: "utf8mb4_bin",
			connectAttributes: {
				program_name: "aws-watch-pending",
				run,
				started: String(startedAt),
				...(watch === null ? {} : { watches_until: String(watch.until ?? "stopped") }),
			},
			connectTimeout,
			enableCleartextPlugin: cleartext,
			...(socketPath === null ? {} : { socketPath }),
			// Trusting the CA is not enough: the certificate must also be the host's.
			...(tls === "disabled" ? {} : { ssl: { ...tlsOptions(options), verifyIdentity: tls === "verify-full" } }),
		});
		// Without a listener, an error would end the process.
		connection.on("error", () => undefined);
		const query: Query = async (sql, values = []) => {
			const [rows] = await within(queryTimeout, connection.query(sql, [...values]));
			return rows;
		};
		const onBreak = (listener: () => void) => connection.on("error", listener);
		const close = () => connection.destroy();
		try {
			for (const sql of sessionSettings(database, idleTimeout)) await query(sql);
			await query(statementTimeout(queryTimeout));
			return { query, onBreak, close };
		} catch (error) {
			close();
			throw error;
		}
	},

	explanations: { codes: codes(), messages: messages() },
};

/**
 * Whatever the server's own settings and its `init_connect` did, counts depend on these. Without backslash escapes, the
 * driver could not quote values; a subtraction of a time in the future must not overflow.
 */
function sessionSettings(database: string, idleTimeout: number): readonly string[] {
	const variables = {
		sql_mode: "'NO_UNSIGNED_SUBTRACTION'",
		sql_select_limit: "18446744073709551615",
		sql_big_selects: "1",
		sql_auto_is_null: "0",
		autocommit: "1",
		timestamp: "DEFAULT",
		wait_timeout: String(idleTimeout),
	};
	return [
		"ROLLBACK",
		// First, so that the quotes of the next statements mean what they should.
		`SET SESSION ${Object.entries(variables)
			.map(([name, value]) => `${name} = ${value}`)
			.join(", ")}`,
		"SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY",
		"SET NAMES utf8mb4 COLLATE utf8mb4_bin",
		`USE \`${database.replaceAll("`", "``")}\``,
	];
}

/** MariaDB and MySQL use different variables. Each treats the other's as a comment. */
function statementTimeout(milliseconds: number): string {
	const seconds = Math.ceil(milliseconds / 1000);
	return `SET SESSION lock_wait_timeout = ${seconds} /*M!100101 , max_statement_time = ${seconds} */ /*!50708 , max_execution_time = ${milliseconds} */`;
}

/** MariaDB numbers its later errors as MySQL numbers others, so that the driver gives these the wrong code or none. */
function messages(): Explanations["messages"] {
	return [
		[/max_statement_time exceeded|maximum statement execution time exceeded/i, TIMEOUT],
		[/\(using password: NO\)/, NO_PASSWORD],
		[
			/account is locked/i,
			{
				code: "access-denied",
				why: 'the account of the user in "database-url" is locked. Unlock it (ALTER USER … ACCOUNT UNLOCK), or use another user.',
			},
		],
		[
			/insecure transport/i,
			{ code: "access-denied", why: "the server admits only encrypted connections.", mayNeedTls: true },
		],
	];
}

function codes(): Readonly<Record<string, Explanation>> {
	const expired: Explanation = {
		code: "access-denied",
		why: 'the password of the user in "database-url" has expired. Set a new one, or let it never expire (ALTER USER … PASSWORD EXPIRE NEVER).',
	};
	const untrusted: Explanation = {
		code: "tls-untrusted",
		why: 'no encrypted connection could be established. Check the TLS versions of the server, its certificate, and "database-ca".',
	};
	return {
		ER_MUST_CHANGE_PASSWORD: expired,
		ER_MUST_CHANGE_PASSWORD_LOGIN: expired,
		ER_STATEMENT_TIMEOUT: TIMEOUT,
		ER_QUERY_TIMEOUT: TIMEOUT,
		HANDSHAKE_NO_SSL_SUPPORT: NO_TLS,
		HANDSHAKE_SSL_ERROR: untrusted,
		AUTH_SWITCH_PLUGIN_ERROR: {
			code: "auth-plugin",
			why: "the server requires an authentication plugin that the driver doesn't have, such as MariaDB's ed25519. Use a user with mysql_native_password or caching_sha2_password.",
		},
		MYSQL_CLEAR_PASSWORD_NOT_ENABLED: {
			code: "auth-plugin",
			why: 'the server requested the password in clear text, which is never sent. For Amazon RDS with IAM authentication, set "database-auth" to rds-iam.',
		},
		PROTOCOL_CONNECTION_LOST: LOST,
		ER_CON_COUNT_ERROR: BUSY,
		ER_TOO_MANY_USER_CONNECTIONS: BUSY,
		ER_USER_LIMIT_REACHED: BUSY,
		ER_ACCESS_DENIED_ERROR: { ...DENIED, mayNeedTls: true },
		ER_ACCESS_DENIED_NO_PASSWORD_ERROR: DENIED,
		ER_DBACCESS_DENIED_ERROR: DENIED,
		ER_TABLEACCESS_DENIED_ERROR: DENIED,
		ER_COLUMNACCESS_DENIED_ERROR: DENIED,
		ER_BAD_DB_ERROR: NO_SUCH_DATABASE,
	};
}
