/** Past requests and their builds, from the tables that Buildbot keeps them in. */
import { describe, expect, it } from "vitest";
import { readHistory } from "../../../src/adapters/buildbot/history.ts";
import { openDatabase } from "../../../src/adapters/buildbot/open.ts";
import type { Store } from "../../../src/adapters/buildbot/store.ts";
import type { Timer } from "../../../src/adapters/timer.ts";
import { locationOf } from "../../harness/database-location.ts";
import { urlOf } from "../../harness/database-server.ts";
import { recorded, scansIn } from "../../harness/query-plans.ts";
import { DATABASES, type SchedulerDatabases } from "../../harness/scheduler-databases.ts";
import {
	hasBuilders,
	numbersIn,
	QUICKLY,
	type SqlDialect,
	schemaOf,
	textIn,
	type Version,
} from "../../harness/scheduler-rows.ts";
import { limitedUser, OPTIONS, SERVERS } from "./servers.ts";

const NOW = Math.floor(Date.now() / 1000);
const DAY = 86_400;
const VERSIONS = ["0.8.14", "0.9.0", "4.3"] as const;

interface Build {
	readonly number: number;
	readonly start: number;
	readonly finish: number | null;
	/** 1 to 3, or none. */
	readonly worker?: 1 | 2 | 3;
}
interface Request {
	/** 1 or 2. */
	readonly builder?: 1 | 2;
	readonly submitted: number;
	readonly claimed?: number;
	readonly completed?: number;
	readonly builds?: readonly Build[];
}

/** SQL that inserts these requests, in the order of their IDs from 1 on. */
function rowsOf(version: Version, dialect: SqlDialect, requests: readonly Request[]): string {
	const is09 = hasBuilders(version);
	const text = (value: string) => textIn(dialect, value);
	const builders = [text("linux"), text("Ä build")];
	const lines = ["INSERT INTO buildsets (id, submitted_at) VALUES (1, 0)"];
	if (is09) {
		lines.push(
			"INSERT INTO masters (id, name, name_hash, active, last_active) VALUES (1, 'm', 'm', 1, 0)",
			...builders.map(
				(name, index) => `INSERT INTO builders (id, name, name_hash) VALUES (${index + 1}, ${name}, '${index}')`,
			),
			...[1, 2, 3].map((id) => `INSERT INTO workers (id, name, info) VALUES (${id}, 'w-${id}', '{}')`),
		);
	} else lines.push("INSERT INTO objects VALUES (1, 'm', 'm')");
	for (const [index, { builder = 1, submitted, claimed, completed, builds = [] }] of requests.entries()) {
		const id = index + 1;
		const [column, value] = is09 ? ["builderid", builder] : ["buildername", builders[builder - 1]];
		lines.push(
			`INSERT INTO buildrequests (id, buildsetid, ${column}, submitted_at, complete, complete_at) VALUES (${id}, 1, ${value}, ${submitted}, ${completed === undefined ? "0, NULL" : `1, ${completed}`})`,
			...(claimed === undefined ? [] : [`INSERT INTO buildrequest_claims VALUES (${id}, 1, ${claimed})`]),
			...builds.map(({ number, start, finish, worker = null }) =>
				is09
					? `INSERT INTO builds (number, builderid, buildrequestid, workerid, masterid, started_at, complete_at, state_string) VALUES (${number}, ${builder}, ${id}, ${worker}, 1, ${start}, ${finish}, '')`
					: `INSERT INTO builds (number, brid, start_time, finish_time) VALUES (${number}, ${id}, ${start}, ${finish})`,
			),
		);
	}
	return lines.map((line) => `${line};\n`).join("");
}

/** Takes no time, and remembers what was waited for. */
function timerOf(millisecondsPerLook = 0): Timer & { readonly pauses: readonly number[] } {
	let now = 0;
	const pauses: number[] = [];
	return {
		pauses,
		now: () => {
			now += millisecondsPerLook;
			return now;
		},
		sleep: async (milliseconds) => {
			pauses.push(milliseconds);
		},
	};
}

async function storeOf({ create }: SchedulerDatabases, version: Version, rows: string): Promise<Store> {
	return (await openDatabase(locationOf(await create(version, rows)), OPTIONS)).store;
}

describe.each(DATABASES)("the history in $name", (database) => {
	const { dialect } = database;

	it.each(VERSIONS)("of Buildbot %s has every request of the last days with its claim and builds", async (version) => {
		const worker = (name: string) => (hasBuilders(version) ? name : null);
		const at = NOW - DAY;
		const store = await storeOf(
			database,
			version,
			rowsOf(version, dialect, [
				{ submitted: NOW - 3 * DAY },
				// A master whose clock is behind submitted it.
				{ submitted: NOW - 2 * DAY - 60 },
				{
					submitted: at,
					claimed: at + 300,
					completed: at + 900,
					builds: [{ number: 7, start: at + 310, finish: at + 900, worker: 2 }],
				},
				{ submitted: NOW - 2 * DAY - 60 },
				// Retried, and claimed again for that.
				{
					builder: 2,
					submitted: at + 10,
					claimed: at + 700,
					builds: [
						{ number: 9, start: at + 701, finish: null, worker: 3 },
						{ number: 8, start: at + 400, finish: at + 600, worker: 1 },
					],
				},
				{ submitted: NOW - 60 },
				{ submitted: NOW + DAY },
			]),
		);
		const { from, until, requests } = await readHistory(store, 2, timerOf());
		expect(until).toBeGreaterThanOrEqual(NOW);
		expect(until - from).toBe(2 * DAY);
		expect(requests).toEqual([
			{
				id: 3,
				builder: "linux",
				submittedAt: at,
				claimedAt: at + 300,
				completeAt: at + 900,
				builds: [{ startedAt: at + 310, finishedAt: at + 900, worker: worker("w-2") }],
			},
			{
				id: 5,
				builder: "Ä build",
				submittedAt: at + 10,
				claimedAt: null,
				completeAt: null,
				builds: [
					{ startedAt: at + 400, finishedAt: at + 600, worker: worker("w-1") },
					{ startedAt: at + 701, finishedAt: null, worker: worker("w-3") },
				],
			},
			{ id: 6, builder: "linux", submittedAt: NOW - 60, claimedAt: null, completeAt: null, builds: [] },
		]);
	});

	// MyISAM, in which old masters may keep their tables, is the quickest to scan a table.
	it.each(dialect === "mysql" ? (["0.8.14", "4.3"] as const) : (["4.3"] as const))(
		"of Buildbot %s is read by ranges of an index, however long it is",
		async (version) => {
			const REQUESTS = 30_000;
			const store = await storeOf(database, version, manyRows(version, dialect, REQUESTS));
			const { queries, store: recording } = recorded(store);
			const { requests } = await readHistory(recording, 1, timerOf());
			// A request every ten seconds, in several pages.
			expect(requests.length).toBeGreaterThan(8_000);
			expect(requests.map(({ id }) => id)).toEqual(requests.map((_, index) => REQUESTS - requests.length + 1 + index));
			expect(requests.every(({ id, claimedAt, builds }) => claimedAt !== null && builds.length === 1 + (id % 2))).toBe(
				true,
			);
			const pages = queries.filter((sql) => / (?:buildrequests|buildrequest_claims|builds) /.test(sql));
			expect(pages.length).toBeGreaterThan(12);
			expect(await scansIn(store, dialect, pages)).toEqual([]);
		},
	);
});

/** A request every ten seconds until now, with one or two builds. */
function manyRows(version: Version, dialect: SqlDialect, count: number): string {
	const numbers = numbersIn(dialect, count);
	const submitted = `${NOW} - 10 * (${count} - n)`;
	const is09 = hasBuilders(version);
	const builds = is09
		? (number: string) =>
				`INSERT INTO builds (number, builderid, buildrequestid, workerid, masterid, started_at, complete_at, state_string)
				SELECT ${number}, 1, n, 1, 1, ${submitted} + 9, ${submitted} + 10, '' FROM ${numbers}`
		: (number: string) =>
				`INSERT INTO builds (number, brid, start_time, finish_time) SELECT ${number}, n, ${submitted} + 9, ${submitted} + 10 FROM ${numbers}`;
	const [column, value] = is09 ? ["builderid", "1"] : ["buildername", "'linux'"];
	return `${QUICKLY[dialect]}
		${rowsOf(version, dialect, [])}
		INSERT INTO buildrequests (id, buildsetid, ${column}, submitted_at, complete, complete_at)
			SELECT n, 1, ${value}, ${submitted}, 1, ${submitted} + 10 FROM ${numbers};
		INSERT INTO buildrequest_claims SELECT n, 1, ${submitted} + 8 FROM ${numbers};
		${builds("n")};
		${builds(`${count} + n`)} WHERE n % 2 = 1;
		${dialect === "mysql" ? "ANALYZE TABLE buildrequests, buildrequest_claims, builds" : "ANALYZE"};`;
}

const [SQLITE] = DATABASES.filter(({ dialect }) => dialect === "sqlite");

describe.skipIf(SQLITE === undefined)("reading the history", () => {
	const open = (version: Version, requests: readonly Request[], changes = "") => {
		if (SQLITE === undefined) throw new Error("no SQLite");
		return storeOf(SQLITE, version, `${rowsOf(version, "sqlite", requests)}${changes}`);
	};

	it("leaves the database alone for as long as a page took, between 10 ms and 2 s", async () => {
		const store = await open("4.3", [{ submitted: NOW - 60 }]);
		for (const [took, pause] of [
			[0, 10],
			[300, 300],
			[5_000, 2_000],
		] as const) {
			const timer = timerOf(took);
			await readHistory(store, 1, timer);
			expect(timer.pauses).toEqual([pause]);
		}
	});

	it("leaves a build of Buildbot 0.8 to the first of the requests that were merged into it", async () => {
		const build = { number: 5, finish: NOW - 100 };
		const store = await open("0.8.14", [
			{ submitted: NOW - 900, builds: [{ ...build, start: NOW - 500 }] },
			{ submitted: NOW - 800, builds: [{ ...build, start: NOW - 499 }] },
			// Another builder's, and another master's of the same builder.
			{ builder: 2, submitted: NOW - 700, builds: [{ ...build, start: NOW - 499 }] },
			{ submitted: NOW - 600, builds: [{ ...build, start: NOW - 300 }] },
		]);
		const { requests } = await readHistory(store, 1, timerOf());
		expect(requests.map(({ builds }) => builds.map(({ startedAt }) => startedAt - NOW))).toEqual([
			[-500],
			[],
			[-499],
			[-300],
		]);
	});

	// A cluster of MariaDB servers leaves gaps.
	it.each([1, 100_000])("ends with the newest request of a copy whose IDs are %i apart", async (gap) => {
		const newest = NOW - 30 * DAY;
		const store = await open(
			"4.3",
			[
				{ submitted: newest - 2 * DAY - 1 },
				{ submitted: newest - 2 * DAY },
				{ submitted: newest },
				{ submitted: newest - 5 },
				{ submitted: NOW + DAY },
			],
			`UPDATE buildrequests SET id = id * ${gap};`,
		);
		const { from, until, requests } = await readHistory(store, 2, timerOf());
		expect({ from, until }).toEqual({ from: newest - 2 * DAY, until: newest });
		expect(requests.map(({ id }) => id / gap)).toEqual([2, 3, 4]);
	});

	it("names the column of a value that makes no sense", async () => {
		const build = { number: 1, start: NOW - 500, finish: null };
		const changes = "UPDATE builds SET started_at = 'soon';";
		const store = await open("4.3", [{ submitted: NOW - 900, builds: [build] }], changes);
		await expect(readHistory(store, 1, timerOf())).rejects.toThrow(
			/: unexpected value in the result's column "started" \(Invalid input: expected number, received NaN\)\. Check/,
		);
	});

	it("finds nothing in a database without requests", async () => {
		expect((await readHistory(await open("4.3", []), 28, timerOf())).requests).toEqual([]);
	});

	it("reports that Buildbot 0.8.4 and earlier are too old", async () => {
		if (SQLITE === undefined) throw new Error("no SQLite");
		const store = await storeOf(SQLITE, "0.8.4", "");
		await expect(readHistory(store, 1, timerOf())).rejects.toThrow(/^The history .* is of Buildbot 0\.8\.4 or earlier/);
	});
});

describe.each(SERVERS)("a user of $name", ({ dialect, address, create }) => {
	it("gets an error that names the tables without permission", async () => {
		const user = `history_${dialect}`;
		const grants = limitedUser(dialect, user, ["buildrequests", "buildrequest_claims", "builders"]);
		const name = await create(address(), `${schemaOf("4.3", dialect)}\n${grants}`);
		const { store } = await openDatabase(locationOf(urlOf({ ...address(), user, password: "x" }, name)), OPTIONS);
		await expect(readHistory(store, 1, timerOf())).rejects.toThrow(
			/these tables are missing, or the user can't read them: builds, workers\. Let the database user SELECT from buildrequests, /,
		);
	});
});
