import {
	chmodSync,
	existsSync,
	linkSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	rmSync,
	symlinkSync,
	writeFileSync,
} from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { inspect } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ServerLock } from "../../../src/adapters/buildbot/lock.ts";
import { BuildbotPendingSource } from "../../../src/adapters/buildbot/pending.ts";
import { type ServerOptions, ServerStore } from "../../../src/adapters/buildbot/server.ts";
import { SqliteStore } from "../../../src/adapters/buildbot/sqlite.ts";
import type { Query } from "../../../src/adapters/buildbot/store.ts";
import { DatabaseError } from "../../../src/errors.ts";
import type { ServerLocation } from "../../../src/inputs/database-url.ts";
import type { PendingSource } from "../../../src/tick/ports.ts";
import { CLOSED_PORT, listen } from "../../harness/listen.ts";
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

	it("says that the URL lacks a password", async () => {
		const error = await errorOf(source({ password: "" }));
		expect(error.code).toBe("access-denied");
		expect(error.message).toContain('requires a password, and "database-url" has none');
	});

	it.each([
		["expired", { mysql: /password .* has expired.*PASSWORD EXPIRE NEVER/, postgresql: /VALID UNTIL has passed/ }],
		["locked", { mysql: /is locked.*ACCOUNT UNLOCK/, postgresql: /not permitted to log in.*ALTER ROLE … LOGIN/ }],
		["encrypted", { mysql: /not encrypted.*"database-tls" to verify-full/, postgresql: /./ }],
	] as const)("says why a user that is %s is denied access", async (state, expected) => {
		const user = `${state}_${kind.dialect}`;
		const clauses = {
			mysql: {
				expired: "IDENTIFIED BY 'x' PASSWORD EXPIRE",
				locked: "IDENTIFIED BY 'x' ACCOUNT LOCK",
				encrypted: "IDENTIFIED BY 'x' REQUIRE SSL",
			},
			postgresql: {
				expired: "PASSWORD 'x' VALID UNTIL '2001-01-01'",
				locked: "PASSWORD 'x' NOLOGIN",
				// Which users need encryption is in a file of the server.
				encrypted: "PASSWORD 'x' NOLOGIN",
			},
		};
		const grant = { mysql: `GRANT SELECT ON *.* TO ${user};`, postgresql: "" }[kind.dialect];
		const sql = `CREATE USER ${user} ${clauses[kind.dialect][state]}; ${grant}`;
		const database = await kind.create(kind.address(), sql);
		const error = await errorOf(source({ database, user, password: "x" }));
		expect(error.code).toBe("access-denied");
		expect(error.message).toMatch(expected[kind.dialect]);
	});

	it("reports the server's own time limit as a timeout", async () => {
		const store = new ServerStore(kind.driver, location, serverOptions(location.password));
		const slow = {
			mysql: [
				"SET SESSION max_statement_time = 0.01",
				"SELECT SUM(a.seq * b.seq) FROM seq_1_to_100000 a, seq_1_to_100000 b",
			],
			postgresql: ["SET statement_timeout = 10", "SELECT count(*) FROM generate_series(1, 100000000)"],
		}[kind.dialect];
		const error: unknown = await store
			.withSession("Read from", async (query) => {
				for (const sql of slow) await query(sql);
			})
			.catch((reason: unknown) => reason);
		expect(error).toMatchObject({ code: "timeout" });
	});

	it("suggests to do without the lock if the server has none", async () => {
		const store = new ServerStore(kind.driver, location, serverOptions(location.password));
		const unsupported = {
			...kind.lock("moz-type"),
			take: async (query: Query) => {
				await query("SELECT no_such_lock_function('x')");
				return true;
			},
		};
		await expect(new ServerLock(store, unsupported).acquire()).rejects.toMatchObject({
			code: "lock-unsupported",
			message: expect.stringMatching(
				/no_such_lock_function.*set "lock" to false; then only the workflow's concurrency group/is,
			),
		});
	});

	it("reports a server that is not running", async () => {
		const error = await errorOf(source({ port: CLOSED_PORT }));
		expect(error.code).toBe("connection-refused");
		expect(error.message).toContain(`127.0.0.1:${CLOSED_PORT}`);
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

	it("reads a file in WAL mode through a symbolic link, with the master's last changes", async () => {
		const own = join(folder, "linked");
		mkdirSync(own);
		const path = join(own, "state.sqlite");
		const link = join(folder, "link.sqlite");
		symlinkSync(path, link);
		const master = new DatabaseSync(path);
		master.exec(`PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0; ${schemaOf("0.9.0", "sqlite")}`);
		master.exec(rowsOf("0.9.0", "sqlite", [{ builder: "a" }]));
		expect((await sqlite(link, 10).read(ALL)).builders).toMatchObject([{ builder: "a", count: 1 }]);
		// The last changes can't be read: without them, the file would seem to be empty.
		chmodSync(folder, 0o755);
		chmodSync(`${path}-wal`, 0);
		chmodSync(own, 0o555);
		await asNobody(async () => {
			const error = await errorOf(sqlite(link, 10));
			expect(error.code).toBe("query-failed");
			expect(error.message).toContain("the runner's user may read it");
		});
		chmodSync(own, 0o755);
		master.close();
	});

	it("does not read a file in WAL mode through a hard link, beside which the last changes are missing", async () => {
		const path = join(folder, "first.sqlite");
		const master = new DatabaseSync(path);
		master.exec(`PRAGMA journal_mode = WAL; ${schemaOf("0.9.0", "sqlite")}`);
		linkSync(path, join(folder, "second.sqlite"));
		const error = await errorOf(sqlite(join(folder, "second.sqlite"), 10));
		expect(error.code).toBe("query-failed");
		expect(error.message).toContain("several hard links");
		master.close();
	});

	it("reports a file in a folder that can't be entered", async () => {
		const own = join(folder, "closed");
		mkdirSync(own);
		writeFileSync(join(own, "state.sqlite"), "");
		chmodSync(folder, 0o755);
		chmodSync(own, 0);
		await asNobody(async () => {
			expect((await errorOf(sqlite(join(own, "state.sqlite"), 10))).code).toBe("query-failed");
		});
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
