/** A scheduler database with very many pending build requests. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { createConnection } from "mysql2/promise";
import { openDatabase } from "../src/adapters/buildbot/open.ts";
import { parseDatabaseUrl } from "../src/adapters/buildbot/url.ts";
import type { PendingSource } from "../src/ports.ts";
import { type ServerAddress, urlOf } from "../test/harness/database-server.ts";
import { createMariaDbDatabase } from "../test/harness/mariadb.ts";

const SCHEMA = resolve(import.meta.dirname, "../test/buildbot-schemas/3.7-mysql.sql");

export interface PendingRows {
	/** Counts the rows as plainly as can be, on a connection of its own, as the adapter does. */
	readonly bare: () => Promise<unknown>;
	readonly source: PendingSource;
	/** The same database as the action's `database-url`. */
	readonly url: string;
}

/** Makes the database. The builders are named `builder-<n>-<n mod 55>`. */
export async function createPendingRows(
	server: ServerAddress,
	size: { readonly builders: number; readonly rows: number },
): Promise<PendingRows> {
	const database = await createMariaDbDatabase(
		server,
		`${readFileSync(SCHEMA, "utf8")}
		INSERT INTO builders (name, name_hash) SELECT CONCAT('builder-', seq, '-', seq MOD 55), SHA1(seq) FROM seq_1_to_${size.builders};
		INSERT INTO buildsets (id, submitted_at) VALUES (1, 0);
		INSERT INTO buildrequests (buildsetid, builderid, submitted_at)
			SELECT 1, 1 + seq MOD ${size.builders}, 1800000000 + seq FROM seq_1_to_${size.rows};
		ANALYZE TABLE buildrequests, buildrequest_claims, builders;`,
	);
	const url = urlOf(server, database);
	const options = {
		workspace: "/",
		tls: "auto",
		ca: null,
		run: "bench",
		typeTag: "moz-type",
		iamRegion: null,
	} as const;
	const { pending: source } = await openDatabase(parseDatabaseUrl(url), options);
	return {
		url,
		bare: async () => {
			const { host, port, user, password } = server;
			const connection = await createConnection({ host, port, user, password, database });
			await connection.query("SELECT builderid, COUNT(*) FROM buildrequests WHERE complete = 0 GROUP BY builderid");
			await connection.end();
		},
		source,
	};
}
