/** The database servers that the global setup started. */
import { inject } from "vitest";
import type { ServerAddress } from "./database-server.ts";

/** This worker's own MariaDB, so that a lock on the whole server concerns one test file at a time. */
export function mariaDb(): ServerAddress {
	const servers = inject("mariaDbs");
	const server = servers[Number(process.env["VITEST_POOL_ID"] ?? 0) % servers.length];
	if (server === undefined) throw new RangeError("the global setup started no MariaDB");
	return server;
}
