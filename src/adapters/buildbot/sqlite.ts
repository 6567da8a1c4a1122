/** Pending build requests of a Buildbot master that keeps its state in SQLite. */
import { statSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { z } from "zod";
import type { PendingRequests } from "../../core/facts.ts";
import type { AgeWindow } from "../../core/policy.ts";
import { DatabaseError, messageOf } from "../../errors.ts";
import type { PendingSource } from "../../ports.ts";
import { type Dialect, detectGeneration, parseRows, pendingQuery, TABLES } from "./schema.ts";

const DIALECT: Dialect = { bytes: (column) => `CAST(${column} AS BLOB)`, now: "unixepoch()" };

const columnsSchema = z.array(z.object({ table: z.string(), column: z.string() }));

export class SqlitePendingSource implements PendingSource {
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

	async read(window: AgeWindow): Promise<PendingRequests> {
		if (statSync(this.#path, { throwIfNoEntry: false })?.isFile() !== true) {
			throw this.#error("no-such-database", 'there is no such file. Check the path in "database-url".');
		}
		let database: DatabaseSync | null = null;
		try {
			database = new DatabaseSync(this.#path, { readOnly: true, timeout: this.#busyTimeout });
			const columns = database
				.prepare(
					`SELECT t.name AS "table", c.name AS "column" FROM sqlite_master t, pragma_table_info(t.name) c
					WHERE t.name IN (${TABLES.map((table) => `'${table}'`).join(", ")})`,
				)
				.all();
			const generation = detectGeneration(columnsSchema.parse(columns), this.#where());
			return parseRows(database.prepare(pendingQuery(generation, DIALECT, window)).all());
		} catch (error) {
			if (error instanceof DatabaseError) throw error;
			const said = messageOf(error);
			if (/database is locked/.test(said)) {
				throw this.#error("timeout", `it was locked for ${this.#busyTimeout} ms. The next tick tries again.`, error);
			}
			throw this.#error(
				"query-failed",
				`${said}. Check that it is the master's SQLite file, that the runner's user may read it and its folder, and that no one holds it locked.`,
				error,
			);
		} finally {
			database?.close();
		}
	}

	#where(): string {
		return `the SQLite file ${this.#path}`;
	}

	#error(code: string, why: string, cause?: unknown): DatabaseError {
		return new DatabaseError(code, `The pending build requests could not be read from ${this.#where()}: ${why}`, {
			cause,
		});
	}
}
