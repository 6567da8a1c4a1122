/** A Buildbot master's scheduler database in SQLite, with Buildbot's schema and rows as a master writes them. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";

const SCHEMA = resolve(import.meta.dirname, "../buildbot-schemas/3.7-sqlite.sql");

export class BuildbotDatabase {
	readonly #database: DatabaseSync;

	/** Creates the file. */
	constructor(path: string) {
		this.#database = new DatabaseSync(path);
		this.#database.exec(readFileSync(SCHEMA, "utf8"));
		this.#database.exec(
			"INSERT INTO masters VALUES (1, 'master1', 'hash', 1, 0); INSERT INTO buildsets (id, submitted_at) VALUES (1, 0)",
		);
	}

	/** Submits `count` build requests for a builder, one per second, the first at `submittedAt` (seconds since 1970). */
	submit(builder: string, count: number, submittedAt: number): void {
		const hash = createHash("sha1").update(builder).digest("hex");
		this.#database.prepare("INSERT OR IGNORE INTO builders (name, name_hash) VALUES (?, ?)").run(builder, hash);
		const insert = this.#database.prepare(
			"INSERT INTO buildrequests (buildsetid, builderid, submitted_at) SELECT 1, id, ? FROM builders WHERE name_hash = ?",
		);
		this.#database.exec("BEGIN");
		for (let index = 0; index < count; index += 1) insert.run(submittedAt + index, hash);
		this.#database.exec("COMMIT");
	}

	/** The master claims the `count` oldest pending requests of a builder. */
	claim(builder: string, count: number): void {
		this.#database
			.prepare(
				`INSERT INTO buildrequest_claims SELECT id, 1, submitted_at FROM buildrequests
				WHERE builderid = (SELECT id FROM builders WHERE name = ?)
				AND id NOT IN (SELECT brid FROM buildrequest_claims) ORDER BY submitted_at, id LIMIT ?`,
			)
			.run(builder, count);
	}

	/** The master assigns workers to a builder and reports that it is alive. */
	configure(builder: string, workers: readonly string[], now: number): void {
		const database = this.#database;
		database.prepare("UPDATE masters SET last_active = ?").run(now);
		database
			.prepare("INSERT INTO builder_masters (builderid, masterid) SELECT id, 1 FROM builders WHERE name = ?")
			.run(builder);
		for (const worker of workers) {
			database.prepare("INSERT OR IGNORE INTO workers (name, info) VALUES (?, '{}')").run(worker);
			database
				.prepare(
					`INSERT INTO configured_workers (buildermasterid, workerid)
					SELECT bm.id, w.id FROM workers w, builder_masters bm JOIN builders b ON b.id = bm.builderid
					WHERE w.name = ? AND b.name = ?`,
				)
				.run(worker, builder);
		}
	}

	/** A worker connects to the master. */
	connect(worker: string): void {
		this.#database
			.prepare("INSERT INTO connected_workers (masterid, workerid) SELECT 1, id FROM workers WHERE name = ?")
			.run(worker);
	}

	/** A worker starts a build for the first request. */
	build(worker: string, startedAt: number): void {
		this.#database
			.prepare(
				`INSERT INTO builds (number, builderid, buildrequestid, workerid, masterid, started_at, state_string)
				SELECT (SELECT COUNT(*) FROM builds), r.builderid, r.id, w.id, 1, ?, '' FROM workers w, buildrequests r
				WHERE w.name = ? ORDER BY r.id LIMIT 1`,
			)
			.run(startedAt, worker);
	}

	close(): void {
		this.#database.close();
	}
}
