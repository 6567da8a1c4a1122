/** A Buildbot database in an SQLite file, opened read-only. */
import { closeSync, existsSync, openSync, readSync, realpathSync, statSync } from "node:fs";
import { DatabaseSync, type SQLOutputValue } from "node:sqlite";
import { pathToFileURL } from "node:url";
import type { DatabaseCode } from "../../core/model/failure.ts";
import { DatabaseError } from "../../errors.ts";
import { type Dialect, listOf, type Query, type Store, sessionErrorMessage } from "./store.ts";

const DIALECT: Dialect = {
	bytes: (column) => `CAST(${column} AS BLOB)`,
	now: "unixepoch()",
	columns: (tables) =>
		`SELECT t.name AS "table", c.name AS "column" FROM sqlite_master t, pragma_table_info(t.name) c
		WHERE t.name IN (${listOf(tables)})`,
};

/** KiB that SQLite may cache. Its default of 2 MB makes a count of a million requests read each page many times. */
const CACHE = 32_000;

export class SqliteStore implements Store {
	readonly dialect = DIALECT;
	readonly #path: string;
	readonly #busyTimeout: number;

	/**
	 * @param path absolute
	 * @param busyTimeout milliseconds to wait while a master writes
	 */
	constructor(path: string, busyTimeout: number) {
		this.#path = path;
		this.#busyTimeout = busyTimeout;
	}

	get name(): string {
		return `the SQLite file ${this.#path}`;
	}

	async withSession<T>(what: string, body: (query: Query) => Promise<T>): Promise<T> {
		const fail = (code: DatabaseCode, why: string, cause?: unknown) =>
			new DatabaseError(code, `${what} ${this.name}: ${why}`, { cause });
		try {
			if (statSync(this.#path, { throwIfNoEntry: false })?.isFile() !== true) {
				throw fail("no-such-database", 'the file doesn\'t exist. Check the path in "database-url".');
			}
			return await this.#readSomehow(checkedPath(this.#path), body);
		} catch (error) {
			if (error instanceof DatabaseError) throw error;
			const said = sessionErrorMessage(error);
			if (/database is locked/.test(said)) {
				throw fail("timeout", `it was locked for ${this.#busyTimeout} ms. The next tick tries again.`, error);
			}
			throw fail(
				"query-failed",
				`${said}. Check that it is the master's SQLite file, that the runner's user may read it and its folder, and that it isn't locked.`,
				error,
			);
		}
	}

	/**
	 * SQLite creates a file beside a database in WAL mode that no master has open. In a read-only folder the database is
	 * therefore read as immutable, and the result is valid only if no master opened it meanwhile.
	 */
	async #readSomehow<T>(path: string, body: (query: Query) => Promise<T>): Promise<T> {
		try {
			return await this.#read(path, body);
		} catch (error) {
			if (!wantsToWrite(error) || isOpenElsewhere(path)) throw error;
			const unchanging = pathToFileURL(path);
			unchanging.searchParams.set("immutable", "1");
			const result = await this.#read(unchanging, body);
			if (isOpenElsewhere(path)) throw new Error("a master opened the file while it was being read", { cause: error });
			return result;
		}
	}

	async #read<T>(location: string | URL, body: (query: Query) => Promise<T>): Promise<T> {
		const database = new DatabaseSync(location, { readOnly: true, timeout: this.#busyTimeout });
		try {
			database.exec(`PRAGMA cache_size = -${CACHE}`);
			const toUtf8 = converterOf(database);
			return await body(async (sql, values = []) =>
				database
					.prepare(sql)
					.all(...values)
					.map(toUtf8),
			);
		} finally {
			database.close();
		}
	}
}

/** Whether a master has the file open in WAL mode, or left its last changes beside it. */
function isOpenElsewhere(path: string): boolean {
	return existsSync(`${path}-wal`);
}

/**
 * The path beside which a master keeps its last changes.
 * @throws Error if the file has several such paths, of which the master's is unknown
 */
function checkedPath(path: string): string {
	const resolved = realpathSync(path);
	if (isInWalMode(resolved) && statSync(resolved).nlink > 1) {
		throw new Error("the file has several hard links, so the last changes may be beside another one");
	}
	return resolved;
}

/** Source: "Database File Format", section 1.3: the version to write is 2 in WAL mode. */
function isInWalMode(path: string): boolean {
	const file = openSync(path, "r");
	try {
		const header = Buffer.alloc(20);
		return readSync(file, header) === header.length && header[18] === 2;
	} finally {
		closeSync(file);
	}
}

/** Converts the bytes of a row from the database's encoding to UTF-8. */
function converterOf(database: DatabaseSync): (row: Record<string, SQLOutputValue>) => Record<string, SQLOutputValue> {
	const encoding = database.prepare("PRAGMA encoding").get()?.["encoding"];
	if (encoding === "UTF-8") return (row) => row;
	const decoder = new TextDecoder(encoding === "UTF-16be" ? "utf-16be" : "utf-16le", { ignoreBOM: true, fatal: true });
	const convert = (value: SQLOutputValue) => {
		if (!(value instanceof Uint8Array)) return value;
		try {
			return Buffer.from(decoder.decode(value));
		} catch {
			return value;
		}
	};
	return (row) => Object.fromEntries(Object.entries(row).map(([name, value]) => [name, convert(value)]));
}

/** SQLITE_READONLY and SQLITE_CANTOPEN, with any extended code. */
function wantsToWrite(error: unknown): boolean {
	if (!(error instanceof Error && "errcode" in error)) return false;
	return [8, 14].includes(Number(error.errcode) & 0xff);
}
