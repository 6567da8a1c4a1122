/** Settings of a server, a database, or a role, which must not change what is counted. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { openDatabase } from "../../../src/adapters/buildbot/open.ts";
import { locationOf } from "../../harness/database-location.ts";
import { type DatabaseServer, urlOf } from "../../harness/database-server.ts";
import { connectMariaDb, createMariaDbDatabase, startMariaDb } from "../../harness/mariadb.ts";
import { connectPostgresql, createPostgresqlDatabase } from "../../harness/postgresql.ts";
import { rowsOf, type SqlDialect, schemaOf } from "../../harness/scheduler-rows.ts";
import { limitedUser, OPTIONS, SERVERS } from "./servers.ts";

const TABLES = ["buildrequests", "buildrequest_claims", "builders"];
/** Later than any clock of a test. */
const FUTURE = 2_100_000_000;
const WINDOW = { minAge: 0, maxAge: null };
const EXPECTED = {
	builders: ["a", "b", "c", "d"].map((builder) => ({ builder, count: 1, oldestSubmittedAt: 1000 })),
	outsideAgeWindow: 1,
};

function rowsIn(dialect: SqlDialect): string {
	const requests = EXPECTED.builders.map(({ builder }) => ({ builder }));
	return rowsOf("3.7", dialect, [...requests, { builder: "a", submittedAt: FUTURE }]);
}

async function read(url: string) {
	const { pending } = await openDatabase(locationOf(url), OPTIONS);
	const { builders, outsideAgeWindow } = await pending.read(WINDOW);
	const counts = builders.map(({ newest: _, ...count }) => count);
	return { builders: counts.toSorted((a, b) => (a.builder < b.builder ? -1 : 1)), outsideAgeWindow };
}

let server: DatabaseServer;
let users = 0;
beforeAll(async () => {
	server = await startMariaDb();
});
afterAll(() => server.stop());

it.each([
	"sql_select_limit = 1",
	"sql_mode = 'ANSI_QUOTES,PIPES_AS_CONCAT,NO_BACKSLASH_ESCAPES,ONLY_FULL_GROUP_BY,PAD_CHAR_TO_FULL_LENGTH'",
	"sql_mode = ''",
	"max_join_size = 1, sql_big_selects = 0",
	"tx_isolation = 'READ-UNCOMMITTED'",
	"init_connect = 'SET autocommit = 0, sql_select_limit = 1, timestamp = 1; BEGIN; SET NAMES latin1; USE information_schema'",
])("MariaDB counts the same with %s", async (setting) => {
	const user = `limited_${users}`;
	users += 1;
	const sql = `${schemaOf("3.7", "mysql")}\n${rowsIn("mysql")}\n${limitedUser("mysql", user, TABLES)}`;
	const database = await createMariaDbDatabase(server, sql);
	await using _ = await setGlobally(setting);
	expect(await read(urlOf({ ...server, user, password: "x" }, database))).toEqual(EXPECTED);
});

it("MariaDB counts what is committed, also if it would let others read more", async () => {
	const database = await createMariaDbDatabase(server, `${schemaOf("3.7", "mysql")}\n${rowsIn("mysql")}`);
	await using _ = await setGlobally("tx_isolation = 'READ-UNCOMMITTED'");
	const master = await connectMariaDb(server);
	await master.query(`USE ${database}; BEGIN; UPDATE buildrequests SET complete = 1`);
	expect(await read(urlOf(server, database))).toEqual(EXPECTED);
	await master.query("COMMIT");
	expect((await read(urlOf(server, database))).builders).toEqual([]);
	await master.end();
});

/** Sets variables for all later connections, until disposed of. */
async function setGlobally(setting: string): Promise<AsyncDisposable> {
	const assignments = setting.split(/, (?=\w+ = \d+$)/).map((assignment) => `GLOBAL ${assignment}`);
	const admin = await connectMariaDb(server);
	await admin.query(`SET ${assignments.join(", ")}`);
	return {
		[Symbol.asyncDispose]: async () => {
			for (const assignment of assignments) await admin.query(`SET ${assignment.replace(/ = .*$/, " = DEFAULT")}`);
			await admin.end();
		},
	};
}

const postgresql = SERVERS.filter(({ dialect }) => dialect === "postgresql");
it.each(
	postgresql.flatMap(({ address }) =>
		[
			"default_transaction_isolation = 'serializable'",
			"default_transaction_deferrable = on",
			"standard_conforming_strings = off",
			"bytea_output = 'escape'",
			"client_encoding = 'LATIN1'",
			"TimeZone = 'Pacific/Kiritimati'",
			"DateStyle = 'German'",
			"transform_null_equals = on",
		].map((setting) => [setting, address] as const),
	),
)("PostgreSQL counts the same with %s", async (setting, address) => {
	const server = address();
	const database = await createPostgresqlDatabase(server, `${schemaOf("3.7", "postgresql")}\n${rowsIn("postgresql")}`);
	const admin = await connectPostgresql(server, database);
	await admin.query(`ALTER DATABASE ${database} SET ${setting}`);
	await admin.end();
	expect(await read(urlOf(server, database))).toEqual(EXPECTED);
});

it.each(postgresql)("rows that a policy of $name hides are an error", async ({ address }) => {
	const server = address();
	const policy =
		"ALTER TABLE buildrequests ENABLE ROW LEVEL SECURITY; CREATE POLICY few ON buildrequests USING (id = 1);";
	const user = limitedUser("postgresql", "behind_a_policy", TABLES);
	const sql = `${schemaOf("3.7", "postgresql")}\n${rowsIn("postgresql")}\n${policy}\n${user}`;
	const database = await createPostgresqlDatabase(server, sql);
	await expect(read(urlOf({ ...server, user: "behind_a_policy", password: "x" }, database))).rejects.toThrow(
		/row-level security/,
	);
});
