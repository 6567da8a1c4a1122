import type { TestProject } from "vitest/node";
import type { ServerAddress } from "./database-server.ts";
import { ensureServers } from "./ensure-servers.ts";
import { startMariaDb } from "./mariadb.ts";
import { startPostgresql } from "./postgresql.ts";

declare module "vitest" {
	/** The servers that all test files share. Each test creates its own databases. */
	interface ProvidedContext {
		mariaDb: ServerAddress;
		postgresql: ServerAddress;
	}
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
	ensureServers();
	const [mariaDb, postgresql] = await Promise.all([startMariaDb(), startPostgresql()]);
	const addressOf = ({ stop, ...address }: typeof mariaDb): ServerAddress => address;
	project.provide("mariaDb", addressOf(mariaDb));
	project.provide("postgresql", addressOf(postgresql));
	return async () => {
		await Promise.all([mariaDb.stop(), postgresql.stop()]);
	};
}
