/** One tick at a time, by an advisory lock of MySQL or MariaDB. */
import { createHash } from "node:crypto";
import { z } from "zod";
import type { TickLock } from "../../ports.ts";
import type { MysqlServer, MysqlSession } from "./mysql-server.ts";

const lockedSchema = z.array(z.object({ locked: z.coerce.number().nullable() })).length(1);
const holderSchema = z.array(z.object({ id: z.coerce.number().nullable() })).length(1);
const runSchema = z.array(z.object({ run: z.string().nullable() }));
const connectionSchema = z.array(z.object({ host: z.string(), seconds: z.coerce.number() }));

export class MysqlTickLock implements TickLock {
	readonly #server: MysqlServer;
	/** Of the whole server, and no longer than its 64 characters. */
	readonly #name: string;
	#session: MysqlSession | null = null;

	/** @param typeTag ticks that count the same machines have the same */
	constructor(server: MysqlServer, typeTag: string) {
		this.#server = server;
		const hash = createHash("sha256").update(typeTag).digest("hex");
		this.#name = `aws-watch-pending/${hash.slice(0, 16)}`;
	}

	/** The lock is the connection's: where that breaks, the server gives it back by itself. */
	async acquire(): Promise<string | null> {
		return this.#server.withSession("The lock could not be taken in", async (session) => {
			const [answer] = lockedSchema.parse(await session.query("SELECT GET_LOCK(?, 0) AS locked", [this.#name]));
			if (answer?.locked === 1) {
				this.#session = session;
				return null;
			}
			const holder = await this.#holder(session);
			session.close();
			return holder;
		});
	}

	release(): void {
		this.#session?.close();
		this.#session = null;
	}

	async #holder({ query }: MysqlSession): Promise<string> {
		const [used] = holderSchema.parse(await query("SELECT IS_USED_LOCK(?) AS id", [this.#name]));
		if (used?.id === undefined || used.id === null) return "a run that has just ended";
		const id = String(used.id);
		// Empty where the server keeps no performance_schema, as MariaDB's does not unless told.
		const runs = await query(
			"SELECT ATTR_VALUE AS run FROM performance_schema.session_account_connect_attrs WHERE PROCESSLIST_ID = ? AND ATTR_NAME = 'run'",
			[id],
		).catch(() => []);
		const run = runSchema.parse(runs)[0]?.run;
		if (run !== undefined && run !== null) return run;
		const connections = connectionSchema.parse(
			await query("SELECT HOST AS host, TIME AS seconds FROM information_schema.PROCESSLIST WHERE ID = ?", [id]),
		);
		const from = connections.map(({ host, seconds }) => ` from ${host}, idle for ${seconds} s`).join("");
		return `the run behind the database connection ${id}${from}`;
	}
}
