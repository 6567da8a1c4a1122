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
			database.exec(`PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; ${sql}`);
			database.close();
			return { url: `sqlite:///${path}`, end: async () => rmSync(folder, { recursive: true }) };
		},
	},
};

export const DATABASES = Object.keys(KINDS);

export interface Size {
	readonly builders: number;
	readonly rows: number;
}

/** The builders are named `builder-<n>-<n mod 55>`. */
export async function createPendingRows(
	database: string,
	size: Size,
	version: "0.8.4" | "3.7" = "3.7",
): Promise<PendingRows> {
	const kind = KINDS[database];
	if (kind === undefined) throw new RangeError(`no database ${database}`);
	const rows = version === "3.7" ? rowsOf(kind.dialect, size) : oldRowsOf(kind.dialect, size);
	const statements = schemaOf(version, kind.dialect).split(/;$/m);
	const isIndex = (statement: string) => /^\s*CREATE (UNIQUE )?INDEX/.test(statement);
	// An index is built much faster from rows that exist.
	const parts = [
		...statements.filter((statement) => !isIndex(statement)),
		...rows,
		...statements.filter(isIndex),
		analyze(kind.dialect),
	];
	const { url, end } = await kind.create(parts.filter((part) => part.trim() !== "").join(";\n"));
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

function rowsOf(dialect: SqlDialect, { builders, rows }: Size): readonly string[] {
	return [
		`INSERT INTO builders (name, name_hash) SELECT ${nameIn(dialect)}, ${nameIn(dialect)} FROM ${numbersIn(dialect, builders)}`,
		"INSERT INTO buildsets (id, submitted_at) VALUES (1, 0)",
		`INSERT INTO buildrequests (buildsetid, builderid, submitted_at)
			SELECT 1, 1 + n % ${builders}, 1800000000 + n FROM ${numbersIn(dialect, rows)}`,
	];
}

/** Before Buildbot 0.9, a request had its builder's name. */
function oldRowsOf(dialect: SqlDialect, { builders, rows }: Size): readonly string[] {
	return [
		"INSERT INTO buildsets (id, sourcestampid, submitted_at) VALUES (1, 1, 0)",
		`INSERT INTO buildrequests (buildsetid, buildername, submitted_at, claimed_at, complete)
			SELECT 1, ${nameIn(dialect, `(n % ${builders})`)}, 1800000000 + n, 0, 0 FROM ${numbersIn(dialect, rows)}`,
	];
}

function analyze(dialect: SqlDialect): string {
	return dialect === "mysql" ? "ANALYZE TABLE buildrequests" : "ANALYZE";
}

/** The name of the builder with this number. */
function nameIn(dialect: SqlDialect, number = "n"): string {
	return dialect === "mysql"
		? `CONCAT('builder-', ${number}, '-', ${number} % 55)`
		: `'builder-' || ${number} || '-' || (${number} % 55)`;
}
