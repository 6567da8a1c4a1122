/** Chooses the adapters for a database URL. Nothing is connected yet. */
import { resolve } from "node:path";
import { readAuthorities, type TlsMode, tlsModeFor } from "../../inputs/database-tls.ts";
import type { DatabaseLocation, ServerLocation } from "../../inputs/database-url.ts";
import type { PendingSource, TickLock } from "../../tick/ports.ts";
import { BuildbotPendingSource } from "./pending.ts";
import type { Store } from "./store.ts";

export interface DatabaseOptions {
	readonly workspace: string;
	readonly tls: TlsMode;
	/** PEM, the path of a PEM file, or `rds`; null: the authorities that Node trusts. */
	readonly ca: string | null;
	/** Page or name of this run, told to the server. */
	readonly run: string;
	/** Names the lock. */
	readonly typeTag: string;
	/** Where a token of IAM stands for the password: the AWS region; null: the URL has the password. */
	readonly iamRegion: string | null;
}

export interface Database {
	readonly store: Store;
	readonly pending: PendingSource;
	/** Null: this database has no lock to give. */
	readonly lock: TickLock | null;
}

export async function openDatabase(location: DatabaseLocation, options: DatabaseOptions): Promise<Database> {
	// Each adapter is loaded when it is wanted: half of a tick without pending requests is the loading of code.
	if (location.kind === "sqlite") {
		const { SqliteStore } = await import("./sqlite.ts");
		const store = new SqliteStore(resolve(options.workspace, location.path), 5_000);
		// A lock would have to be written, and a master's file is only read.
		return { store, pending: new BuildbotPendingSource(store), lock: null };
	}
	const { iamRegion } = options;
	const [{ ServerStore }, { ServerLock, mysqlLock, postgresqlLock }, driver] = await Promise.all([
		import("./server.ts"),
		import("./lock.ts"),
		loadDriver(location.kind),
	]);
	const store = new ServerStore(driver, location, {
		connectTimeout: 10_000,
		queryTimeout: 60_000,
		pauses: [1_000, 3_000],
		tls: tlsModeFor(options.tls, location),
		authorities: await readAuthorities(options.ca, options.workspace),
		cleartext: iamRegion !== null,
		password: async () => {
			if (iamRegion === null) return location.password;
			const { rdsToken } = await import("./rds-iam.ts");
			return rdsToken(location, iamRegion);
		},
		run: options.run,
	});
	const advisory = location.kind === "mysql" ? mysqlLock(options.typeTag) : postgresqlLock(options.typeTag);
	return { store, pending: new BuildbotPendingSource(store), lock: new ServerLock(store, advisory) };
}

async function loadDriver(kind: ServerLocation["kind"]) {
	return kind === "mysql" ? (await import("./mysql.ts")).mysql : (await import("./postgresql.ts")).postgresql;
}
