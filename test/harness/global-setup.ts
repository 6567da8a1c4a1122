import type { TestProject } from "vitest/node";
import type { ServerAddress } from "./database-server.ts";
import { ensureServers } from "./ensure-servers.ts";
import { startMariaDb } from "./mariadb.ts";
import { startPostgresql } from "./postgresql.ts";

declare module "vitest" {
	/** The servers that test files share. Each test creates its own databases. */
	interface ProvidedContext {
		/** One for each worker: a lock taken by `GET_LOCK` is held on the whole server. Call `mariaDb()` to get yours. */
		mariaDbs: readonly ServerAddress[];
		postgresql: ServerAddress;
	}
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
	ensureServers();
	const [postgresql, ...mariaDbs] = await Promise.all([
		startPostgresql(),
		...Array.from({ length: project.config.maxWorkers }, () => startMariaDb()),
	]);
	const addressOf = ({ stop, ...address }: typeof postgresql): ServerAddress => address;
	project.provide("mariaDbs", mariaDbs.map(addressOf));
	project.provide("postgresql", addressOf(postgresql));
	return async () => {
		await Promise.all([postgresql, ...mariaDbs].map((server) => server.stop()));
	};
}
