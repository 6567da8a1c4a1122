/** docs/getting-started.md, done as it says, in an empty folder. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { lexer, type Token } from "marked";
import { createConnection } from "mysql2/promise";
import pg from "pg";
import { afterEach, beforeEach, describe, expect, inject, it } from "vitest";
import { loadConfig } from "../../src/config/load.ts";
import { Ec2Endpoint } from "../ec2-endpoint/endpoint.ts";
import { runCli } from "../harness/cli.ts";
import { TLS } from "../harness/database-server.ts";
import { connectMariaDb, createMariaDbDatabase } from "../harness/mariadb.ts";
import { connectPostgresql, createPostgresqlDatabase } from "../harness/postgresql.ts";
import { ROOT, read } from "../harness/repository.ts";
import { rowsOf, schemaOf } from "../harness/scheduler-rows.ts";
import { mariaDb } from "../harness/shared-servers.ts";
import { worldOf } from "../harness/site.ts";

const PASSWORD = "only-to-read";
const blocks = lexer(read("docs/getting-started.md"));

/** The snippet of a language that holds a text. */
function snippet(language: string, holds: string): string {
	const found = blocks.flatMap((token) =>
		token.type === "code" && token["lang"] === language && String(token["text"]).includes(holds) ? [token["text"]] : [],
	);
	expect(found, `snippets of ${language} with ${holds}`).toHaveLength(1);
	return String(found[0]);
}

/** The files that the page tells to make: a snippet after a paragraph that names its path. */
function files(): ReadonlyMap<string, string> {
	const paragraphs = blocks.filter(({ type }) => type !== "space");
	return new Map(
		paragraphs.flatMap((token: Token, index) => {
			const before = paragraphs[index - 1];
			if (token.type !== "code" || before?.type !== "paragraph") return [];
			const [, path] = /`([\w.-]*\/[\w./-]+\.(?:json|yml))`/.exec(String(before["text"])) ?? [];
			return path === undefined ? [] : [[path, String(token["text"])] as const];
		}),
	);
}

let folder: string;
let clone: string;
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "aws-watch-pending-started-"));
	clone = join(folder, "builds");
	mkdirSync(clone);
	symlinkSync(ROOT, join(folder, "aws-watch-pending"));
	for (const [path, text] of files()) {
		mkdirSync(dirname(join(clone, path)), { recursive: true });
		writeFileSync(join(clone, path), text);
	}
});
afterEach(() => rmSync(folder, { recursive: true }));

it("names each file to create", () => {
	expect([...files().keys()]).toEqual([
		"configs/watch_pending.json",
		"configs/bld-linux64.json",
		"../secrets.json",
		".github/workflows/watch-pending.yml",
		".github/workflows/check-watch-pending.yml",
	]);
});

it("has a valid configuration and a command that checks it", async () => {
	const [program, ...line] = snippet("sh", "aws-watch-pending check").split(" ");
	expect(program).toBe("aws-watch-pending");
	const { exitCode, errorOutput } = await runCli({ folder: clone, arguments: line });
	expect(exitCode).toBe(0);
	expect(errorOutput).toContain("Configuration OK: 1 patterns, 1 instance types, regions us-west-2.");
	expect(errorOutput).not.toMatch(/^(?:notice|warning|error)/m);
});

describe.each([
	{
		name: "MariaDB",
		dialect: "mysql" as const,
		sql: "CREATE USER",
		server: () => mariaDb(),
		create: createMariaDbDatabase,
		async administer(sql: string, database: string) {
			const connection = await connectMariaDb(mariaDb());
			await connection.query(`USE ${database}; ${sql}`).finally(() => connection.end());
		},
		drop: (database: string) => `DROP USER 'watch_pending'@'%'; DROP DATABASE ${database}`,
		async ask(database: string, sql: string) {
			const { host, port } = mariaDb();
			const user = { user: "watch_pending", password: PASSWORD, database, ssl: { rejectUnauthorized: false } };
			const connection = await createConnection({ host, port, ...user });
			await connection.query(sql).finally(() => connection.end());
		},
	},
	{
		name: "PostgreSQL",
		dialect: "postgresql" as const,
		sql: "CREATE ROLE",
		server: () => inject("postgresql"),
		create: createPostgresqlDatabase,
		async administer(sql: string, database: string) {
			const client = await connectPostgresql(inject("postgresql"), database);
			await client.query(sql).finally(() => client.end());
		},
		drop: () => "DROP OWNED BY watch_pending; DROP ROLE watch_pending",
		async ask(database: string, sql: string) {
			const { host, port } = inject("postgresql");
			const client = new pg.Client({ host, port, user: "watch_pending", password: PASSWORD, database });
			await client.connect();
			await client.query(sql).finally(() => client.end());
		},
	},
])("the user on $name", ({ dialect, sql, server, create, administer, drop, ask }) => {
	let database: string;
	beforeEach(async () => {
		const rows = rowsOf("3.7", dialect, [{ builder: "Linux x86-64 build" }, { builder: "Linux x86-64 build" }]);
		database = await create(server(), `${schemaOf("3.7", dialect)}\n${rows}`);
		await administer(
			snippet("sql", sql)
				.replaceAll("'PASSWORD'", `'${PASSWORD}'`)
				.replaceAll(/\bbuildbot\.(?=build)|(?<=DATABASE )buildbot\b/g, (name) => name.replace("buildbot", database)),
			database,
		);
	});
	afterEach(() => administer(drop(database), database));

	it("may read what is pending, and nothing else", async () => {
		await ask(database, "SELECT id FROM buildrequests");
		await expect(ask(database, "UPDATE buildrequests SET complete = 1")).rejects.toThrow(/denied/);
		await expect(ask(database, "SELECT id FROM builds")).rejects.toThrow(/denied/);
	});

	it("may do a dry run with the documented command, and a launch under the lock", async () => {
		const { policy } = loadConfig("configs/watch_pending.json", { workspace: clone, regions: null });
		await using endpoint = await Ec2Endpoint.start(worldOf(policy));
		const secrets = join(folder, "secrets.json");
		const url = `${dialect}://watch_pending:${PASSWORD}@localhost:${server().port}/${database}`;
		writeFileSync(
			secrets,
			(files().get("../secrets.json") ?? "").replace("mysql://watch_pending:PASSWORD@db.example.com/buildbot", url),
		);
		chmodSync(secrets, 0o600);
		const [program, ...line] = snippet("sh", "secrets.json -c").split(" ");
		expect(program).toBe("aws-watch-pending");
		const tls = ["--database-tls", "verify-full", "--database-ca", join(TLS, "server.crt")];
		const run = (words: readonly string[]) =>
			runCli({ folder: clone, arguments: [...words, ...tls], environment: endpoint.environment });

		const dry = await run(line);
		expect(dry.errorOutput).not.toMatch(/^(?:warning|error)/m);
		expect(dry.exitCode).toBe(0);
		expect(dry.output).toContain("Dry run: 2 pending requests = 2 to launch");
		expect(endpoint.world.live()).toEqual([]);

		const wet = await run(line.filter((word) => word !== "-n"));
		expect(wet.exitCode).toBe(0);
		expect(endpoint.world.live().map(({ imageId }) => imageId)).toEqual(Array(2).fill("ami-0123456789abcdef0"));
	});
});
