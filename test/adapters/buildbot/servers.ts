/** The database servers that the tests run against, with what is each one's own. */
import { inject } from "vitest";
import { mysqlLock, postgresqlLock } from "../../../src/adapters/buildbot/lock.ts";
import { mysql } from "../../../src/adapters/buildbot/mysql.ts";
import type { DatabaseOptions } from "../../../src/adapters/buildbot/open.ts";
import { postgresql } from "../../../src/adapters/buildbot/postgresql.ts";
import type { ServerOptions } from "../../../src/adapters/buildbot/server.ts";
import { createMariaDbDatabase, startMariaDb } from "../../harness/mariadb.ts";
import { createPostgresqlDatabase, startPostgresql } from "../../harness/postgresql.ts";

export const SERVERS = [
	{
		name: "MariaDB",
		dialect: "mysql" as const,
		driver: mysql,
		/** The server that all tests share. */
		address: () => inject("mariaDb"),
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

/** As an action without further inputs has them. */
export const OPTIONS: DatabaseOptions = {
	workspace: "/",
	tls: "auto",
	authorities: undefined,
	run: "test",
	typeTag: "moz-type",
	iamRegion: null,
};

/** SQL that makes a user with the password `x` who may SELECT from these tables, and nothing else. */
export function limitedUser(dialect: "mysql" | "postgresql", user: string, tables: readonly string[]): string {
	const created = { mysql: `CREATE USER ${user} IDENTIFIED BY 'x';`, postgresql: `CREATE USER ${user} PASSWORD 'x';` };
	return [created[dialect], ...tables.map((table) => `GRANT SELECT ON ${table} TO ${user};`)].join("\n");
}

/** In the clear, with time enough, and no second try. */
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
	};
}
