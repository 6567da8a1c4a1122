/** A master's history of 400,000 requests, 40 of them pending: the query reads only these. */
import { expect, it } from "vitest";
import { openDatabase } from "../../../src/adapters/buildbot/open.ts";
import { pendingQuery } from "../../../src/adapters/buildbot/schema.ts";
import { locationOf } from "../../harness/database-location.ts";
import { DATABASES } from "../../harness/scheduler-databases.ts";
import { numbersIn, QUICKLY } from "../../harness/scheduler-rows.ts";
import { OPTIONS } from "./servers.ts";

const ALL = { minAge: null, maxAge: null };
const ROWS = 400_000;
const EVERY = ROWS / 40;
const BUILDERS = 400;

/** How each database explains a query, and its words for reading the requests by the index on `complete`. */
const plans = {
	mysql: { explain: "EXPLAIN", through: /"table":"r","type":"ref",[^}]*"key":"buildrequests_complete"/ },
	postgresql: {
		explain: "EXPLAIN",
		through: /Index Scan using buildrequests_complete|Bitmap Index Scan on buildrequests_complete/,
	},
	sqlite: { explain: "EXPLAIN QUERY PLAN", through: /SEARCH r USING INDEX buildrequests_complete/ },
};

it.each(DATABASES)("$name finds 40 pending of 400,000 requests by the index", async ({ dialect, create }) => {
	const textOf = dialect === "mysql" ? "CONCAT('b', n)" : "'b' || n";
	const rows = `${QUICKLY[dialect]}
		INSERT INTO buildsets (id, submitted_at) VALUES (1, 0);
		INSERT INTO builders (name, name_hash) SELECT ${textOf}, ${textOf} FROM ${numbersIn(dialect, BUILDERS)};
		INSERT INTO buildrequests (buildsetid, builderid, submitted_at, complete)
			SELECT 1, 1 + n % ${BUILDERS}, n, CASE WHEN n % ${EVERY} = 0 THEN 0 ELSE 1 END FROM ${numbersIn(dialect, ROWS)};
		${dialect === "mysql" ? "ANALYZE TABLE buildrequests" : "ANALYZE"};`;
	const { store, pending } = await openDatabase(locationOf(await create("0.9.0", rows)), OPTIONS);
	const { builders } = await pending.read(ALL);
	expect(builders.reduce((sum, { count }) => sum + count, 0)).toBe(40);
	const { explain, through } = plans[dialect];
	const planOf = (sql: string) => store.withSession("Explained", (query) => query(`${explain} ${sql}`));
	const sql = pendingQuery("0.9.0", store.dialect, ALL);
	expect(JSON.stringify(await planOf(sql))).toMatch(through);
	// The same question in a form that no index answers: the history is long enough for the plans to differ.
	const scan = sql.replace("r.complete = 0", "r.complete + 0 = 0");
	expect(scan).not.toBe(sql);
	expect(JSON.stringify(await planOf(scan))).not.toMatch(through);
});
