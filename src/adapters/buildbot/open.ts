/** Opens the adapters for a database URL. Each connects at its first use. */
import { tmpdir } from "node:os";
import { resolve } from "node:path";
import { type TlsMode, tlsModeFor } from "../../inputs/database-tls.ts";
import type { DatabaseLocation, ServerLocation } from "../../inputs/database-url.ts";
import type { HistorySource, PendingSource, TickLock, WatchEnd, WorkerSource } from "../../tick/ports.ts";
import { BuildbotPendingSource } from "./pending.ts";
import type { SignerCredentials } from "./rds-iam.ts";
import type { ServerOptions } from "./server.ts";
import type { Store } from "./store.ts";

export interface DatabaseOptions {
	readonly workspace: string;
	readonly tls: TlsMode;
	/** CA certificates as PEM; undefined: those that Node trusts. */
	readonly authorities: string[] | undefined;
	/** URL or id of this run, which the server shows to others. */
	readonly run: string;
	/** Seconds since 1970, UTC. */
	readonly now: () => number;
	/** When the run ends if it watches; null: it is one tick. */
	readonly watch: WatchEnd | null;
	/** Seconds after which the tick starts no launch. */
	readonly timeout: number;
	/** Names the lock. */
	readonly typeTag: string;
	/** AWS region of IAM authentication, where a token replaces the password; null: the URL has the password. */
	readonly iamRegion: string | null;
	/** Sign the tokens; undefined: the credentials of the environment. */
	readonly iamCredentials?: SignerCredentials | undefined;
}

export interface Database {
	readonly store: Store;
	readonly pending: PendingSource;
	readonly lock: TickLock;
	readonly history: HistorySource;
	/** On a connection of its own, so that the lock does not depend on it. */
	readonly workers: WorkerSource;
}

export async function openDatabase(location: DatabaseLocation, options: DatabaseOptions): Promise<Database> {
	// Loaded on demand: loading code is half the time of a tick without pending requests.
	if (location.kind === "sqlite") {
		const [{ SqliteStore }, { FileLock }] = await Promise.all([import("./sqlite.ts"), import("./file-lock.ts")]);
		const database = resolve(options.workspace, location.path);
		const store = new SqliteStore(database, 5_000);
		return {
			store,
			pending: new BuildbotPendingSource(store),
			lock: new FileLock({ ...options, folder: tmpdir(), database }),
			history: historyIn(store),
			workers: workersIn(new SqliteStore(database, 500)),
		};
	}
	const { iamRegion } = options;
	const [{ ServerStore }, { ServerLock, mysqlLock, postgresqlLock }, driver] = await Promise.all([
		import("./server.ts"),
		import("./lock.ts"),
		loadDriver(location.kind),
	]);
	const serverOptions: ServerOptions = {
		connectTimeout: 10_000,
		queryTimeout: 60_000,
		pauses: [1_000, 3_000],
		tls: tlsModeFor(options.tls, location),
		authorities: options.authorities,
		cleartext: iamRegion !== null,
		password: async () => {
			if (iamRegion === null) return location.password;
			const { rdsToken } = await import("./rds-iam.ts");
			return rdsToken(location, iamRegion, options.iamCredentials);
		},
		run: options.run,
		startedAt: options.now(),
		watch: options.watch,
		idleTimeout: options.timeout + 60,
	};
	const store = new ServerStore(driver, location, serverOptions);
	const impatient = { ...serverOptions, connectTimeout: 3_000, queryTimeout: 3_000, pauses: [] };
	const advisory = location.kind === "mysql" ? mysqlLock(options.typeTag) : postgresqlLock(options.typeTag);
	return {
		store,
		pending: new BuildbotPendingSource(store),
		lock: new ServerLock(store, advisory),
		history: historyIn(store),
		workers: workersIn(new ServerStore(driver, location, impatient)),
	};
}

function historyIn(store: Store): HistorySource {
	return { read: async (days) => (await import("./history.ts")).readHistory(store, days) };
}

function workersIn(store: Store): WorkerSource {
	return { read: async (machines, now) => (await import("./workers.ts")).readWorkers(store, machines, now) };
}

async function loadDriver(kind: ServerLocation["kind"]) {
	return kind === "mysql" ? (await import("./mysql.ts")).mysql : (await import("./postgresql.ts")).postgresql;
}
