/** Pending build requests of a Buildbot master. */
import type { PendingRequests } from "../../core/model/facts.ts";
import type { AgeWindow } from "../../core/model/policy.ts";
import type { PendingSource } from "../../tick/ports.ts";
import { columnsSchema, detectGeneration, parseRows, pendingQuery, TABLES } from "./schema.ts";
import type { Store } from "./store.ts";

export class BuildbotPendingSource implements PendingSource {
	readonly #store: Store;

	constructor(store: Store) {
		this.#store = store;
	}

	async read(window: AgeWindow): Promise<PendingRequests> {
		const { name, dialect } = this.#store;
		return this.#store.withSession("The pending build requests could not be read from", async (query) => {
			const columns = columnsSchema.parse(await query(dialect.columns(TABLES)));
			return parseRows(await query(pendingQuery(detectGeneration(columns, name), dialect, window)));
		});
	}
}
