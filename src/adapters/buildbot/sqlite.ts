/** A Buildbot database in an SQLite file, which is only read. */
import { statSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { DatabaseError, messageOf } from "../../errors.ts";
import { type Dialect, listOf, type Query, type Store } from "./store.ts";

const DIALECT: Dialect = {
	bytes: (column) => `CAST(${column} AS BLOB)`,
	now: "unixepoch()",
	columns: (tables) =>
		`SELECT t.name AS "table", c.name AS "column" FROM sqlite_master t, pragma_table_info(t.name) c
		WHERE t.name IN (${listOf(tables)})`,
};

export class SqliteStore implements Store {
	readonly dialect = DIALECT;
	readonly #path: string;
	readonly #busyTimeout: number;

	/**
	 * @param path absolute
	 * @param busyTimeout milliseconds to wait while the master writes
	 */
	constructor(path: string, busyTimeout: number) {
		this.#path = path;
		this.#busyTimeout = busyTimeout;
	}

	get name(): string {
		return `the SQLite file ${this.#path}`;
	}

	async withSession<T>(what: string, body: (query: Query) => Promise<T>): Promise<T> {
		const fail = (code: string, why: string, cause?: unknown) =>
			new DatabaseError(code, `${what} ${this.name}: ${why}`, { cause });
		if (statSync(this.#path, { throwIfNoEntry: false })?.isFile() !== true) {
			throw fail("no-such-database", 'there is no such file. Check the path in "database-url".');
		}
		let database: DatabaseSync | null = null;
		try {
			const opened = new DatabaseSync(this.#path, { readOnly: true, timeout: this.#busyTimeout });
			database = opened;
			return await body(async (sql, values = []) => opened.prepare(sql).all(...values));
		} catch (error) {
			if (error instanceof DatabaseError) throw error;
			const said = messageOf(error);
			if (/database is locked/.test(said)) {
				throw fail("timeout", `it was locked for ${this.#busyTimeout} ms. The next tick tries again.`, error);
			}
			throw fail(
				"query-failed",
				`${said}. Check that it is the master's SQLite file, that the runner's user may read it and its folder, and that no one holds it locked.`,
				error,
			);
		} finally {
			database?.close();
		}
	}
}
