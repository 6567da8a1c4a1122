import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, inject } from "vitest";
import { openDatabase } from "../../../src/adapters/buildbot/open.ts";
import { parseDatabaseUrl } from "../../../src/adapters/buildbot/url.ts";
import { createDatabase, urlOf } from "../../harness/mariadb.ts";
import { pendingSourceContract, schemaOf } from "./contract.ts";

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
