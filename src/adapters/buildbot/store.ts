/** What the adapters ask a Buildbot database by, whichever it is. */

/** Runs one statement and gives its rows, as objects by the names of their columns. */
export type Query = (sql: string, values?: readonly string[]) => Promise<unknown>;

/** What the databases say in words of their own. */
export interface Dialect {
	/** SQL for a text column as bytes in UTF-8, by which names that differ only by case or accent stay apart. */
	readonly bytes: (column: string) => string;
	/** SQL for the server's clock, in seconds since 1970, UTC. */
	readonly now: string;
	/** A query for the columns of these tables that the user may read: `table` and `column`, in lower case. */
	readonly columns: (tables: readonly string[]) => string;
}

export interface Store {
	/** The database and where it is, without user and password. */
	readonly name: string;
	readonly dialect: Dialect;
	/**
	 * Does something with the database, by one connection.
	 * @param what begins the sentence that names the database, such as "The lock could not be taken in"
	 * @throws DatabaseError
	 */
	withSession<T>(what: string, body: (query: Query) => Promise<T>): Promise<T>;
}

/** SQL's list of texts that hold no quote. */
export function listOf(texts: readonly string[]): string {
	return texts.map((text) => `'${text}'`).join(", ");
}
