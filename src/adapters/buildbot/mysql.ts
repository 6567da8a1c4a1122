/** Pending build requests of a Buildbot master that keeps its state in MySQL or MariaDB. */
import { z } from "zod";
import type { PendingRequests } from "../../core/facts.ts";
import type { AgeWindow } from "../../core/policy.ts";
import type { PendingSource } from "../../ports.ts";
import type { MysqlServer } from "./mysql-server.ts";
import { type Dialect, detectGeneration, parseRows, pendingQuery, TABLES } from "./schema.ts";

const columnsSchema = z.array(z.object({ table: z.string(), column: z.string() }));

const DIALECT: Dialect = {
	// Bytes of the name in UTF-8, whatever character set the table has. No collation takes part in comparing bytes.
	bytes: (column) => `CAST(CONVERT(${column} USING utf8mb4) AS BINARY)`,
	now: "UNIX_TIMESTAMP()",
};

export class MysqlPendingSource implements PendingSource {
	readonly #server: MysqlServer;

	constructor(server: MysqlServer) {
		this.#server = server;
	}

	async read(window: AgeWindow): Promise<PendingRequests> {
		return this.#server.withSession("The pending build requests could not be read from", async ({ query, close }) => {
			const columns = await query(
				`SELECT LOWER(TABLE_NAME) AS \`table\`, LOWER(COLUMN_NAME) AS \`column\` FROM information_schema.COLUMNS
				WHERE TABLE_SCHEMA = DATABASE() AND LOWER(TABLE_NAME) IN (${TABLES.map((table) => `'${table}'`).join(", ")})`,
			);
			const generation = detectGeneration(columnsSchema.parse(columns), this.#server.name);
			const requests = parseRows(await query(pendingQuery(generation, DIALECT, window)));
			close();
			return requests;
		});
	}
}
