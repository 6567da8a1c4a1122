import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { inspect } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BuildbotPendingSource } from "../../../src/adapters/buildbot/pending.ts";
import { type ServerOptions, ServerStore } from "../../../src/adapters/buildbot/server.ts";
import { SqliteStore } from "../../../src/adapters/buildbot/sqlite.ts";
import { DatabaseError } from "../../../src/errors.ts";
import type { ServerLocation } from "../../../src/inputs/database-url.ts";
import type { PendingSource } from "../../../src/tick/ports.ts";
import { freePort, listen } from "../../harness/listen.ts";
import { rowsOf, schemaOf } from "../../harness/scheduler-rows.ts";
import { limitedUser, SERVERS, serverOptions } from "./servers.ts";

const ALL = { minAge: null, maxAge: null };
const sqlite = (path: string, busyTimeout: number) => new BuildbotPendingSource(new SqliteStore(path, busyTimeout));

/** Runs `body` as a user without write access, since root may write everywhere. */
async function asNobody<T>(body: () => Promise<T>): Promise<T> {
	if (process.getuid?.() !== 0) return body();
	process.seteuid?.("nobody");
	try {
		return await body();
	} finally {
		process.seteuid?.(0);
	}
}

async function errorOf(source: PendingSource): Promise<DatabaseError> {
	const error: unknown = await source.read(ALL).then(
		() => null,
		(reason: unknown) => reason,
	);
	if (!(error instanceof DatabaseError)) throw new Error(`no DatabaseError but ${inspect(error)}`);
	return error;
}

describe.each(SERVERS)("$name", (kind) => {
	let location: ServerLocation;
	const source = (overrides: Partial<ServerLocation>, options: Partial<ServerOptions> = {}) =>
		new BuildbotPendingSource(
			new ServerStore(
				kind.driver,
				{ ...location, ...overrides },
				{ ...serverOptions(overrides.password ?? location.password), ...options },
			),
		);

	beforeAll(async () => {
		const server = kind.address();
		const database = await kind.create(server, schemaOf("0.9.0", kind.dialect));
		location = { ...server, database, socketPath: null, searchPath: null, ignoredKeys: [] };
	});

	/** Runs `test` against a server that calls `serve` for each connection. */
	async function withServer(serve: (socket: Socket) => void, test: (port: number) => Promise<void>): Promise<void> {
		const sockets: Socket[] = [];
		const server: Server = createServer((socket) => {
			sockets.push(socket.on("error", () => undefined));
			serve(socket);
		});
		const port = await listen(server);
		try {
			await test(port);
		} finally {
			for (const socket of sockets) socket.destroy();
			await new Promise((done) => server.close(done));
		}
	}

	it("reports a wrong password without showing it", async () => {
		const error = await errorOf(source({ password: "wr0ng s3cret" }));
		expect(error.code).toBe("access-denied");
		expect(error.message).toMatch(/127\.0\.0\.1:\d+.*denied access.*Check user and password/);
		expect(inspect(error, { depth: 10 })).not.toContain("s3cret");
	});

	it("reports a missing database", async () => {
		const error = await errorOf(source({ database: "nosuch" }));
		expect(error.code).toBe("no-such-database");
		expect(error.message).toContain('"nosuch"');
	});

	it("names the expected tables if the database is not Buildbot's", async () => {
		const database = await kind.create(kind.address(), "CREATE TABLE articles (id INT)");
		const error = await errorOf(source({ database }));
		expect(error.code).toBe("not-a-buildbot-database");
		expect(error.message).toMatch(/tables buildrequests, buildrequest_claims, builders; found none/);
	});

	it.each(["builders", "buildrequest_claims"])("reports the missing table %s", async (table) => {
		const drop = `${schemaOf("0.9.0", kind.dialect)}\nDROP TABLE ${table} CASCADE;`;
		const error = await errorOf(source({ database: await kind.create(kind.address(), drop) }));
		expect(error.code).toBe("not-a-buildbot-database");
		expect(error.message).toContain("has all three tables");
	});

	it("requires only SELECT on the three tables", async () => {
		const tables = ["buildrequests", "buildrequest_claims", "builders"];
		const user = `least_${kind.dialect}`;
		const sql = `${schemaOf("0.9.0", kind.dialect)}\n${limitedUser(kind.dialect, user, tables)}`;
		const database = await kind.create(kind.address(), sql);
		expect(await source({ database, user, password: "x" }).read(ALL)).toMatchObject({ builders: [] });
	});

	it("reports a server that is not running", async () => {
		const free = await freePort();
		const error = await errorOf(source({ port: free }));
		expect(error.code).toBe("connection-refused");
		expect(error.message).toContain(`127.0.0.1:${free}`);
	});

	it("times out if the server accepts and never answers", async () => {
		await withServer(
			() => undefined,
			async (port) => {
				expect((await errorOf(source({ port }, { connectTimeout: 50 }))).code).toBe("timeout");
			},
		);
	});

	it("reports a dropped connection", async () => {
		await withServer(
			(socket) => socket.destroy(),
			async (port) => {
				expect((await errorOf(source({ port }))).code).toBe("connection-lost");
			},
		);
	});
});

describe("SQLite", () => {
	const folder = mkdtempSync(join(tmpdir(), "aws-watch-pending-sqlite-"));
	afterAll(() => rmSync(folder, { recursive: true }));

	it("reports a missing file, and doesn't create it", async () => {
		const path = join(folder, "nosuch.sqlite");
		const error = await errorOf(sqlite(path, 10));
		expect(error.code).toBe("no-such-database");
		expect(error.message).toContain(path);
		expect(existsSync(path)).toBe(false);
	});

	it("reports a folder as a missing database", async () => {
		mkdirSync(join(folder, "folder"));
		expect((await errorOf(sqlite(join(folder, "folder"), 10))).code).toBe("no-such-database");
	});

	it("times out while a master holds the file locked", async () => {
		const path = join(folder, "locked.sqlite");
		const master = new DatabaseSync(path);
		master.exec(`${schemaOf("0.9.0", "sqlite")}; BEGIN EXCLUSIVE`);
		expect((await errorOf(sqlite(path, 10))).code).toBe("timeout");
		master.exec("ROLLBACK");
		expect(await sqlite(path, 10).read(ALL)).toEqual({ builders: [], outsideAgeWindow: 0 });
		master.close();
	});

	it("reads the last commit of a file in WAL mode while a master writes", async () => {
		const path = join(folder, "wal.sqlite");
		const master = new DatabaseSync(path);
		master.exec(
			`PRAGMA journal_mode = WAL; ${schemaOf("0.9.0", "sqlite")}\n${rowsOf("0.9.0", "sqlite", [{ builder: "a" }])}`,
		);
		master.exec("BEGIN; UPDATE buildrequests SET complete = 1");
		expect((await sqlite(path, 10).read(ALL)).builders).toMatchObject([{ builder: "a", count: 1 }]);
		master.exec("COMMIT");
		expect((await sqlite(path, 10).read(ALL)).builders).toEqual([]);
		master.close();
	});

	it("reads a file in WAL mode in a read-only folder, with and without a master", async () => {
		const own = join(folder, "own");
		mkdirSync(own);
		chmodSync(folder, 0o755);
		const path = join(own, "state.sqlite");
		const master = new DatabaseSync(path);
		master.exec(
			`PRAGMA journal_mode = WAL; ${schemaOf("0.9.0", "sqlite")}\n${rowsOf("0.9.0", "sqlite", [{ builder: "a" }])}`,
		);
		chmodSync(own, 0o555);
		const read = () => asNobody(async () => (await sqlite(path, 10).read(ALL)).builders);
		expect(await read()).toMatchObject([{ builder: "a", count: 1 }]);
		master.close();
		expect(await read()).toMatchObject([{ builder: "a", count: 1 }]);
		expect(readdirSync(own)).toEqual(["state.sqlite"]);
		chmodSync(own, 0o755);
	});

	it("reports a file that is not a database", async () => {
		const path = join(folder, "text.sqlite");
		writeFileSync(path, "this is no database, and long enough to be read as the header of one".repeat(10));
		const error = await errorOf(sqlite(path, 10));
		expect(error.code).toBe("query-failed");
		expect(error.message).toMatch(/not a database.*master's SQLite file/);
	});

	it("names the expected tables if the database is not Buildbot's", async () => {
		const path = join(folder, "other.sqlite");
		const database = new DatabaseSync(path);
		database.exec("CREATE TABLE buildrequests (id INTEGER)");
		database.close();
		const error = await errorOf(sqlite(path, 10));
		expect(error.code).toBe("not-a-buildbot-database");
		expect(error.message).toContain("tables buildrequests, buildrequest_claims, builders; found buildrequests");
	});
});
