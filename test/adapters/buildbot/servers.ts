/** The database servers of the tests, and what differs between them. */
import { inject } from "vitest";
import { mysqlLock, postgresqlLock } from "../../../src/adapters/buildbot/lock.ts";
import { mysql } from "../../../src/adapters/buildbot/mysql.ts";
import type { DatabaseOptions } from "../../../src/adapters/buildbot/open.ts";
import { postgresql } from "../../../src/adapters/buildbot/postgresql.ts";
import type { ServerOptions } from "../../../src/adapters/buildbot/server.ts";
import { createMariaDbDatabase, startMariaDb } from "../../harness/mariadb.ts";
import { createPostgresqlDatabase, startPostgresql } from "../../harness/postgresql.ts";
import { mariaDb } from "../../harness/shared-servers.ts";

export const SERVERS = [
	{
		name: "MariaDB",
		dialect: "mysql" as const,
		driver: mysql,
		/** The server that all tests share. */
		address: () => mariaDb(),
		start: startMariaDb,
		create: createMariaDbDatabase,
		lock: mysqlLock,
	},
	{
		name: "PostgreSQL",
		dialect: "postgresql" as const,
		driver: postgresql,
		address: () => inject("postgresql"),
		start: startPostgresql,
		create: createPostgresqlDatabase,
		lock: postgresqlLock,
	},
];

/** The options of an action without further inputs. */
export const OPTIONS: DatabaseOptions = {
	workspace: "/",
	tls: "auto",
	authorities: undefined,
	run: "test",
	watch: null,
	now: () => 0,
	timeout: 240,
	typeTag: "moz-type",
	iamRegion: null,
};

/** SQL that creates a user with the password `x` who may only SELECT from these tables. */
export function limitedUser(dialect: "mysql" | "postgresql", user: string, tables: readonly string[]): string {
	const created = { mysql: `CREATE USER ${user} IDENTIFIED BY 'x';`, postgresql: `CREATE USER ${user} PASSWORD 'x';` };
	return [created[dialect], ...tables.map((table) => `GRANT SELECT ON ${table} TO ${user};`)].join("\n");
}

/** Unencrypted, with a generous time limit and without retries. */
export function serverOptions(password: string): ServerOptions {
	return {
		connectTimeout: 10_000,
		queryTimeout: 10_000,
		pauses: [],
		tls: "disabled",
		authorities: undefined,
		password: async () => password,
		cleartext: false,
		run: "test",
		watch: null,
		startedAt: 0,
		idleTimeout: 300,
	};
}
