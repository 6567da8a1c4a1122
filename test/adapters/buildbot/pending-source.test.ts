import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, describe, expect, inject, it } from "vitest";
import { openDatabase } from "../../../src/adapters/buildbot/open.ts";
import { parseDatabaseUrl } from "../../../src/adapters/buildbot/url.ts";
import { createDatabase, urlOf } from "../../harness/mariadb.ts";
import { pendingSourceContract, rowsOf, schemaOf } from "./contract.ts";

const folder = mkdtempSync(join(tmpdir(), "aws-watch-pending-contract-"));
const options = { workspace: folder, tls: "auto", ca: null, run: "test", typeTag: "moz-type" } as const;
let files = 0;
afterAll(() => rmSync(folder, { recursive: true }));

pendingSourceContract("MariaDB", async (generation, rows) => {
	const server = inject("mariaDb");
	const database = await createDatabase(server, `${schemaOf(generation, "mysql")}\n${rows}`);
	return (await openDatabase(parseDatabaseUrl(urlOf(server, database)), options)).pending;
});

pendingSourceContract("SQLite", async (generation, rows) => {
	files += 1;
	const name = `${files}.sqlite`;
	const database = new DatabaseSync(join(folder, name));
	// Bytes are text here, as a master writes names.
	database.exec(`${schemaOf(generation, "sqlite")}\n${rows.replace(/X'[0-9a-f]*'/g, "CAST($& AS TEXT)")}`);
	database.close();
	return (await openDatabase(parseDatabaseUrl(`sqlite:///${name}`), options)).pending;
});

describe("MariaDB with other character sets", () => {
	const readNames = async (schema: string, names: readonly string[]) => {
		const server = inject("mariaDb");
		const rows = names.map((name) =>
			rowsOf("0.8.5", [{ builder: name }])
				.split("\n")
				.slice(1)
				.join("\n"),
		);
		const unnumbered = rows.map((row) =>
			row.replace("(id, buildsetid", "(buildsetid").replace("VALUES (1, 1,", "VALUES (1,"),
		);
		const text = unnumbered.join("\n").replace(/X'[0-9a-f]*'/g, "CONVERT($& USING utf8mb4)");
		const database = await createDatabase(server, `${schema}\n${text}`);
		const { pending } = await openDatabase(parseDatabaseUrl(urlOf(server, database)), options);
		const { builders } = await pending.read({ minAge: null, maxAge: null });
		return builders.map(({ builder }) => builder).toSorted();
	};

	it("reads names of the latin1 tables of old masters", async () => {
		const schema = schemaOf("0.8.5", "mysql").replaceAll("utf8mb3", "latin1");
		expect(await readNames(schema, ["Lïnux", "linux", "Linux"])).toEqual(["Linux", "Lïnux", "linux"].toSorted());
	});

	it("reads names beyond the basic plane", async () => {
		const schema = schemaOf("0.8.5", "mysql")
			.replaceAll("utf8mb3", "utf8mb4")
			.replace("KEY buildrequests_buildername (buildername)", "KEY buildrequests_buildername (buildername(200))");
		expect(await readNames(schema, ["🦊 build", "🐧 build"])).toEqual(["🦊 build", "🐧 build"].toSorted());
	});
});
