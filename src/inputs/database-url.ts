/** The `database-url` input: SQLAlchemy's form, as Buildbot's own configuration has it. No message repeats the URL. */

export interface ServerLocation {
	readonly kind: keyof typeof SERVERS;
	/** Name or address, IPv6 without brackets. */
	readonly host: string;
	readonly port: number;
	readonly user: string;
	readonly password: string;
	readonly database: string;
	/** A socket of this machine (PostgreSQL: the folder it is in), instead of host and port; null: none. */
	readonly socketPath: string | null;
	/** Keys of the URL that tune SQLAlchemy's drivers and mean nothing here. */
	readonly ignoredKeys: readonly string[];
}

export interface SqliteLocation {
	readonly kind: "sqlite";
	/** Absolute, or relative to the workspace. */
	readonly path: string;
}

/** Default ports, and the URL's key for a socket as SQLAlchemy has it. */
const SERVERS = {
	mysql: { port: 3306, socketKey: "unix_socket" },
	postgresql: { port: 5432, socketKey: "host" },
} as const;

export type DatabaseLocation = ServerLocation | SqliteLocation;

const FORMS =
	"mysql://user:password@host:3306/db, postgresql://user:password@host:5432/db, sqlite:///relative.sqlite or sqlite:////absolute.sqlite";

/**
 * Takes a database URL apart; a driver suffix (`mysql+pymysql`) is ignored.
 * @throws Error that says what is wrong without repeating any part of the URL that could be secret
 */
export function parseDatabaseUrl(text: string): DatabaseLocation {
	const scheme = /^([a-z]+)(?:\+[a-z0-9_]+)?:\/\//i.exec(text)?.[1]?.toLowerCase();
	switch (scheme) {
		case "mysql":
		case "mariadb":
			return parseServer(text, "mysql");
		case "postgresql":
		case "postgres":
			return parseServer(text, "postgresql");
		case "sqlite":
			return parseSqlite(text);
		default:
			throw new Error(`it must be a URL of MySQL, MariaDB, PostgreSQL or SQLite, such as ${FORMS}.`);
	}
}

function parseServer(text: string, kind: ServerLocation["kind"]): ServerLocation {
	const { port, socketKey } = SERVERS[kind];
	let url: URL;
	let user: string;
	let password: string;
	let database: string;
	try {
		// A URL with a user must have a host; one with a socket needs none.
		const nowhere = new RegExp(`^([^/]*//[^/]*@)(?=/[^?]*\\?.*\\b${socketKey}=)`);
		url = new URL(text.replace(nowhere, "$1localhost"));
		user = decodeURIComponent(url.username);
		password = decodeURIComponent(url.password);
		database = decodeURIComponent(url.pathname.slice(1));
	} catch {
		throw new Error(
			"it is not a valid URL. Special characters of user and password must be percent-encoded: @ is %40, : is %3A, / is %2F, # is %23, ? is %3F, % is %25.",
		);
	}
	const socketPath = url.searchParams.get(socketKey);
	const lacking = [
		...(url.hostname === "" ? ["a host"] : []),
		...(user === "" ? ["a user"] : []),
		...(database === "" || database.includes("/") ? ["the name of one database after the host"] : []),
	];
	if (lacking.length > 0) throw new Error(`it lacks ${lacking.join(" and ")}; its form is ${FORMS}.`);
	if (url.hash !== "") throw new Error('it has a "#", which must be written %23 in a user or password.');
	const ignoredKeys = [...new Set(url.searchParams.keys())].filter((key) => key !== socketKey);
	const encryption = ignoredKeys.find((key) => /^(?:ssl|tls)/i.test(key));
	// To leave one of these out in silence could connect in the clear.
	if (encryption !== undefined) {
		throw new Error(
			`its "${encryption.slice(0, 40)}" is not read; say it by the inputs "database-tls" and "database-ca".`,
		);
	}
	return {
		kind,
		host: url.hostname.replace(/^\[(.*)\]$/, "$1"),
		port: url.port === "" ? port : Number(url.port),
		user,
		password,
		database,
		socketPath,
		ignoredKeys,
	};
}

function parseSqlite(text: string): SqliteLocation {
	const path = /^[^:]+:\/\/\/([^?]*)/.exec(text)?.[1] ?? "";
	if (path === "") {
		throw new Error("it names no file; its form is sqlite:///relative.sqlite or sqlite:////absolute.sqlite.");
	}
	return { kind: "sqlite", path };
}

/** The AWS region in a host name of Amazon RDS, such as `db.c1abc.us-east-1.rds.amazonaws.com`; null: it is none. */
export function rdsRegion(host: string): string | null {
	return /\.([a-z]{2}(?:-[a-z]+)+-\d)\.rds\.amazonaws\.com(?:\.cn)?$/i.exec(host)?.[1]?.toLowerCase() ?? null;
}

/** What must not be shown of a URL, whatever is wrong with it: the whole, and the password as written and as meant. */
export function secretsOf(text: string): readonly string[] {
	const written = /^[^:]*:\/\/[^:/?#]*:(.*)@/s.exec(text)?.[1] ?? "";
	let meant = written;
	try {
		meant = decodeURIComponent(written);
	} catch {
		// Then it is not percent-encoded, and is meant as written.
	}
	return [...new Set([text, written, meant])].filter((secret) => secret !== "");
}
