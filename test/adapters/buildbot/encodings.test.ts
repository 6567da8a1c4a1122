/** Names in whatever encoding a database has. One that can't be decoded doesn't keep the others from being read. */
import { describe, expect, inject, it } from "vitest";
import { BuildbotAllocations } from "../../../src/adapters/buildbot/allocations.ts";
import { openDatabase } from "../../../src/adapters/buildbot/open.ts";
import { locationOf } from "../../harness/database-location.ts";
import { newDatabaseName, urlOf } from "../../harness/database-server.ts";
import { connectPostgresql, createPostgresqlDatabase } from "../../harness/postgresql.ts";
import { DATABASES } from "../../harness/scheduler-databases.ts";
import { rowsOf, schemaOf } from "../../harness/scheduler-rows.ts";
import { OPTIONS } from "./servers.ts";

/** `Lïnux` in Latin-1, which is not valid UTF-8. */
const LATIN1 = "4cef6e7578";
const UNDECODED = "L\udcefnux";
const NAMES = ["Lïnux", "linux 漢"];
const databaseOf = (dialect: string) => DATABASES.filter((one) => one.dialect === dialect);

async function read(url: string): Promise<readonly string[]> {
	const { pending } = await openDatabase(locationOf(url), OPTIONS);
	const { builders } = await pending.read({ minAge: null, maxAge: null });
	return builders.map(({ builder }) => builder).toSorted();
}
const requests = (names: readonly string[]) => names.map((builder) => ({ builder }));
const withInvalid = [...NAMES, UNDECODED].toSorted();

describe.each(databaseOf("postgresql"))("$name", () => {
	it.each(["SQL_ASCII", "UTF8"])("with the encoding %s returns every name", async (encoding) => {
		const server = inject("postgresql");
		const database = newDatabaseName();
		const admin = await connectPostgresql(server, "postgres");
		await admin.query(`CREATE DATABASE ${database} ENCODING '${encoding}' LOCALE 'C' TEMPLATE template0`);
		await admin.end();
		const client = await connectPostgresql(server, database);
		await client.query(
			`${schemaOf("0.8.14", "postgresql")}\n${rowsOf("0.8.14", "postgresql", requests([...NAMES, "x"]))}`,
		);
		const invalid = `convert_from('\\x${encoding === "SQL_ASCII" ? LATIN1 : "78"}', '${encoding}')`;
		await client.query(`UPDATE buildrequests SET buildername = ${invalid} WHERE buildername = 'x'`);
		await client.end();
		expect(await read(urlOf(server, database))).toEqual(
			encoding === "SQL_ASCII" ? withInvalid : [...NAMES, "x"].toSorted(),
		);
	});

	it("with a Latin-1 encoding returns every name", async () => {
		const server = inject("postgresql");
		const database = newDatabaseName();
		const admin = await connectPostgresql(server, "postgres");
		await admin.query(`CREATE DATABASE ${database} ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0`);
		await admin.end();
		const client = await connectPostgresql(server, database);
		await client.query(`${schemaOf("0.8.14", "postgresql")}\n${rowsOf("0.8.14", "postgresql", requests(["Lïnux"]))}`);
		await client.end();
		expect(await read(urlOf(server, database))).toEqual(["Lïnux"]);
	});
});

describe.each(databaseOf("mysql"))("$name", ({ create }) => {
	it.each([
		["VARCHAR(255) CHARACTER SET latin1", ["Lïnux"]],
		["VARCHAR(255) CHARACTER SET utf8mb3", NAMES],
		["VARCHAR(255) CHARACTER SET utf16", NAMES],
		["VARBINARY(255)", withInvalid],
		["BLOB", withInvalid],
	])("with a column of the type %s returns every name", async (type, names) => {
		const isBinary = names.includes(UNDECODED);
		const valid = names.filter((name) => name.isWellFormed());
		const rows = [
			`ALTER TABLE buildrequests MODIFY buildername ${type} NOT NULL;`,
			rowsOf("0.8.14", "mysql", requests(isBinary ? [...valid, "x"] : valid)),
			...(isBinary ? [`UPDATE buildrequests SET buildername = X'${LATIN1}' WHERE buildername = 'x';`] : []),
		];
		const adapt = (schema: string) => schema.replaceAll(/CREATE (?:UNIQUE )?INDEX[^;]*buildername[^;]*;/g, "");
		expect(await read(await create("0.8.14", rows.join("\n"), adapt))).toEqual(names.toSorted());
	});
});

describe.each(databaseOf("sqlite"))("$name", ({ create }) => {
	it.each(["UTF-8", "UTF-16le", "UTF-16be"])("with the encoding %s returns every name", async (encoding) => {
		const adapt = (schema: string) => `PRAGMA encoding = '${encoding}'; ${schema}`;
		const rows = rowsOf("0.9.0", "sqlite", requests(NAMES)).replaceAll(/CAST\(X'(\w+)' AS TEXT\)/g, (_, hex) => {
			return `'${Buffer.from(hex, "hex").toString()}'`;
		});
		const url = await create("0.9.0", rows, adapt);
		expect(await read(url)).toEqual(NAMES.toSorted());
		const { store } = await openDatabase(locationOf(url), OPTIONS);
		const { unknown } = await new BuildbotAllocations(store).read(NAMES);
		expect([...unknown.keys()].toSorted()).toEqual(NAMES.toSorted());
	});

	it.each([
		["UTF-8", LATIN1, UNDECODED],
		// An unpaired surrogate at the end.
		["UTF-16le", "4c00efd8", "L\0\udcef\udcd8"],
	])("with the encoding %s returns a name that can't be decoded by its bytes", async (encoding, hex, expected) => {
		const adapt = (schema: string) => `PRAGMA encoding = '${encoding}'; ${schema}`;
		const invalid = `UPDATE buildrequests SET buildername = CAST(X'${hex}' AS TEXT) WHERE id = 2;`;
		const rows = `${rowsOf("0.8.14", "sqlite", requests(["a", "x"])).replaceAll(/CAST\(X'(\w\w)' AS TEXT\)/g, (_, byte) => `'${Buffer.from(byte, "hex")}'`)}\n${invalid}`;
		expect(await read(await create("0.8.14", rows, adapt))).toEqual(["a", expected].toSorted());
	});
});

it.each([
	[
		"an incomplete schema is first",
		"CREATE SCHEMA old; CREATE TABLE old.builders (id INT, name TEXT)",
		"old, bb, public",
	],
	[
		"another master's complete schema is later",
		`CREATE SCHEMA other; SET search_path = other; ${schemaOf("0.9.0", "postgresql")}`,
		"bb, other, public",
	],
	[
		"a schema with a single table of requests is first",
		"CREATE SCHEMA old; CREATE TABLE old.buildrequests (id INT)",
		"old, bb",
	],
])("PostgreSQL's first schema with all tables is read if %s", async (_what, others, searchPath) => {
	const server = inject("postgresql");
	const rows = rowsOf("0.9.0", "postgresql", requests(["a"]));
	const database = await createPostgresqlDatabase(
		server,
		`${others}; CREATE SCHEMA bb; SET search_path = bb; ${schemaOf("0.9.0", "postgresql")}\n${rows}`,
	);
	const admin = await connectPostgresql(server, database);
	await admin.query(`ALTER DATABASE ${database} SET search_path = ${searchPath}`);
	await admin.end();
	expect(await read(urlOf(server, database))).toEqual(["a"]);
});
