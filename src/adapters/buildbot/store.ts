/** A Buildbot database, whichever server or file it is. */
import { z } from "zod";
import { errorMessage } from "../../errors.ts";

/** Runs one statement and returns its rows: objects with the names of the columns as keys. */
export type Query = (sql: string, values?: readonly string[]) => Promise<unknown>;

/** SQL that differs between databases. */
export interface Dialect {
	/**
	 * SQL for a text column as UTF-8 bytes, which keeps names distinct that differ only in case or accent. Bytes that can't
	 * be converted are returned as they are.
	 */
	readonly bytes: (column: string) => string;
	/** SQL for the server's time in seconds since 1970, UTC. */
	readonly now: string;
	/** A query that returns `table` and `column`, in lower case, for the columns of these tables that the user may read. */
	readonly columns: (tables: readonly string[]) => string;
}

export interface Store {
	/** The database and its location, without user and password. */
	readonly name: string;
	readonly dialect: Dialect;
	/**
	 * Runs `body` with one connection.
	 * @param what start of the error message, which continues with the name of the database: "The lock could not be taken in"
	 * @throws DatabaseError
	 */
	withSession<T>(what: string, body: (query: Query) => Promise<T>): Promise<T>;
}

/** The message of an error in a session. Of values that a schema rejects, the first one on one line. */
export function sessionErrorMessage(error: unknown): string {
	const issue = error instanceof z.ZodError ? error.issues[0] : undefined;
	if (issue === undefined) return errorMessage(error);
	return `unexpected value in the result's column "${issue.path.at(-1)?.toString() ?? ""}" (${issue.message})`;
}

/** A list of SQL literals. The texts must not contain quotes. */
export function listOf(texts: readonly string[]): string {
	return texts.map((text) => `'${text}'`).join(", ");
}
