import { afterEach, expect, inject, it } from "vitest";
import { MysqlTickLock } from "../../../src/adapters/buildbot/mysql-lock.ts";
import { MysqlServer } from "../../../src/adapters/buildbot/mysql-server.ts";
import { createDatabase } from "../../harness/mariadb.ts";

const locks: MysqlTickLock[] = [];
afterEach(() => {
	for (const lock of locks.splice(0)) lock.release();
});

async function lockOf(run: string, typeTag: string): Promise<MysqlTickLock> {
	const address = inject("mariaDb");
	const database = await createDatabase(address, "SELECT 1");
	const server = new MysqlServer(
		{ kind: "mysql", ...address, database, socketPath: null, ignoredKeys: [] },
		{
			connectTimeout: 5_000,
			queryTimeout: 5_000,
			pauses: [],
			tls: "disabled",
			authorities: undefined,
			attributes: { run },
		},
	);
	const lock = new MysqlTickLock(server, typeTag);
	locks.push(lock);
	return lock;
}

it("is had by one at a time, and says who has it", async () => {
	const [first, second] = await Promise.all([
		lockOf("https://example/runs/1", "a"),
		lockOf("https://example/runs/2", "a"),
	]);
	expect(await first.acquire()).toBeNull();
	expect(await second.acquire()).toBe("https://example/runs/1");
	first.release();
	// The server notices a closed connection in its own time.
	for (let holder = await second.acquire(); holder !== null; holder = await second.acquire()) {
		expect(["https://example/runs/1", "a run that has just ended"]).toContain(holder);
	}
	expect(await first.acquire()).toBe("https://example/runs/2");
});

it("is another for machines of another tag", async () => {
	const [first, second] = await Promise.all([lockOf("1", "b"), lockOf("2", "c".repeat(128))]);
	expect(await first.acquire()).toBeNull();
	expect(await second.acquire()).toBeNull();
});
