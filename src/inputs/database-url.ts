/** The `database-url` input in SQLAlchemy's form, as in Buildbot's own configuration. No message repeats the URL. */
import { type DatabaseParameters, isHost, readParameters, secretParameters } from "./database-parameters.ts";
import { invalid, type Parsed, valid } from "./parsed.ts";

export interface ServerLocation {
	readonly kind: keyof typeof DEFAULT_PORTS;
	/** Name or address, IPv6 without brackets. */
	readonly host: string;
	readonly port: number;
	readonly user: string;
	readonly password: string;
	readonly database: string;
	/** A local socket (PostgreSQL: its folder) to use instead of host and port; null: none. */
	readonly socketPath: string | null;
	/** Schemas of PostgreSQL in the order in which to look for a table; null: the user's. */
	readonly searchPath: string | null;
	/** Parameters that tune SQLAlchemy's drivers and mean nothing here. */
	readonly ignoredKeys: readonly string[];
}

export interface SqliteLocation {
	readonly kind: "sqlite";
	/** Absolute, or relative to the workspace. */
	readonly path: string;
	readonly ignoredKeys: readonly string[];
}

export type DatabaseLocation = ServerLocation | SqliteLocation;

const DEFAULT_PORTS = { mysql: 3306, postgresql: 5432 } as const;
const LOCAL = ["localhost", "127.0.0.1", "::1"];

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
	const url = readServerUrl(text);
	if (url === null) {
		return invalid(
			"it is not a valid URL. Percent-encode special characters in the user name and password: %40 for @, %3A for :, %2F for /, %23 for #, %3F for ?, and %25 for %.",
			secrets,
		);
	}
	const { user, password, database, hasFragment, query } = url;
	if (hasFragment) return invalid('the URL contains "#". Write it as %23 in a user name or password.', secrets);
	const parameters = readParameters(kind, query);
	if (parameters.kind === "invalid") return invalid(parameters.problem, secrets);
	const target = targetOf(kind, url, parameters.value);
	if (target.kind === "contradictory") return invalid(target.problem, secrets);
	const missing = [
		...(target.kind === "none" ? ["a host"] : []),
		...(user === "" ? ["a user name"] : []),
		...(database === "" || database.includes("/") ? ["the name of one database after the host"] : []),
	];
	if (target.kind === "none" || missing.length > 0) {
		return invalid(`the URL lacks ${missing.join(" and ")}. Use one of ${FORMS}.`, secrets);
	}
	const { host, port, socketPath } = target;
	const { searchPath, ignoredKeys } = parameters.value;
	return valid({ kind, host, port, user, password, database, socketPath, searchPath, ignoredKeys }, secrets);
}

type Target =
	| ({ readonly kind: "found" } & Pick<ServerLocation, "host" | "port" | "socketPath">)
	| { readonly kind: "none" }
	| { readonly kind: "contradictory"; readonly problem: string };

/** Where to connect to, by the host and the parameters of a URL. A URL that names two targets is rejected. */
function targetOf(
	kind: ServerLocation["kind"],
	url: { readonly host: string; readonly port: number | null },
	parameters: DatabaseParameters,
): Target {
	// libpq's form of a socket: its folder, percent-encoded, in place of the host.
	const isFolder = kind === "postgresql" && url.host.startsWith("/");
	const named = isFolder ? "" : url.host;
	const socketPath = parameters.socketPath ?? (isFolder ? url.host : null);
	const host = parameters.host ?? named;
	const port = parameters.port ?? url.port ?? DEFAULT_PORTS[kind];
	const problem = contradiction({ named, host, socketPath, urlPort: url.port, port });
	if (problem !== null) return { kind: "contradictory", problem };
	if (socketPath === null && host === "") return { kind: "none" };
	return { kind: "found", host: host || "localhost", port, socketPath };
}

/** Why a URL does not name one target; null if it does, or none. */
function contradiction(of: {
	readonly named: string;
	readonly host: string;
	readonly socketPath: string | null;
	readonly urlPort: number | null;
	readonly port: number;
}): string | null {
	const { named, host, socketPath, urlPort, port } = of;
	if (named !== "" && host !== named) return "the URL names two hosts. Remove one.";
	if (urlPort !== null && port !== urlPort) return "the URL names two ports. Remove one.";
	if (host === "") return null;
	if (socketPath !== null && !LOCAL.includes(host)) {
		return "the URL names both a host and a local socket. Remove one.";
	}
	return isHost(host) ? null : "the URL's host must be the name or address of one host.";
}

/** A host that a URL with a user must have, in place of none. */
const NO_HOST = "no-host.invalid";

/** The decoded parts of a URL; null if it can't be split or decoded. */
function readServerUrl(text: string) {
	try {
		const url = new URL(text.replace(/^([^/]*\/\/[^/?#]*@)(?=\/)/, `$1${NO_HOST}`));
		return {
			host: url.hostname === NO_HOST ? "" : decodeURIComponent(url.hostname).replace(/^\[(.*)\]$/, "$1"),
			port: url.port === "" ? null : Number(url.port),
			user: decodeURIComponent(url.username),
			password: decodeURIComponent(url.password),
			database: decodeURIComponent(url.pathname.slice(1)),
			query: url.search,
			hasFragment: url.hash !== "",
		};
	} catch {
		return null;
	}
}

function parseSqlite(text: string, secrets: readonly string[]): Parsed<SqliteLocation> {
	const [, path = "", query = ""] = /^[^:]+:\/\/\/([^?]*)(.*)$/s.exec(text) ?? [];
	if (path === "") return invalid(`the URL lacks a file name. Use ${SQLITE_FORMS}.`, secrets);
	const parameters = readParameters("sqlite", query);
	if (parameters.kind === "invalid") return invalid(parameters.problem, secrets);
	return valid({ kind: "sqlite", path, ignoredKeys: parameters.value.ignoredKeys }, secrets);
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
	return [...new Set([text, ...passwords, ...secretParameters(text)])].filter((secret) => secret !== "");
}

/** The text itself if it is not percent-encoded. */
function decoded(text: string): string {
	try {
		return decodeURIComponent(text);
	} catch {
		return text;
	}
}
