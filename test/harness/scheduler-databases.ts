/** A scheduler database of each kind that Buildbot supports. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { inject, onTestFinished } from "vitest";
import { urlOf } from "./database-server.ts";
import { createMariaDbDatabase } from "./mariadb.ts";
import { createPostgresqlDatabase } from "./postgresql.ts";
import { type SqlDialect, schemaOf, type Version } from "./scheduler-rows.ts";

export interface SchedulerDatabases {
	readonly name: string;
	readonly dialect: SqlDialect;
	/** Makes a database with Buildbot's schema and these rows, for the running test; returns the action's `database-url`. */
	create(version: Version, rows: string): Promise<string>;
}

export const DATABASES: readonly SchedulerDatabases[] = [
	{
		name: "MariaDB",
		dialect: "mysql",
		create: async (version, rows) => {
			const server = inject("mariaDb");
			return urlOf(server, await createMariaDbDatabase(server, `${schemaOf(version, "mysql")}\n${rows}`));
		},
	},
	{
		name: "PostgreSQL",
		dialect: "postgresql",
		create: async (version, rows) => {
			const server = inject("postgresql");
			return urlOf(server, await createPostgresqlDatabase(server, `${schemaOf(version, "postgresql")}\n${rows}`));
		},
	},
	{
		name: "SQLite",
		dialect: "sqlite",
		create: async (version, rows) => {
			const folder = mkdtempSync(join(tmpdir(), "aws-watch-pending-sqlite-"));
			onTestFinished(() => rmSync(folder, { recursive: true }));
			const path = join(folder, "state.sqlite");
			const database = new DatabaseSync(path);
			database.exec(`PRAGMA foreign_keys = OFF; ${schemaOf(version, "sqlite")}\n${rows}`);
			database.close();
			return `sqlite:///${path}`;
		},
	},
];
