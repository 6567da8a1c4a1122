/** The workers that have the names of machines, and their first builds. */
import { describe, expect, it } from "vitest";
import { openDatabase } from "../../../src/adapters/buildbot/open.ts";
import { readWorkers } from "../../../src/adapters/buildbot/workers.ts";
import { locationOf } from "../../harness/database-location.ts";
import { urlOf } from "../../harness/database-server.ts";
import { recorded, scansIn } from "../../harness/query-plans.ts";
import { DATABASES } from "../../harness/scheduler-databases.ts";
import {
	hasBuilders,
	numbersIn,
	QUICKLY,
	type SqlDialect,
	schemaOf,
	textIn,
	VERSIONS,
} from "../../harness/scheduler-rows.ts";
import { limitedUser, OPTIONS, SERVERS } from "./servers.ts";

const NOW = 1_800_000_000;
const DAY = 86_400;
const ROWS = 30_000;

const WORKERS = ["w-1", "W-2", "idle", "never", "Ä w"];

/** A request and a build of no worker every ten seconds until now, and these builds in addition: [worker, age, waited]. */
function rowsOf(dialect: SqlDialect, builds: readonly (readonly [string, number, number])[], history = ROWS): string {
	// The builds of others go on while these run, so that they are among them by ID.
	const id = (age: number) => 2 * (history - Math.floor(age / 10)) + 1;
	const numbers = numbersIn(dialect, history);
	const at = `${NOW} - 10 * (${history} - n)`;
	return `${QUICKLY[dialect]}
		INSERT INTO workers (id, name, info) VALUES ${WORKERS.map((name, index) => `(${index + 1}, ${textIn(dialect, name)}, '{}')`).join(", ")};
		INSERT INTO connected_workers (masterid, workerid) VALUES (1, 1), (2, 1), (1, 3);
		INSERT INTO buildrequests (id, buildsetid, builderid, submitted_at) SELECT 2 * n, 1, 1, ${at} FROM ${numbers};
		INSERT INTO builds (id, number, builderid, buildrequestid, masterid, started_at, state_string)
			SELECT 2 * n, n, 1, 2 * n, 1, ${at}, '' FROM ${numbers};
		${builds
			.map(([worker, age, waited], index) => {
				const workerId = WORKERS.indexOf(worker) + 1;
				return `INSERT INTO buildrequests (id, buildsetid, builderid, submitted_at) VALUES (${id(age)}, 1, 1, ${NOW - age - waited});
				INSERT INTO builds (id, number, builderid, buildrequestid, workerid, masterid, started_at, state_string)
					VALUES (${id(age)}, ${index + 1}, 2, ${id(age)}, ${workerId}, 1, ${NOW - age}, '');`;
			})
			.join("\n")}
		${dialect === "mysql" ? "ANALYZE TABLE buildrequests, builds" : "ANALYZE"};`;
}

const machine = (name: string, age: number) => ({ name, launchedAt: NOW - age });

describe.each(DATABASES)("the workers in $name", ({ dialect, create }) => {
	it.each(VERSIONS.filter(hasBuilders))("of Buildbot %s have their first build since the launch", async (version) => {
		const rows = rowsOf(
			dialect,
			[
				["w-1", 7_300, 9],
				["w-1", 6_800, 700],
				["w-1", 6_000, 9],
				["W-2", 6_900, 9],
				["never", 7_400, 9],
			],
			1_000,
		);
		const { store } = await openDatabase(locationOf(await create(version, rows)), OPTIONS);
		const machines = ["w-1", "w-2", "idle", "never", "unheard of", "it's\\ ; quoted"].map((name) =>
			machine(name, 7_200),
		);
		const { known, buildsSince } = await readWorkers(store, machines, NOW);
		expect(buildsSince).toBe(NOW - 7_200);
		expect(known.toSorted((a, b) => (a.name < b.name ? -1 : 1))).toEqual([
			{ name: "idle", isConnected: true, firstBuild: null },
			{ name: "never", isConnected: false, firstBuild: null },
			{ name: "w-1", isConnected: true, firstBuild: { startedAt: NOW - 6_800, submittedAt: NOW - 7_500 } },
		]);
	});

	it("are unknown before Buildbot 0.9.0", async () => {
		const { store } = await openDatabase(locationOf(await create("0.8.14", "")), OPTIONS);
		await expect(readWorkers(store, [machine("w-1", 60)], NOW)).rejects.toThrow(
			/since 0\.9\.0, but workers can't be read\. Let the database user SELECT/,
		);
	});

	it("are looked for in the builds since the launches, by an index", async () => {
		const rows = rowsOf(dialect, [["never", 3 * DAY - 60, 900]]);
		const { store } = await openDatabase(locationOf(await create("4.3", rows)), OPTIONS);
		const { queries, store: recording } = recorded(store);
		// Launched before the last day: only the builds of the one that isn't connected matter.
		const first = await readWorkers(recording, [machine("w-1", 3_600), machine("idle", 3 * DAY)], NOW);
		expect(first.buildsSince).toBe(NOW - 3_600);
		const ids = queries.flatMap((sql) => /b\.id >= (\d+)/.exec(sql)?.[1] ?? []).map(Number);
		expect(ids).toHaveLength(1);
		// Twice as many as necessary at most, apart from the differences between clocks.
		expect(ids[0]).toBeGreaterThan(2 * (ROWS - 2 * 420 - 250));
		const searches = queries.filter((sql) => / builds /.test(sql));
		expect(searches.length).toBeGreaterThan(2);
		expect(await scansIn(store, dialect, searches)).toEqual([]);
		const old = await readWorkers(store, [machine("never", 3 * DAY)], NOW);
		expect(old).toEqual({
			known: [
				{
					name: "never",
					isConnected: false,
					firstBuild: { startedAt: NOW - 3 * DAY + 60, submittedAt: NOW - 3 * DAY - 840 },
				},
			],
			buildsSince: NOW - 3 * DAY,
		});
	});
});

describe.each(SERVERS)("a user of $name", ({ dialect, address, create }) => {
	const readAs = async (user: string, tables: readonly string[]) => {
		const sql = `${schemaOf("4.3", dialect)}\n${rowsOf(dialect, [["never", 60, 900]], 10)}\n${limitedUser(dialect, user, tables)}`;
		const { workers } = await openDatabase(
			locationOf(urlOf({ ...address(), user, password: "x" }, await create(address(), sql))),
			OPTIONS,
		);
		return workers.read([machine("never", 90)], NOW);
	};

	it("without permission on connected_workers finds the builds, and no word on connections", async () => {
		const { known } = await readAs(`builds_${dialect}`, ["buildrequests", "builds", "workers"]);
		expect(known).toEqual([
			{ name: "never", isConnected: null, firstBuild: { startedAt: NOW - 60, submittedAt: NOW - 960 } },
		]);
	});

	it("without permission on builds gets an error that names the table", async () => {
		await expect(readAs(`workers_${dialect}`, ["buildrequests", "workers"])).rejects.toThrow(
			/but builds can't be read/,
		);
	});
});
