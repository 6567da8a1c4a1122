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
	ignoredKeys: [],
};

describe("a database URL", () => {
	it.each([
		["mysql://buildbot:s3cret@db.example/bb", {}],
		["mariadb://buildbot:s3cret@db.example:3307/bb", { port: 3307 }],
		["mysql+pymysql://buildbot:s3cret@db.example/bb", {}],
		[
			"mysql+mysqldb://buildbot:s3cret@db.example/bb?charset=utf8&max_idle=300",
			{ ignoredKeys: ["charset", "max_idle"] },
		],
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
	])("%s", (text, parts) => {
		expect(parseDatabaseUrl(text)).toMatchObject({ kind: "valid", value: { ...MYSQL, ...parts } });
	});

	it.each([
		["sqlite:///state.sqlite", "state.sqlite"],
		["sqlite:///master/state.sqlite", "master/state.sqlite"],
		["sqlite:////srv/master/state.sqlite", "/srv/master/state.sqlite"],
		["sqlite:///100%25.sqlite", "100%25.sqlite"],
	])("%s", (text, path) => {
		expect(parseDatabaseUrl(text)).toEqual({ kind: "valid", value: { kind: "sqlite", path }, secrets: [text] });
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
		["mysql://u:s3cret@/bb", /lacks a host|not a valid URL/],
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
		["mysql://u:p%40ss@h/d?charset=a@b", "p%40ss", "p@ss"],
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
