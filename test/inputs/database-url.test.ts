import { describe, expect, it } from "vitest";
import { parseDatabaseUrl } from "../../src/inputs/database-url.ts";

const MYSQL = {
	kind: "mysql",
	host: "db.example",
	port: 3306,
	user: "buildbot",
	password: "s3cret",
	database: "bb",
	socketPath: null,
	searchPath: null,
	ignoredKeys: [],
};

describe("a database URL", () => {
	it.each([
		["mysql://buildbot:s3cret@db.example/bb", {}],
		["mariadb://buildbot:s3cret@db.example:3307/bb", { port: 3307 }],
		["mysql+pymysql://buildbot:s3cret@db.example/bb", {}],
		["mysql+mysqldb://buildbot:s3cret@db.example/bb?charset=utf8&max_idle=300", { ignoredKeys: ["max_idle"] }],
		[
			"mysql://buildbot:s3cret@/bb?unix_socket=/run/mysqld/mysqld.sock",
			{ host: "localhost", socketPath: "/run/mysqld/mysqld.sock" },
		],
		[
			"mysql://buildbot:s3cret@localhost/bb?unix_socket=/run/my%20sock",
			{ host: "localhost", socketPath: "/run/my sock" },
		],
		["MySQL://buildbot:s3cret@db.example/bb", {}],
		["mysql://buildbot:p%40ss%3Aw%2Fo%23r%3Fd%25@db.example/bb", { password: "p@ss:w/o#r?d%" }],
		["mysql://build%40bot:s3cret@db.example/b%C3%BC", { user: "build@bot", database: "bü" }],
		["mysql://buildbot:s3cret@[::1]:3307/bb", { host: "::1", port: 3307 }],
		["mysql://buildbot@db.example/bb", { password: "" }],
		["postgresql://buildbot:s3cret@db.example/bb", { kind: "postgresql", port: 5432 }],
		["postgresql+psycopg2://buildbot:s3cret@db.example:5433/bb", { kind: "postgresql", port: 5433 }],
		[
			"postgresql://buildbot:s3cret@/bb?host=/var/run/postgresql",
			{ kind: "postgresql", port: 5432, host: "localhost", socketPath: "/var/run/postgresql" },
		],
		[
			"postgresql://buildbot:s3cret@%2Fvar%2Frun%2Fpostgresql/bb?port=5433",
			{ kind: "postgresql", port: 5433, host: "localhost", socketPath: "/var/run/postgresql" },
		],
		["postgresql://buildbot:s3cret@/bb?host=db.example", { kind: "postgresql", port: 5432 }],
		["postgresql://buildbot:s3cret@/bb?host=db.example:5433", { kind: "postgresql", port: 5433 }],
		["postgresql://buildbot:s3cret@/bb?host=%5B::1%5D:5433", { kind: "postgresql", host: "::1", port: 5433 }],
		["postgresql://buildbot:s3cret@db.example/bb?host=db.example&port=5433", { kind: "postgresql", port: 5433 }],
		[
			"postgresql://buildbot:s3cret@db.example/bb?options=-csearch_path%3Dbuildbot,public&client_encoding=utf8",
			{ kind: "postgresql", port: 5432, searchPath: "buildbot,public" },
		],
		[
			"postgresql://buildbot:s3cret@db.example/bb?options=-c%20search_path=buildbot",
			{ kind: "postgresql", port: 5432, searchPath: "buildbot" },
		],
	])("%s", (text, parts) => {
		expect(parseDatabaseUrl(text)).toMatchObject({ kind: "valid", value: { ...MYSQL, ...parts } });
	});

	it.each([
		["sqlite:///state.sqlite", "state.sqlite"],
		["sqlite:///master/state.sqlite", "master/state.sqlite"],
		["sqlite:////srv/master/state.sqlite", "/srv/master/state.sqlite"],
		["sqlite:///100%25.sqlite", "100%25.sqlite"],
		["sqlite:///state.sqlite?mode=ro", "state.sqlite"],
	])("%s", (text, path) => {
		const value = { kind: "sqlite", path, ignoredKeys: [] };
		expect(parseDatabaseUrl(text)).toEqual({ kind: "valid", value, secrets: [text] });
	});

	it.each([
		["oracle://u:s3cret@db.example/bb", /MySQL, MariaDB, PostgreSQL, or SQLite/],
		["s3cret", /MySQL, MariaDB, PostgreSQL, or SQLite/],
		["mysql://u:100%s3cret@db.example/bb", /Percent-encode/],
		["mysql://u:s3cret/@db.example/bb", /Percent-encode|lacks/],
		["mysql://u:s3cret#@db.example/bb", /Percent-encode|lacks/],
		["mysql://u:s3cret@db.example:33o6/bb", /not a valid URL/],
		["mysql://:s3cret@db.example/bb", /lacks a user name/],
		["mysql://u:s3cret@db.example", /lacks the name of one database/],
		["mysql://u:s3cret@db.example/bb#s3cret", /%23/],
		["postgresql://u:s3cret@db.example/bb?sslmode=require", /"sslmode" is not supported. Use "database-tls"/],
		["mysql://u:s3cret@db.example/bb?ssl_ca=/ca.pem", /"ssl_ca" is not supported. Use "database-tls"/],
		["mysql://u:s3cret@/bb", /lacks a host/],
		["mysql://u:s3cret@/bb?unix_socket=run/sock", /"unix_socket" must be the absolute path of a socket/],
		["mysql://u:s3cret@/bb?unix_socket=db.example", /"unix_socket" must be the absolute path of a socket/],
		["mysql://u:s3cret@db.example/bb?unix_socket=/run/sock", /both a host and a local socket/],
		["mysql://u:s3cret@db.example/bb?unix_socket=/a&unix_socket=/b", /"unix_socket" twice/],
		["mysql://u:s3cret@%2Frun%2Fsock/bb", /must be the name or address of one host/],
		["postgresql://u:s3cret@localhost/bb?host=db.example", /names two hosts/],
		["postgresql://u:s3cret@db.example/bb?host=/run/postgresql", /both a host and a local socket/],
		["postgresql://u:s3cret@/bb?host=a.example,b.example", /"host" must be the name of one host/],
		["postgresql://u:s3cret@/bb?host=./run", /"host" must be the name of one host/],
		["postgresql://u:s3cret@/bb?host=", /"host" must be the name of one host/],
		["postgresql://u:s3cret@/bb?host=@abstract", /must be|not supported/],
		["postgresql://u:s3cret@a.example,b.example/bb", /must be the name or address of one host/],
		["postgresql://u:s3cret@db.example:5432/bb?port=5433", /names two ports/],
		["postgresql://u:s3cret@db.example/bb?hostaddr=10.1.2.3", /"hostaddr" is not supported. Write the host name/],
		["postgresql://db.example/bb?user=s3cret", /"user" is not supported. Write the user name before the host/],
		[
			"postgresql://u:s3cret@db.example/bb?options=-crole%3Ds3cret",
			/"options" is not supported. Only options=-csearch/,
		],
		["postgresql://u:s3cret@db.example/bb?options=-csearch_path%3Da%20-crole%3Db", /"options" is not supported/],
		["postgresql://u:s3cret@db.example/bb?target_session_attrs=any", /"target_session_attrs" is not supported. Remove/],
		["postgresql://u:s3cret@db.example/bb?service=s3cret", /"service" is not supported. Remove/],
		["postgresql://u:s3cret@db.example/bb?gssencmode=disable", /Use "database-tls"/],
		["postgresql://u:s3cret@db.example/bb?client_encoding=latin1", /Names are read as UTF-8/],
		["mysql://u:s3cret@db.example/bb?charset=latin1", /Names are read as UTF-8/],
		["mysql://u:s3cret@db.example/bb?read_default_file=/etc/my.cnf", /"read_default_file" is not supported/],
		["mysql://u:s3cret@db.example/bb?db=other", /"db" is not supported. Write the database name after the host/],
		["mysql://u:s3cret@db.example/bb?POOL_SIZE=5", /"POOL_SIZE" is not supported/],
		["mysql://u:s3cret@db.example/bb?s3cret=1", /parameter that follows the database name is not supported/],
		["mysql://u:p@x/y?password=s3cret", /password among its parameters/],
		["sqlite:///state.sqlite?immutable=1", /"immutable" is not supported/],
		["sqlite:///state.sqlite?vfs=s3cret", /"vfs" is not supported/],
		["sqlite://", /lacks a file name/],
		["sqlite:///", /lacks a file name/],
	])("rejects %s without repeating its password", (text, expected) => {
		const parsed = parseDatabaseUrl(text);
		if (parsed.kind !== "invalid") throw new Error("The URL is accepted.");
		expect(parsed.problem).toMatch(expected);
		expect(parsed.problem).not.toContain("s3cret");
	});
});

describe("the secrets of a database URL", () => {
	it.each([
		["mysql://u:p%40ss@h/d", "p%40ss", "p@ss"],
		// A later "@" does not hide the password.
		["mysql://u:p%40ss@h/d?application_name=a@b", "p%40ss", "p@ss"],
	])("are all of %s and its password, as written and decoded", (text, ...passwords) => {
		const { kind, secrets } = parseDatabaseUrl(text);
		expect(kind).toBe("valid");
		expect(secrets).toEqual(expect.arrayContaining([text, ...passwords]));
	});

	it.each([
		["mysql://u:100%s3cret@h/d", "100%s3cret"],
		["mysql://u:a/s3cret@h/d", "a/s3cret"],
		["mysql://u:a?s3cret#@h/d", "a?s3cret#"],
		["oracle://u:s3cret@h/d", "s3cret"],
		["mysql://u@h/d?password=s3cret", "s3cret"],
		["mysql://u@h/d?pool_size=5&passwd=s3%63ret", "s3cret"],
		["mysql://u@h/d?p%61ssword=s3cret", "s3cret"],
		["postgresql://u@h/d?sslpassword=s3cret", "s3cret"],
		["sqlite:///d?password=s3cret", "s3cret"],
	])("are known although %s is invalid", (text, password) => {
		const { kind, secrets } = parseDatabaseUrl(text);
		expect(kind).toBe("invalid");
		expect(secrets).toEqual(expect.arrayContaining([text, password]));
	});

	it.each(["mysql://u:a@s3cret@h/d", "mysql://u:s3cret@h/d"])("include the whole password of %s", (text) => {
		const [, password = ""] = /u:(.*)@/.exec(text) ?? [];
		expect(parseDatabaseUrl(text).secrets).toContain(password);
	});
});
