import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type Every, ServerLock } from "../../../src/adapters/buildbot/lock.ts";
import { ServerStore } from "../../../src/adapters/buildbot/server.ts";
import { DatabaseError } from "../../../src/errors.ts";
import type { WatchEnd } from "../../../src/tick/ports.ts";
import type { DatabaseServer } from "../../harness/database-server.ts";
import { connectMariaDb } from "../../harness/mariadb.ts";
import { connectPostgresql } from "../../harness/postgresql.ts";
import { SERVERS, serverOptions } from "./servers.ts";

const FIRST = "https://example/o-rg/r.e/runs/1";
const SECOND = "https://example/o-rg/r.e/runs/2";

const locks: ServerLock[] = [];
afterEach(() => {
	for (const lock of locks.splice(0)) lock.release();
});

describe.each(SERVERS)("the lock of $name", (kind) => {
	/** Timers of the locks, which tests call themselves. */
	const pings: (() => void)[] = [];
	const every: Every = (_milliseconds, body) => {
		pings.push(body);
		return () => pings.splice(pings.indexOf(body), 1);
	};

	async function twoLocks(
		typeTags: readonly [string, string],
		address = kind.address(),
		watch: WatchEnd | null = null,
	) {
		const database = await kind.create(address, "SELECT 1");
		const open = (run: string, typeTag: string) => {
			const location = { ...address, database, socketPath: null, searchPath: null, ignoredKeys: [] };
			const options = { ...serverOptions(address.password), run, watch, pauses: Array.from({ length: 10 }, () => 10) };
			const store = new ServerStore(kind.driver, location, options);
			const lock = new ServerLock(store, kind.lock(typeTag), every);
			locks.push(lock);
			return { lock, store };
		};
		return {
			first: open(FIRST, typeTags[0]),
			second: open(SECOND, typeTags[1]),
			database,
		};
	}

	const idQuery = { mysql: "SELECT CONNECTION_ID() AS id", postgresql: "SELECT pg_backend_pid() AS id" }[kind.dialect];

	/** Ends a store's kept connection as the server's administrator. */
	async function kill(store: ServerStore, address = kind.address()): Promise<void> {
		const rows = await store.withSession("Read from", (query) => query(idQuery));
		const [{ id = 0 } = {}] = rows as { id: number }[];
		if (kind.dialect === "mysql") {
			const admin = await connectMariaDb(address);
			await admin.query(`KILL ${id}`);
			await admin.end();
		} else {
			const admin = await connectPostgresql(address, "postgres");
			await admin.query(`SELECT pg_terminate_backend(${id})`);
			await admin.end();
		}
	}

	it("is held by one run at a time, and names the holder", async () => {
		const { first, second } = await twoLocks(["a", "a"]);
		expect(await first.lock.acquire()).toEqual({ kind: "acquired" });
		expect(await second.lock.acquire()).toEqual({ kind: "held", by: FIRST, seconds: expect.any(Number) });
		first.lock.release();
		// It takes the server a moment to notice a closed connection.
		for (let taken = await second.lock.acquire(); taken.kind === "held"; taken = await second.lock.acquire()) {
			expect([FIRST, "a run that has just ended"]).toContain(taken.by);
		}
		expect(await first.lock.acquire()).toMatchObject({ kind: "held", by: SECOND });
	});

	it.each([{ until: 1_800_000_000 }, { until: null }])("names the end of a watch that holds it: %o", async (watch) => {
		const typeTag = `watch ${watch.until}`;
		const { first, second } = await twoLocks([typeTag, typeTag], kind.address(), watch);
		expect(await first.lock.acquire()).toEqual({ kind: "acquired" });
		expect(await second.lock.acquire()).toEqual({ kind: "held", by: FIRST, seconds: expect.any(Number), watch });
	});

	it("is independent for another type tag", async () => {
		const { first, second } = await twoLocks(["b", "c".repeat(128)]);
		expect(await first.lock.acquire()).toEqual({ kind: "acquired" });
		expect(await second.lock.acquire()).toEqual({ kind: "acquired" });
	});

	it("shares one connection with all reads", async () => {
		const { first } = await twoLocks(["d", "d"]);
		const idNow = () => first.store.withSession("Read from", (query) => query(idQuery));
		expect(await idNow()).not.toEqual(await idNow());
		expect(await first.lock.acquire()).toEqual({ kind: "acquired" });
		expect(await idNow()).toEqual(await idNow());
	});

	it("is taken again after its connection broke, or the read fails", async () => {
		const { first, second } = await twoLocks(["e", "e"]);
		const breakOff = () =>
			first.store.withSession("Read from", async (query) => {
				const end = {
					mysql: "KILL CONNECTION_ID()",
					postgresql: "SELECT pg_terminate_backend(pg_backend_pid())",
				};
				await query(end[kind.dialect]);
			});
		const read = () => first.store.withSession("Read from", async (query) => query("SELECT 1 AS one"));
		/** Whether the lock still belongs to the broken connection, because the server hasn't noticed yet. */
		const isOwn = (error: unknown) =>
			error instanceof DatabaseError && /now held by \S+\/runs\/1\b/.test(error.message);
		expect(await first.lock.acquire()).toEqual({ kind: "acquired" });
		await expect(breakOff()).rejects.toThrow();
		for (let error: unknown = "not read yet"; error !== null; ) {
			error = await read().then(
				() => null,
				(reason: unknown) => reason,
			);
			if (error !== null && !isOwn(error)) throw error;
		}
		expect(await second.lock.acquire()).toMatchObject({ kind: "held", by: FIRST });
		await expect(breakOff()).rejects.toThrow();
		while ((await second.lock.acquire()).kind === "held");
		await expect(read()).rejects.toThrow(/now held by https:\/\/example\/o-rg\/r.e\/runs\/2/);
	});

	it("is confirmed as long as it is held, by one question for all that ask at once", async () => {
		const { first, second } = await twoLocks(["f", "f"]);
		expect(await first.lock.acquire()).toEqual({ kind: "acquired" });
		await Promise.all([first.lock.confirm(), first.lock.confirm()]);
		for (const ping of pings) ping();
		await first.lock.confirm();
		expect(await second.lock.acquire()).toMatchObject({ kind: "held", by: FIRST });
	});

	it("is lost for good once its idle connection breaks, but keeps other runs out", async () => {
		const { first, second } = await twoLocks(["g", "g"]);
		expect(await first.lock.acquire()).toEqual({ kind: "acquired" });
		await kill(first.store);
		await expect(first.lock.confirm()).rejects.toMatchObject({ code: "lock-lost" });
		const holder = () => second.store.withSession("Read from", (query) => kind.lock("g").holder(query));
		while ((await holder()).by !== FIRST);
		expect(await second.lock.acquire()).toMatchObject({ kind: "held", by: FIRST });
		await expect(first.lock.confirm()).rejects.toThrow(
			/The lock was lost in the database .*no more were started.*next run continues/,
		);
	});

	it("is lost if the server says that another connection holds it", async () => {
		const { first } = await twoLocks(["h", "h"]);
		expect(await first.lock.acquire()).toEqual({ kind: "acquired" });
		const release = { mysql: "SELECT RELEASE_ALL_LOCKS()", postgresql: "SELECT pg_advisory_unlock_all()" }[
			kind.dialect
		];
		await first.store.withSession("Read from", (query) => query(release));
		await expect(first.lock.confirm()).rejects.toThrow(/no longer lists this run as its holder/);
	});

	describe("on a server of its own", () => {
		let server: DatabaseServer;
		beforeAll(async () => {
			server = await kind.start();
		});
		afterAll(() => server.stop());

		it("outlives a server's limit for idle connections", async () => {
			const { first, database } = await twoLocks(["i", "i"], server);
			await limitIdleTime(database);
			expect(await first.lock.acquire()).toEqual({ kind: "acquired" });
			const query = { mysql: "SELECT @@wait_timeout AS t", postgresql: "SHOW idle_session_timeout" }[kind.dialect];
			const rows = await first.store.withSession("Read from", (ask) => ask(query));
			expect(JSON.stringify(rows)).toMatch(/"(?:t":300|idle_session_timeout":"5min")}/);
		});

		it("is lost when the server stops", async () => {
			const { first } = await twoLocks(["j", "j"], server);
			expect(await first.lock.acquire()).toEqual({ kind: "acquired" });
			await server.stop();
			await expect(first.lock.confirm()).rejects.toMatchObject({ code: "lock-lost" });
		});

		async function limitIdleTime(database: string): Promise<void> {
			if (kind.dialect === "mysql") {
				const admin = await connectMariaDb(server);
				await admin.query("SET GLOBAL wait_timeout = 1");
				await admin.end();
			} else {
				const admin = await connectPostgresql(server, database);
				await admin.query(`ALTER DATABASE ${database} SET idle_session_timeout = '1s'`);
				await admin.end();
			}
		}
	});
});
