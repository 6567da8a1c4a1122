/** How a database would run the queries that a test saw: by an index, or by reading whole tables. */
import type { Store } from "../../src/adapters/buildbot/store.ts";
import type { SqlDialect } from "./scheduler-rows.ts";

/** How each database explains a query, and its words for reading a whole table or index. */
const EXPLANATIONS = {
	mysql: { explain: "EXPLAIN", scan: /"table":"[a-z]+","type":"(?:ALL|index)"/ },
	postgresql: { explain: "EXPLAIN", scan: /Seq Scan/ },
	sqlite: { explain: "EXPLAIN QUERY PLAN", scan: /SCAN/ },
};

/** The store, and the queries that it was asked from now on. */
export function recorded(store: Store): { readonly store: Store; readonly queries: readonly string[] } {
	const queries: string[] = [];
	const recording: Store = {
		name: store.name,
		dialect: store.dialect,
		withSession: (what, body) =>
			store.withSession(what, (query) =>
				body((sql, values) => {
					queries.push(sql);
					return query(sql, values);
				}),
			),
	};
	return { store: recording, queries };
}

/** Those of the queries that read a whole table or index, each with its plan. */
export async function scansIn(store: Store, dialect: SqlDialect, queries: readonly string[]): Promise<string[]> {
	const { explain, scan } = EXPLANATIONS[dialect];
	return store.withSession("Explained", async (query) => {
		const plans: string[] = [];
		for (const sql of queries) plans.push(`${sql}\n${JSON.stringify(await query(`${explain} ${sql}`))}`);
		return plans.filter((plan) => scan.test(plan));
	});
}
