/** Chooses the adapter for a database URL. Nothing is connected yet. */
import { resolve } from "node:path";
import type { PendingSource } from "../../ports.ts";
import type { DatabaseLocation } from "./url.ts";

const TIMEOUTS = { connect: 10_000, query: 60_000 };

export async function openPendingSource(
	location: DatabaseLocation,
	options: { readonly workspace: string },
): Promise<PendingSource> {
	// Each adapter is loaded when it is wanted: half of a tick without pending requests is the loading of code.
	switch (location.kind) {
		case "mysql": {
			const { MysqlPendingSource } = await import("./mysql.ts");
			return new MysqlPendingSource(location, TIMEOUTS);
		}
		case "sqlite": {
			const { SqlitePendingSource } = await import("./sqlite.ts");
			return new SqlitePendingSource(resolve(options.workspace, location.path));
		}
	}
}
