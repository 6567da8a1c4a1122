/** Jacuzzis from the tables of the master: which workers are configured for a builder. */
import { z } from "zod";
import type { Allocations, Unknown } from "../../core/demand/allocations.ts";
import { decodeName } from "../../core/model/builder-name.ts";
import { DatabaseError } from "../../errors.ts";
import type { AllocationSource } from "../../tick/ports.ts";
import { type Column, columnsSchema, missingTables } from "./schema.ts";
import type { Query, Store } from "./store.ts";

/** Seconds. A master reports once a minute that it is alive; Buildbot considers it dead after ten minutes. */
const HEARTBEAT_TIMEOUT = 600;

const BUILDERS_PER_QUERY = 100;

/** Required in addition to the tables of the pending requests. */
const TABLES = [
	"builders",
	"builder_masters",
	"configured_workers",
	"workers",
	"connected_workers",
	"masters",
] as const;

const NOT_CONFIGURED: Unknown = {
	code: "not-configured",
	reason:
		"no master has workers configured for it: its master is stopped, or no master has this builder any more. Start the master, or cancel the requests",
};

const numbered = z.coerce.number().int();
const buildersSchema = z.array(z.object({ id: numbered, name: z.instanceof(Uint8Array) }));
const workersSchema = z.array(z.object({ id: numbered, name: z.instanceof(Uint8Array), away: numbered }));
const connectedSchema = z.array(z.object({ id: numbered }));
const pairsSchema = z.array(z.object({ builder: numbered, worker: numbered }));

/** Reads the tables of Buildbot 0.9.0 and later. Workers that are paused or shutting down gracefully are left out. */
export class BuildbotAllocations implements AllocationSource {
	readonly #store: Store;

	constructor(store: Store) {
		this.#store = store;
	}

	async read(builders: readonly string[]): Promise<Allocations> {
		const what = "The workers of the builders could not be read from";
		return this.#store.withSession(what, async (query) => {
			const { name, dialect } = this.#store;
			const columns = columnsSchema.parse(await query(dialect.columns(TABLES)));
			const missing = missingTables(columns, TABLES);
			if (missing.length > 0) {
				throw new DatabaseError(
					"no-worker-tables",
					`${what} ${name}: "jacuzzi.buildbot" requires the tables ${TABLES.join(", ")} of Buildbot 0.9.0 or later, but ${missing.join(", ")} can't be read. Let the database user SELECT from them, or use "jacuzzi.url" or "jacuzzi.builders" instead.`,
				);
			}
			return this.#allocations(query, columns, new Set(builders));
		});
	}

	async #allocations(query: Query, columns: readonly Column[], asked: ReadonlySet<string>): Promise<Allocations> {
		const { bytes, now } = this.#store.dialect;
		const all = buildersSchema.parse(await query(`SELECT b.id AS id, ${bytes("b.name")} AS name FROM builders b`));
		const builders = new Map(
			all.map(({ id, name }) => [id, decodeName(name)] as const).filter(([, name]) => asked.has(name)),
		);
		// Older versions don't have these columns.
		const away = ["paused", "graceful"]
			.filter((flag) => columns.some(({ table, column }) => table === "workers" && column === flag))
			.map((flag) => `w.${flag} <> 0`);
		const workers = workersSchema.parse(
			await query(
				`SELECT w.id AS id, ${bytes("w.name")} AS name, CASE WHEN ${away.join(" OR ") || "1 = 0"} THEN 1 ELSE 0 END AS away FROM workers w`,
			),
		);
		const names = new Map(workers.map(({ id, name }) => [id, decodeName(name)] as const));
		const isAway = new Set(workers.flatMap(({ id, away }) => (away === 1 ? [id] : [])));
		const connected = connectedSchema.parse(
			await query(
				`SELECT DISTINCT c.workerid AS id FROM connected_workers c JOIN masters m ON m.id = c.masterid
				WHERE m.active = 1 AND ${now} - m.last_active <= ${HEARTBEAT_TIMEOUT}`,
			),
		);
		const slavesets = new Map<string, readonly string[]>();
		for await (const some of workersByBuilder(query, [...builders.keys()])) {
			for (const [builder, workerIds] of some) {
				// A builder whose workers are all away has an empty slaveset, not none.
				const present = [...workerIds].flatMap((id) => (isAway.has(id) ? [] : (names.get(id) ?? [])));
				slavesets.set(builders.get(builder) ?? "", present);
			}
		}
		return {
			slavesets,
			unknown: new Map([...asked].filter((name) => !slavesets.has(name)).map((name) => [name, NOT_CONFIGURED])),
			allocated: { kind: "known", names: new Set(names.values()) },
			connected: new Set(connected.flatMap(({ id }) => names.get(id) ?? [])),
		};
	}
}

/**
 * Ids of the workers by the ids of their builders, in batches: there can be a million pairs. A pair occurs once per
 * master. Duplicates are removed here, because the server would need a temporary table for that.
 */
async function* workersByBuilder(
	query: Query,
	builderIds: readonly number[],
): AsyncGenerator<ReadonlyMap<number, ReadonlySet<number>>> {
	for (let from = 0; from < builderIds.length; from += BUILDERS_PER_QUERY) {
		const some = builderIds.slice(from, from + BUILDERS_PER_QUERY).join(", ");
		const pairs = pairsSchema.parse(
			await query(
				`SELECT bm.builderid AS builder, cw.workerid AS worker
				FROM builder_masters bm JOIN configured_workers cw ON cw.buildermasterid = bm.id
				WHERE bm.builderid IN (${some})`,
			),
		);
		const byBuilder = Map.groupBy(pairs, ({ builder }) => builder);
		yield new Map([...byBuilder].map(([builder, of]) => [builder, new Set(of.map(({ worker }) => worker))]));
	}
}
