/** The `database-url` input in SQLAlchemy's form, as in Buildbot's own configuration. No message repeats the URL. */
import { invalid, type Parsed, valid } from "./parsed.ts";

export interface ServerLocation {
	readonly kind: keyof typeof SERVERS;
	/** Name or address, IPv6 without brackets. */
	readonly host: string;
	readonly port: number;
	readonly user: string;
	readonly password: string;
	readonly database: string;
	/** A local socket (PostgreSQL: its folder) to use instead of host and port; null: none. */
	readonly socketPath: string | null;
	/** Keys of the URL that configure SQLAlchemy's drivers and mean nothing here. */
	readonly ignoredKeys: readonly string[];
}

export interface SqliteLocation {
	readonly kind: "sqlite";
	/** Absolute, or relative to the workspace. */
	readonly path: string;
}

export type DatabaseLocation = ServerLocation | SqliteLocation;

/** Default ports, and SQLAlchemy's key for a socket. */
const SERVERS = {
	mysql: { port: 3306, socketKey: "unix_socket" },
	postgresql: { port: 5432, socketKey: "host" },
} as const;

const SQLITE_FORMS = "sqlite:///relative.sqlite or sqlite:////absolute.sqlite";
const FORMS = `mysql://user:password@host:3306/db, postgresql://user:password@host:5432/db, ${SQLITE_FORMS}`;

/** Reads a database URL; a driver suffix (`mysql+pymysql`) is ignored. The secrets are known even if it is invalid. */
export function parseDatabaseUrl(text: string): Parsed<DatabaseLocation> {
	const secrets = secretsIn(text);
	const scheme = /^([a-z]+)(?:\+[a-z0-9_]+)?:\/\//i.exec(text)?.[1]?.toLowerCase();
	switch (scheme) {
		case "mysql":
		case "mariadb":
			return parseServer(text, "mysql", secrets);
		case "postgresql":
		case "postgres":
			return parseServer(text, "postgresql", secrets);
		case "sqlite":
			return parseSqlite(text, secrets);
		default:
			return invalid(
				`it must be the URL of a MySQL, MariaDB, PostgreSQL, or SQLite database, for example ${FORMS}.`,
				secrets,
			);
	}
}

function parseServer(text: string, kind: ServerLocation["kind"], secrets: readonly string[]): Parsed<ServerLocation> {
	const url = readServerUrl(text, SERVERS[kind].socketKey);
	if (url === null) {
		return invalid(
			"it is not a valid URL. Percent-encode special characters in the user name and password: %40 for @, %3A for :, %2F for /, %23 for #, %3F for ?, and %25 for %.",
			secrets,
		);
	}
	const { host, user, database, hasFragment, ignoredKeys } = url;
	const missing = [
		...(host === "" ? ["a host"] : []),
		...(user === "" ? ["a user name"] : []),
		...(database === "" || database.includes("/") ? ["the name of one database after the host"] : []),
	];
	if (missing.length > 0) return invalid(`the URL lacks ${missing.join(" and ")}. Use one of ${FORMS}.`, secrets);
	if (hasFragment) return invalid('the URL contains "#". Write it as %23 in a user name or password.', secrets);
	const encryption = ignoredKeys.find((key) => /^(?:ssl|tls)/i.test(key));
	// Ignoring one of these could connect unencrypted.
	if (encryption !== undefined) {
		return invalid(
			`the URL's key "${encryption.slice(0, 40)}" is not supported. Use "database-tls" and "database-ca" instead.`,
			secrets,
		);
	}
	const { port, password, socketPath } = url;
	return valid(
		{ kind, host, port: port ?? SERVERS[kind].port, user, password, database, socketPath, ignoredKeys },
		secrets,
	);
}

/** The decoded parts of a URL; null if it can't be split or decoded. */
function readServerUrl(text: string, socketKey: string) {
	// A URL with a user must have a host, but one with a socket may omit it.
	const withoutHost = new RegExp(`^([^/]*//[^/]*@)(?=/[^?]*\\?.*\\b${socketKey}=)`);
	try {
		const url = new URL(text.replace(withoutHost, "$1localhost"));
		return {
			host: url.hostname.replace(/^\[(.*)\]$/, "$1"),
			port: url.port === "" ? null : Number(url.port),
			user: decodeURIComponent(url.username),
			password: decodeURIComponent(url.password),
			database: decodeURIComponent(url.pathname.slice(1)),
			socketPath: url.searchParams.get(socketKey),
			ignoredKeys: [...new Set(url.searchParams.keys())].filter((key) => key !== socketKey),
			hasFragment: url.hash !== "",
		};
	} catch {
		return null;
	}
}

function parseSqlite(text: string, secrets: readonly string[]): Parsed<SqliteLocation> {
	const path = /^[^:]+:\/\/\/([^?]*)/.exec(text)?.[1] ?? "";
	if (path === "") return invalid(`the URL lacks a file name. Use ${SQLITE_FORMS}.`, secrets);
	return valid({ kind: "sqlite", path }, secrets);
}

/** Whether a host is one of Amazon RDS, for example `db.c1abc.us-east-1.rds.amazonaws.com`, whose name has the region. */
export type Hosting = { readonly kind: "rds"; readonly region: string } | { readonly kind: "other" };

export function hostingOf(host: string): Hosting {
	const [, region] = /\.([a-z]{2}(?:-[a-z]+)+-\d)\.rds\.amazonaws\.com(?:\.cn)?$/i.exec(host) ?? [];
	return region === undefined ? { kind: "other" } : { kind: "rds", region: region.toLowerCase() };
}

/**
 * What must never be shown of a URL: all of it, and its password as written and decoded. A password whose special
 * characters are not encoded reaches up to the last "@", wherever URLs say it ends.
 */
function secretsIn(text: string): readonly string[] {
	const passwords = [/^[^:]*:\/\/[^:/?#]*:([^/?#]*)@/, /^[^:]*:\/\/[^:/?#]*:(.*)@/s].flatMap((pattern) => {
		const written = pattern.exec(text)?.[1] ?? "";
		return [written, decoded(written)];
	});
	return [...new Set([text, ...passwords])].filter((secret) => secret !== "");
}

/** The text itself if it is not percent-encoded. */
function decoded(text: string): string {
	try {
		return decodeURIComponent(text);
	} catch {
		return text;
	}
}
