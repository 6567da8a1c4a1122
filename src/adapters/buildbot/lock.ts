/** One tick at a time, by an advisory lock of a database server. */
import { createHash } from "node:crypto";
import { z } from "zod";
import { DatabaseError, errorMessage } from "../../errors.ts";
import type { LockResult, TickLock, WatchEnd } from "../../tick/ports.ts";
import type { ServerStore } from "./server.ts";
import type { Query } from "./store.ts";

/** SQL for a server's advisory locks. */
export interface AdvisoryLock {
	/** Tries to take the lock without waiting. Returns whether it was taken. */
	take(query: Query): Promise<boolean>;
	/** Whether this connection holds the lock. */
	isOwn(query: Query): Promise<boolean>;
	holder(query: Query): Promise<Holder>;
}

interface Holder {
	/** A description. */
	readonly by: string;
	/** Since it connected; null if unknown. */
	readonly seconds: number | null;
	readonly watch?: WatchEnd;
}

/** Calls `body` at intervals, without keeping the process alive. Returns a function that ends this. */
export type Every = (milliseconds: number, body: () => void) => () => void;

/** Milliseconds. Network devices drop connections that are idle for a few minutes. */
const PING_INTERVAL = 30_000;
/** Milliseconds to confirm the lock. Launches wait for it. */
const CONFIRM_TIMEOUT = 10_000;

export class ServerLock implements TickLock {
	readonly #store: ServerStore;
	readonly #lock: AdvisoryLock;
	readonly #every: Every;
	#lost: DatabaseError | null = null;
	#confirming: Promise<void> | null = null;
	#stopPinging = () => {};
	readonly #released = new AbortController();

	constructor(store: ServerStore, lock: AdvisoryLock, every: Every = everyUnref) {
		this.#store = store;
		this.#lock = lock;
		this.#every = every;
	}

	/**
	 * The lock belongs to the connection. If that breaks while it is read from, the next connection takes the lock again
	 * before it reads: what was read before is not used. If it breaks at any other time, the lock is lost.
	 */
	async acquire(): Promise<LockResult> {
		const result = await this.#tryToAcquire();
		if (result.kind === "acquired") this.#stopPinging = this.#every(PING_INTERVAL, () => this.#ping());
		return result;
	}

	/** @throws DatabaseError `lock-unsupported` if the server has no such locks */
	async #tryToAcquire(): Promise<LockResult> {
		try {
			return await this.#takeOrDescribe();
		} catch (error) {
			if (!(error instanceof DatabaseError) || error.code !== "query-failed") throw error;
			const message = `${error.message} The server may not support advisory locks (some Galera clusters and proxies don't). If so, set "lock" to false; then only the workflow's concurrency group keeps two runs from launching at once.`;
			throw new DatabaseError("lock-unsupported", message, { cause: error });
		}
	}

	async #takeOrDescribe(): Promise<LockResult> {
		return this.#store.withSession("The lock could not be taken in", async (query): Promise<LockResult> => {
			if (!(await this.#lock.take(query))) return { kind: "held", ...(await this.#lock.holder(query)) };
			this.#store.hold({
				renew: (renewed) => this.#takeAgain(renewed),
				onBreak: () => this.#lose("its connection broke"),
			});
			return { kind: "acquired" };
		});
	}

	/** Requests that start together share one question to the server. */
	async confirm(): Promise<void> {
		this.#confirming ??= this.#ask().finally(() => {
			this.#confirming = null;
		});
		return this.#confirming;
	}

	release(): void {
		this.#stopPinging();
		this.#released.abort();
		this.#store.release();
	}

	async #ask(): Promise<void> {
		if (this.#lost !== null) throw this.#lost;
		const why = await this.#whyNotOwn();
		if (why !== null) throw this.#lose(why);
	}

	async #whyNotOwn(): Promise<string | null> {
		try {
			const isOwn = await this.#store.askHeld((query) => this.#lock.isOwn(query), CONFIRM_TIMEOUT);
			return isOwn ? null : "the server no longer lists this run as its holder";
		} catch (error) {
			return `it could not be confirmed (${errorMessage(error)})`;
		}
	}

	#lose(why: string): DatabaseError {
		if (this.#lost === null) {
			const message = `The lock was lost in ${this.#store.name}: ${why}. Launches in flight were finished, and no more were started, because another run may hold the lock now. The next run continues.`;
			this.#lost = new DatabaseError("lock-lost", message);
			this.#shutOut();
		}
		return this.#lost;
	}

	/** Takes the lock again if it is free, so that no other run starts before the launches in flight have finished. */
	#shutOut(): void {
		this.#store.drop();
		const what = "The lock could not be taken again in";
		this.#store.withSession(what, async () => undefined, this.#released.signal).catch(() => undefined);
	}

	#ping(): void {
		if (this.#lost !== null) this.#shutOut();
		// A session in use is not idle, and its query may take longer than a ping.
		else if (!this.#store.isInSession) this.confirm().catch(() => undefined);
	}

	async #takeAgain(query: Query): Promise<void> {
		if (await this.#lock.take(query)) return;
		const { by } = await this.#lock.holder(query);
		const why = `its connection broke, and it is now held by ${by}. Nothing was launched; the next run tries again.`;
		throw new DatabaseError("lock-lost", `The lock was lost in ${this.#store.name}: ${why}`);
	}
}

const everyUnref: Every = (milliseconds, body) => {
	const timer = setInterval(body, milliseconds).unref();
	return () => clearInterval(timer);
};

// A boolean, a number, or NULL if the server failed to take it.
const answerSchema = z.array(z.object({ answer: z.coerce.number() })).length(1);

function isYes(rows: unknown): boolean {
	return answerSchema.parse(rows)[0]?.answer === 1;
}

const ENDED: Holder = { by: "a run that has just ended", seconds: null };
const connectionSchema = z.array(z.object({ id: z.coerce.string(), host: z.string().nullable() }));

function describeConnection(rows: unknown): string | null {
	const [connection] = connectionSchema.parse(rows);
	if (connection === undefined) return null;
	const { id, host } = connection;
	return `the run behind the database connection ${id}${host ? ` from ${host}` : ""}`;
}

/** @param typeTag the same for all ticks that count the same machines */
function hashOf(typeTag: string): Buffer {
	return createHash("sha256").update(typeTag).digest();
}

/** @param until as the holder's connection states it: seconds since 1970, or `stopped` */
function watchEnd(until: string | null | undefined): Pick<Holder, "watch"> {
	if (until === null || until === undefined) return {};
	const seconds = Number(until);
	return { watch: { until: Number.isInteger(seconds) ? seconds : null } };
}

const idSchema = z.array(z.object({ id: z.coerce.number().nullable() })).length(1);
const attributesSchema = z.array(z.object({ name: z.string(), value: z.string().nullable(), now: z.coerce.number() }));

/** Locks per MySQL or MariaDB server, whatever the database. */
export function mysqlLock(typeTag: string): AdvisoryLock {
	// The server allows 64 characters.
	const name = `aws-watch-pending/${hashOf(typeTag).toString("hex").slice(0, 16)}`;
	return {
		take: async (query) => isYes(await query("SELECT GET_LOCK(?, 0) AS answer", [name])),
		isOwn: async (query) => isYes(await query("SELECT IS_USED_LOCK(?) = CONNECTION_ID() AS answer", [name])),
		async holder(query) {
			const [used] = idSchema.parse(await query("SELECT IS_USED_LOCK(?) AS id", [name]));
			if (used?.id === undefined || used.id === null) return ENDED;
			const id = String(used.id);
			// Empty without performance_schema, which is off by default in MariaDB. The list of processes knows only for
			// how long a connection has been idle.
			const rows = await query(
				"SELECT ATTR_NAME AS name, ATTR_VALUE AS value, UNIX_TIMESTAMP() AS now FROM performance_schema.session_account_connect_attrs WHERE PROCESSLIST_ID = ? AND ATTR_NAME IN ('run', 'started', 'watches_until')",
				[id],
			).catch(() => []);
			const attributes = attributesSchema.parse(rows);
			const attribute = (name: string) => attributes.find((one) => one.name === name)?.value;
			const seconds = (attributes[0]?.now ?? 0) - Number(attribute("started") ?? Number.NaN);
			const processes = "SELECT ID AS id, HOST AS host FROM information_schema.PROCESSLIST WHERE ID = ?";
			const by = attribute("run") ?? describeConnection(await query(processes, [id]));
			if (by === null) return ENDED;
			const known = Number.isNaN(seconds) ? null : Math.max(0, seconds);
			return { by, seconds: known, ...watchEnd(attribute("watches_until")) };
		},
	};
}

const sessionSchema = z.array(z.object({ name: z.string().nullable(), seconds: z.coerce.number().nullable() }));

/** Locks per PostgreSQL database. */
export function postgresqlLock(typeTag: string): AdvisoryLock {
	const hash = hashOf(typeTag);
	const isThis = `l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
		AND l.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())
		AND CAST(l.classid AS bigint) = ${hash.readUInt32BE(0)} AND CAST(l.objid AS bigint) = ${hash.readUInt32BE(4)}`;
	return {
		take: async (query) => isYes(await query(`SELECT pg_try_advisory_lock(${hash.readBigInt64BE()}) AS answer`)),
		isOwn: async (query) =>
			isYes(await query(`SELECT count(*) AS answer FROM pg_locks l WHERE ${isThis} AND l.pid = pg_backend_pid()`)),
		async holder(query) {
			const rows = await query(
				`SELECT a.pid AS id, host(a.client_addr) AS host, a.application_name AS name,
					CAST(EXTRACT(EPOCH FROM CURRENT_TIMESTAMP - a.backend_start) AS bigint) AS seconds
				FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid WHERE ${isThis}`,
			);
			const [session] = sessionSchema.parse(rows);
			const [, name, until] = /^(.*?)(?: watch:(\d+|stopped))?$/s.exec(session?.name ?? "") ?? [];
			const by = name || describeConnection(rows);
			return by === null ? ENDED : { by, seconds: session?.seconds ?? null, ...watchEnd(until) };
		},
	};
}
