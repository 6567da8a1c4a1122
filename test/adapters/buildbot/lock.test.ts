import { afterEach, describe, expect, it } from "vitest";
import { ServerLock } from "../../../src/adapters/buildbot/lock.ts";
import { ServerStore } from "../../../src/adapters/buildbot/server.ts";
import { DatabaseError } from "../../../src/errors.ts";
import { SERVERS, serverOptions } from "./servers.ts";

const locks: ServerLock[] = [];
afterEach(() => {
	for (const lock of locks.splice(0)) lock.release();
});

describe.each(SERVERS)("the lock of $name", (kind) => {
	async function twoLocks(typeTags: readonly [string, string]) {
		const address = kind.address();
		const database = await kind.create(address, "SELECT 1");
		const open = (run: string, typeTag: string) => {
			const location = { ...address, database, socketPath: null, ignoredKeys: [] };
			const store = new ServerStore(kind.driver, location, { ...serverOptions(address.password), run });
			const lock = new ServerLock(store, kind.lock(typeTag));
			locks.push(lock);
			return { lock, store };
		};
		return {
			first: open("https://example/o-rg/r.e/runs/1", typeTags[0]),
			second: open("https://example/o-rg/r.e/runs/2", typeTags[1]),
		};
	}

	it("is held by one run at a time, and names the holder", async () => {
		const { first, second } = await twoLocks(["a", "a"]);
		expect(await first.lock.acquire()).toEqual({ kind: "acquired" });
		expect(await second.lock.acquire()).toEqual({ kind: "held", by: "https://example/o-rg/r.e/runs/1" });
		first.lock.release();
		// It takes the server a moment to notice a closed connection.
		for (let taken = await second.lock.acquire(); taken.kind === "held"; taken = await second.lock.acquire()) {
			expect(["https://example/o-rg/r.e/runs/1", "a run that has just ended"]).toContain(taken.by);
		}
		expect(await first.lock.acquire()).toEqual({ kind: "held", by: "https://example/o-rg/r.e/runs/2" });
	});

	it("is independent for another type tag", async () => {
		const { first, second } = await twoLocks(["b", "c".repeat(128)]);
		expect(await first.lock.acquire()).toEqual({ kind: "acquired" });
		expect(await second.lock.acquire()).toEqual({ kind: "acquired" });
	});

	it("shares one connection with all reads", async () => {
		const { first } = await twoLocks(["d", "d"]);
		const id = { mysql: "SELECT CONNECTION_ID() AS id", postgresql: "SELECT pg_backend_pid() AS id" }[kind.dialect];
		const idNow = () => first.store.withSession("Read from", (query) => query(id));
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
		expect(await second.lock.acquire()).toEqual({ kind: "held", by: "https://example/o-rg/r.e/runs/1" });
		await expect(breakOff()).rejects.toThrow();
		while ((await second.lock.acquire()).kind === "held");
		await expect(read()).rejects.toThrow(/now held by https:\/\/example\/o-rg\/r.e\/runs\/2/);
	});
});
