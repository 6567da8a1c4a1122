/** Chooses the adapter for a database URL. Nothing is connected yet. */
import { resolve } from "node:path";
import type { PendingSource } from "../../ports.ts";
import { readAuthorities, type TlsMode, tlsModeFor } from "./tls.ts";
import type { DatabaseLocation } from "./url.ts";

export interface DatabaseOptions {
	readonly workspace: string;
	readonly tls: TlsMode;
	/** PEM, the path of a PEM file, or `rds`; null: the authorities that Node trusts. */
	readonly ca: string | null;
}

export async function openPendingSource(location: DatabaseLocation, options: DatabaseOptions): Promise<PendingSource> {
	// Each adapter is loaded when it is wanted: half of a tick without pending requests is the loading of code.
	switch (location.kind) {
		case "mysql": {
			const { MysqlPendingSource } = await import("./mysql.ts");
			return new MysqlPendingSource(location, {
				connectTimeout: 10_000,
				queryTimeout: 60_000,
				pauses: [1_000, 3_000],
				tls: tlsModeFor(options.tls, location),
				authorities: await readAuthorities(options.ca, options.workspace),
			});
		}
		case "sqlite": {
			const { SqlitePendingSource } = await import("./sqlite.ts");
			return new SqlitePendingSource(resolve(options.workspace, location.path));
		}
	}
}
