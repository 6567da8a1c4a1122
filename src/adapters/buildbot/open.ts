/** Chooses the adapters for a database URL. Nothing is connected yet. */
import { resolve } from "node:path";
import type { PendingSource, TickLock } from "../../ports.ts";
import { readAuthorities, type TlsMode, tlsModeFor } from "./tls.ts";
import type { DatabaseLocation } from "./url.ts";

export interface DatabaseOptions {
	readonly workspace: string;
	readonly tls: TlsMode;
	/** PEM, the path of a PEM file, or `rds`; null: the authorities that Node trusts. */
	readonly ca: string | null;
	/** Page or name of this run, told to the server. */
	readonly run: string;
	/** Names the lock. */
	readonly typeTag: string;
}

export interface Database {
	readonly pending: PendingSource;
	/** Null: this database has no lock to give. */
	readonly lock: TickLock | null;
}

export async function openDatabase(location: DatabaseLocation, options: DatabaseOptions): Promise<Database> {
	// Each adapter is loaded when it is wanted: half of a tick without pending requests is the loading of code.
	switch (location.kind) {
		case "mysql": {
			const [{ MysqlServer }, { MysqlPendingSource }, { MysqlTickLock }] = await Promise.all([
				import("./mysql-server.ts"),
				import("./mysql.ts"),
				import("./mysql-lock.ts"),
			]);
			const server = new MysqlServer(location, {
				connectTimeout: 10_000,
				queryTimeout: 60_000,
				pauses: [1_000, 3_000],
				tls: tlsModeFor(options.tls, location),
				authorities: await readAuthorities(options.ca, options.workspace),
				attributes: { program_name: "aws-watch-pending", run: options.run },
			});
			return { pending: new MysqlPendingSource(server), lock: new MysqlTickLock(server, options.typeTag) };
		}
		case "sqlite": {
			const { SqlitePendingSource } = await import("./sqlite.ts");
			// A lock would have to be written, and a master's file is only read.
			return { pending: new SqlitePendingSource(resolve(options.workspace, location.path), 5_000), lock: null };
		}
	}
}
