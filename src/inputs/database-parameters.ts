/**
 * The parameters of a database URL. Each is honored, ignored because it only tunes a driver, or rejected: one that is
 * unknown could change what is read, or from where. No message repeats a value, which could be a secret.
 */
import { isIP } from "node:net";
import { invalid, type Parsed, valid } from "./parsed.ts";

export interface DatabaseParameters {
	/** Null: the URL's own. */
	readonly host: string | null;
	/** Null: the URL's own, or the default. */
	readonly port: number | null;
	/** A local socket; for PostgreSQL, its folder. */
	readonly socketPath: string | null;
	/** Schemas of PostgreSQL in the order in which to look for a table; null: the user's. */
	readonly searchPath: string | null;
	readonly ignoredKeys: readonly string[];
}

export type DatabaseKind = "mysql" | "postgresql" | "sqlite";

/** Time limits, pools, and logs of SQLAlchemy and its drivers. */
const TUNING = [
	...["max_idle", "pool_size", "max_overflow", "pool_recycle", "pool_timeout", "pool_pre_ping", "pool_use_lifo"],
	...["poolclass", "pool_reset_on_return", "echo", "echo_pool", "use_unicode", "compress", "local_infile"],
	...["connect_timeout", "connection_timeout", "read_timeout", "write_timeout", "timeout", "command_timeout"],
	...["keepalives", "keepalives_idle", "keepalives_interval", "keepalives_count", "tcp_user_timeout"],
	...["application_name", "fallback_application_name", "program_name", "executemany_mode", "cursorclass"],
	...["prepared_statement_cache_size", "statement_cache_size", "check_same_thread", "cached_statements"],
	...["detect_types", "serialize_access"],
];
const ENCRYPTION = /^(?:ssl|tls|gss|channel_binding|require_?auth|requirepeer|krb)/i;
const PASSWORD = /pass|pwd|secret|token/i;
/** Names are always read as UTF-8. */
const UTF8 = /^utf-?8(?:mb[34])?$/i;

/** What to do instead of a parameter that has its place elsewhere. */
const REMEDIES: Readonly<Record<string, string>> = {
	user: "Write the user name before the host",
	username: "Write the user name before the host",
	database: "Write the database name after the host",
	dbname: "Write the database name after the host",
	db: "Write the database name after the host",
	hostaddr: "Write the host name before the database name",
	search_path: "Write options=-csearch_path=SCHEMA",
	options: "Only options=-csearch_path=SCHEMA is",
	charset: "Names are read as UTF-8; use utf8mb4 or remove it",
	client_encoding: "Names are read as UTF-8; use utf8 or remove it",
};
const REMOVE = "Remove it; only parameters that tune a driver, such as pool_size, are ignored";

/** Whether a text can be the name or address of one host. */
export function isHost(text: string): boolean {
	return isIP(text) !== 0 || /^[\p{L}\p{N}][\p{L}\p{N}._-]*$/u.test(text);
}

/** Reads the parameters of a URL, judging each by the form of its value. */
export function readParameters(kind: DatabaseKind, query: string): Parsed<DatabaseParameters> {
	const parameters = [...new URLSearchParams(query)];
	const password = parameters.find(([key]) => PASSWORD.test(key));
	if (password !== undefined) {
		return invalid(
			"the URL has a password among its parameters. Write the password before the host, after the user name.",
		);
	}
	let read: DatabaseParameters = { host: null, port: null, socketPath: null, searchPath: null, ignoredKeys: [] };
	for (const [index, [key, value]] of parameters.entries()) {
		if (parameters.findIndex(([other]) => other === key) < index) {
			return invalid(`the URL has the parameter ${shown(key, query)} twice. Remove one.`);
		}
		const honored = TUNING.includes(key) ? { ignoredKeys: [...read.ignoredKeys, key] } : honor(kind, key, value);
		if (honored === null) return invalid(rejection(key, query));
		read = { ...read, ...honored };
	}
	return valid(read);
}

/** What a parameter means; null if it is not supported. */
function honor(kind: DatabaseKind, key: string, value: string): Partial<DatabaseParameters> | null {
	switch (`${kind} ${key}`) {
		case "mysql unix_socket":
			return value.startsWith("/") ? { socketPath: value } : null;
		case "postgresql host":
			return value.startsWith("/") ? { socketPath: value } : hostAndPort(value);
		case "postgresql port":
			return /^\d{1,5}$/.test(value) ? { port: Number(value) } : null;
		case "postgresql options":
			return searchPathIn(value);
		case "mysql charset":
		case "postgresql client_encoding":
			return UTF8.test(value) ? {} : null;
		case "sqlite mode":
			// The file is opened read-only in any case.
			return value === "ro" ? {} : null;
		default:
			return null;
	}
}

/** `name`, `name:port`, or an address. */
function hostAndPort(value: string): Partial<DatabaseParameters> | null {
	if (isHost(value)) return { host: value };
	const [, host = "", port = ""] = /^(.*):(\d{1,5})$/.exec(value) ?? [];
	const name = host.replace(/^\[(.*)\]$/, "$1");
	return isHost(name) ? { host: name, port: Number(port) } : null;
}

function searchPathIn(options: string): Partial<DatabaseParameters> | null {
	const [, searchPath] = /^(?:-c\s*|--)search_path=([^\s\\]+)$/.exec(options) ?? [];
	return searchPath === undefined ? null : { searchPath };
}

function rejection(key: string, query: string): string {
	const parameter = `the URL's parameter ${shown(key, query)}`;
	if (ENCRYPTION.test(key)) return `${parameter} is not supported. Use "database-tls" and "database-ca" instead.`;
	if (key === "host") return `${parameter} must be the name of one host, or the absolute path of a socket's folder.`;
	if (key === "unix_socket") return `${parameter} must be the absolute path of a socket.`;
	return `${parameter} is not supported. ${REMEDIES[key] ?? REMOVE}.`;
}

/** A key, unless it could be part of a password whose special characters are not percent-encoded. */
function shown(key: string, query: string): string {
	return query.includes("@") || !/^[a-z][a-z_]{0,39}$/i.test(key) ? "that follows the database name" : `"${key}"`;
}

/** The values of all parameters that are named like a password. They are secrets, although they are rejected. */
export function secretParameters(query: string): readonly string[] {
	return query.split(/[?&;]/).flatMap((pair) => {
		const [, key = "", value = ""] = /^([^=]*)=(.*)$/s.exec(pair) ?? [];
		const [[decodedKey = "", decodedValue = ""] = []] = [...new URLSearchParams(pair)];
		return PASSWORD.test(decodedKey) || PASSWORD.test(key) ? [value, decodedValue] : [];
	});
}
