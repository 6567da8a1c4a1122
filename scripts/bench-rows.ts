/** Scheduler databases with a very large number of pending build requests. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { openDatabase } from "../src/adapters/buildbot/open.ts";
import type { Store } from "../src/adapters/buildbot/store.ts";
import type { PendingSource } from "../src/tick/ports.ts";
import { locationOf } from "../test/harness/database-location.ts";
import { urlOf } from "../test/harness/database-server.ts";
import { createMariaDbDatabase, startMariaDb } from "../test/harness/mariadb.ts";
import { createPostgresqlDatabase, startPostgresql } from "../test/harness/postgresql.ts";
import { numbersIn, type SqlDialect, schemaOf } from "../test/harness/scheduler-rows.ts";

export interface PendingRows {
	/** Counts the rows with the simplest query, over a new connection like the adapter. */
	readonly bare: () => Promise<unknown>;
	readonly source: PendingSource;
	/** URL of the database, for the input `database-url`. */
	readonly url: string;
	/** Removes the database. */
	readonly end: () => Promise<void>;
}

/** Creates a database from `sql`; returns its `database-url` and a function that removes it. */
type Create = (sql: string) => Promise<{ readonly url: string; readonly end: () => Promise<void> }>;

const KINDS: Readonly<Record<string, { readonly dialect: SqlDialect; readonly create: Create }>> = {
	MariaDB: {
		dialect: "mysql",
		create: async (sql) => {
			const server = await startMariaDb();
			return { url: urlOf(server, await createMariaDbDatabase(server, sql)), end: () => server.stop() };
		},
	},
	PostgreSQL: {
		dialect: "postgresql",
		create: async (sql) => {
			const server = await startPostgresql();
			return { url: urlOf(server, await createPostgresqlDatabase(server, sql)), end: () => server.stop() };
		},
	},
	SQLite: {
		dialect: "sqlite",
		create: async (sql) => {
			const folder = mkdtempSync(join(tmpdir(), "aws-watch-pending-bench-"));
			const path = join(folder, "state.sqlite");
			const database = new DatabaseSync(path);
			database.exec(sql);
			database.close();
			return { url: `sqlite:///${path}`, end: async () => rmSync(folder, { recursive: true }) };
		},
	},
};

export const DATABASES = Object.keys(KINDS);

/** The builders are named `builder-<n>-<n mod 55>`. */
export async function createPendingRows(
	database: string,
	size: { readonly builders: number; readonly rows: number },
): Promise<PendingRows> {
	const kind = KINDS[database];
	if (kind === undefined) throw new RangeError(`no database ${database}`);
	const { url, end } = await kind.create(`${schemaOf("3.7", kind.dialect)}\n${rowsOf(kind.dialect, size)}`);
	const options = {
		workspace: "/",
		tls: "auto",
		authorities: undefined,
		run: "bench",
		watch: null,
		now: () => 0,
		timeout: 240,
		typeTag: "moz-type",
		iamRegion: null,
	} as const;
	const { store, pending: source } = await openDatabase(locationOf(url), options);
	return { url, end, source, bare: () => bareCount(store) };
}

function bareCount(store: Store): Promise<unknown> {
	return store.withSession("Counted in", (query) =>
		query("SELECT builderid, COUNT(*) FROM buildrequests WHERE complete = 0 GROUP BY builderid"),
	);
}

function rowsOf(dialect: SqlDialect, { builders, rows }: { readonly builders: number; readonly rows: number }): string {
	const name = dialect === "mysql" ? "CONCAT('builder-', n, '-', n % 55)" : "'builder-' || n || '-' || (n % 55)";
	return `
		INSERT INTO builders (name, name_hash) SELECT ${name}, ${name} FROM ${numbersIn(dialect, builders)};
		INSERT INTO buildsets (id, submitted_at) VALUES (1, 0);
		INSERT INTO buildrequests (buildsetid, builderid, submitted_at)
			SELECT 1, 1 + n % ${builders}, 1800000000 + n FROM ${numbersIn(dialect, rows)};
		${dialect === "mysql" ? "ANALYZE TABLE buildrequests, buildrequest_claims, builders" : "ANALYZE"};`;
}
