import { describe, expect, it } from "vitest";
import { parseDatabaseUrl, secretsOf } from "../../src/inputs/database-url.ts";

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
		expect(parseDatabaseUrl(text)).toEqual({ ...MYSQL, ...parts });
	});

	it.each([
		["sqlite:///state.sqlite", "state.sqlite"],
		["sqlite:///master/state.sqlite", "master/state.sqlite"],
		["sqlite:////srv/master/state.sqlite", "/srv/master/state.sqlite"],
		["sqlite:///100%25.sqlite", "100%25.sqlite"],
	])("%s", (text, path) => {
		expect(parseDatabaseUrl(text)).toEqual({ kind: "sqlite", path });
	});

	it.each([
		["oracle://u:s3cret@db.example/bb", /MySQL, MariaDB, PostgreSQL or SQLite/],
		["s3cret", /MySQL, MariaDB, PostgreSQL or SQLite/],
		["mysql://u:100%s3cret@db.example/bb", /percent-encoded/],
		["mysql://u:s3cret/@db.example/bb", /percent-encoded|lacks/],
		["mysql://u:s3cret#@db.example/bb", /percent-encoded|lacks/],
		["mysql://u:s3cret@db.example:33o6/bb", /not a valid URL/],
		["mysql://:s3cret@db.example/bb", /lacks a user/],
		["mysql://u:s3cret@db.example", /lacks the name of one database/],
		["mysql://u:s3cret@db.example/bb#s3cret", /%23/],
		[
			"postgresql://u:s3cret@db.example/bb?sslmode=require",
			/"sslmode" is not read; say it by the inputs "database-tls"/,
		],
		["mysql://u:s3cret@db.example/bb?ssl_ca=/ca.pem", /"ssl_ca" is not read; say it by the inputs "database-tls"/],
		["mysql://u:s3cret@/bb", /lacks a host|not a valid URL/],
		["sqlite://", /names no file/],
		["sqlite:///", /names no file/],
	])("%s is refused without repeating the password", (text, expected) => {
		const refused = () => parseDatabaseUrl(text);
		expect(refused).toThrow(expected);
		expect(refused).not.toThrow(/s3cret/);
	});
});

describe("the secrets of a URL", () => {
	it("are the whole and the password, as written and as meant", () => {
		expect(secretsOf("mysql://u:p%40ss@h/d")).toEqual(["mysql://u:p%40ss@h/d", "p%40ss", "p@ss"]);
	});

	it.each([
		"mysql://u:100%s3cret@h/d",
		"mysql://u:a/s3cret@h/d",
		"mysql://u:a@s3cret@h/d",
		"postgresql://u:s3cret@h/d",
	])("are found in %s, which is no valid URL of ours", (text) => {
		expect(secretsOf(text).some((secret) => secret !== text && secret.includes("s3cret"))).toBe(true);
	});
});
