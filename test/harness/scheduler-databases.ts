/** Scheduler databases of each kind that Buildbot supports. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { inject, onTestFinished } from "vitest";
import { type ServerAddress, urlOf } from "./database-server.ts";
import { givenServers } from "./given.ts";
import { createMariaDbDatabase } from "./mariadb.ts";
import { createPostgresqlDatabase } from "./postgresql.ts";
import { type SqlDialect, schemaOf, type Version } from "./scheduler-rows.ts";
import { mariaDb } from "./shared-servers.ts";

export interface SchedulerDatabases {
	readonly name: string;
	readonly dialect: SqlDialect;
	/**
	 * Creates a database with Buildbot's schema and these rows for the running test; returns the action's `database-url`.
	 * @param adapt changes Buildbot's schema
	 */
	create(version: Version, rows: string, adapt?: (schema: string) => string): Promise<string>;
}

const SQLITE: SchedulerDatabases = {
	name: "SQLite",
	dialect: "sqlite",
	create: async (version, rows, adapt = (schema) => schema) => {
		const folder = mkdtempSync(join(tmpdir(), "aws-watch-pending-sqlite-"));
		onTestFinished(() => rmSync(folder, { recursive: true }));
		const path = join(folder, "state.sqlite");
		const database = new DatabaseSync(path);
		database.exec(`PRAGMA foreign_keys = OFF; ${adapt(schemaOf(version, "sqlite"))}\n${rows}`);
		database.close();
		return `sqlite:///${path}`;
	},
};

/** On the servers that the environment provides, or else on the private servers and in SQLite. */
export const DATABASES: readonly SchedulerDatabases[] =
	givenServers().length > 0
		? givenServers().map((server) => onServer(`${server.kind} at port ${server.port}`, server.kind, () => server))
		: [
				onServer("MariaDB", "mysql", () => mariaDb()),
				onServer("PostgreSQL", "postgresql", () => inject("postgresql")),
				SQLITE,
			];

function onServer(name: string, dialect: ServerAddress["kind"], address: () => ServerAddress): SchedulerDatabases {
	const createDatabase = { mysql: createMariaDbDatabase, postgresql: createPostgresqlDatabase }[dialect];
	return {
		name,
		dialect,
		create: async (version, rows, adapt = (schema) => schema) =>
			urlOf(address(), await createDatabase(address(), `${adapt(schemaOf(version, dialect))}\n${rows}`)),
	};
}
