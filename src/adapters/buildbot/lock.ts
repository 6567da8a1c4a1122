/** One tick at a time, by an advisory lock of a database server. */
import { createHash } from "node:crypto";
import { z } from "zod";
import { DatabaseError } from "../../errors.ts";
import type { LockResult, TickLock } from "../../tick/ports.ts";
import type { ServerStore } from "./server.ts";
import type { Query } from "./store.ts";

/** SQL for a server's advisory locks. */
export interface AdvisoryLock {
	/** Tries to take the lock without waiting. Returns whether it was taken. */
	take(query: Query): Promise<boolean>;
	/** Describes the holder. */
	holder(query: Query): Promise<string>;
}

export class ServerLock implements TickLock {
	readonly #store: ServerStore;
	readonly #lock: AdvisoryLock;

	constructor(store: ServerStore, lock: AdvisoryLock) {
		this.#store = store;
		this.#lock = lock;
	}

	/** The lock belongs to the connection: if that breaks, the server releases it, and the next connection takes it again. */
	async acquire(): Promise<LockResult> {
		return this.#store.withSession("The lock could not be taken in", async (query): Promise<LockResult> => {
			if (!(await this.#lock.take(query))) return { kind: "held", by: await this.#lock.holder(query) };
			this.#store.hold(async (renewed) => {
				if (await this.#lock.take(renewed)) return;
				const why = `its connection broke, and it is now held by ${await this.#lock.holder(renewed)}. Nothing was launched; the next run tries again.`;
				throw new DatabaseError("lock-lost", `The lock was lost in ${this.#store.name}: ${why}`);
			});
			return { kind: "acquired" };
		});
	}

	release(): void {
		this.#store.release();
	}
}

// A boolean, a number, or NULL if the server failed to take it.
const takenSchema = z.array(z.object({ taken: z.coerce.number() })).length(1);

function isTaken(rows: unknown): boolean {
	return takenSchema.parse(rows)[0]?.taken === 1;
}

const ENDED = "a run that has just ended";
const connectionSchema = z.array(
	z.object({ id: z.coerce.string(), host: z.string().nullable(), seconds: z.coerce.number() }),
);

function describeConnection(rows: unknown): string {
	const [connection] = connectionSchema.parse(rows);
	if (connection === undefined) return ENDED;
	const { id, host, seconds } = connection;
	return `the run behind the database connection ${id}${host ? ` from ${host}` : ""}, idle for ${seconds} s`;
}

/** @param typeTag the same for all ticks that count the same machines */
function hashOf(typeTag: string): Buffer {
	return createHash("sha256").update(typeTag).digest();
}

const idSchema = z.array(z.object({ id: z.coerce.number().nullable() })).length(1);
const runSchema = z.array(z.object({ run: z.string().nullable() }));

/** Locks per MySQL or MariaDB server, whatever the database. */
export function mysqlLock(typeTag: string): AdvisoryLock {
	// The server allows 64 characters.
	const name = `aws-watch-pending/${hashOf(typeTag).toString("hex").slice(0, 16)}`;
	return {
		take: async (query) => isTaken(await query("SELECT GET_LOCK(?, 0) AS taken", [name])),
		async holder(query) {
			const [used] = idSchema.parse(await query("SELECT IS_USED_LOCK(?) AS id", [name]));
			if (used?.id === undefined || used.id === null) return ENDED;
			const id = String(used.id);
			// Empty without performance_schema, which is off by default in MariaDB.
			const runs = await query(
				"SELECT ATTR_VALUE AS run FROM performance_schema.session_account_connect_attrs WHERE PROCESSLIST_ID = ? AND ATTR_NAME = 'run'",
				[id],
			).catch(() => []);
			return (
				runSchema.parse(runs)[0]?.run ??
				describeConnection(
					await query(
						"SELECT ID AS id, HOST AS host, TIME AS seconds FROM information_schema.PROCESSLIST WHERE ID = ?",
						[id],
					),
				)
			);
		},
	};
}

const nameSchema = z.array(z.object({ name: z.string().nullable() }));

/** Locks per PostgreSQL database. */
export function postgresqlLock(typeTag: string): AdvisoryLock {
	const hash = hashOf(typeTag);
	const halves = [hash.readUInt32BE(0), hash.readUInt32BE(4)];
	return {
		take: async (query) => isTaken(await query(`SELECT pg_try_advisory_lock(${hash.readBigInt64BE()}) AS taken`)),
		async holder(query) {
			const rows = await query(
				`SELECT a.pid AS id, host(a.client_addr) AS host, a.application_name AS name,
					CAST(EXTRACT(EPOCH FROM CURRENT_TIMESTAMP - a.state_change) AS bigint) AS seconds
				FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
				WHERE l.locktype = 'advisory' AND l.granted AND a.datname = current_database() AND l.objsubid = 1
				AND CAST(l.classid AS bigint) = ${halves[0]} AND CAST(l.objid AS bigint) = ${halves[1]}`,
			);
			return nameSchema.parse(rows)[0]?.name || describeConnection(rows);
		},
	};
}
