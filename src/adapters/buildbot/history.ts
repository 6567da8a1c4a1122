/** Past build requests and their builds. No table has an index on time, so they are read from the newest ID down. */
import { z } from "zod";
import { decodeName } from "../../core/model/builder-name.ts";
import type { History, PastBuild, PastRequest } from "../../core/model/history.ts";
import { DatabaseError } from "../../errors.ts";
import { realTimer, type Timer } from "../timer.ts";
import { columnsSchema, detectGeneration, type Generation, missingTables, TABLES } from "./schema.ts";
import type { Query, Store } from "./store.ts";

const DAY = 86_400;
/** Requests per page. */
const PAGE = 2_000;
/** Milliseconds. Between two pages, the server is left alone for as long as it worked on the last one. */
const PAUSE = { shortest: 10, longest: 2_000 };
/**
 * Seconds. IDs and times of submission may be in different orders, since each master has a clock of its own. Reading ends
 * with a page whose requests were all submitted earlier than this before the time asked for.
 */
const SLACK = 3_600;
/**
 * Seconds. Buildbot 0.8 stores a build once for each of the requests that it merged, all with its number, within this
 * time.
 */
const MERGE = 60;

const WHAT = "The history of build requests could not be read from";

type ReadableGeneration = Exclude<Generation, "0.8.0">;
const REQUIRED: Readonly<Record<ReadableGeneration, readonly string[]>> = {
	"0.9.0": [...TABLES, "builds", "workers"],
	"0.8.5": ["buildrequests", "buildrequest_claims", "builds"],
};

const integer = z.coerce.number().int();
const startSchema = z.tuple([z.object({ now: integer, last: integer.nullable() })]);
const newestSchema = z.tuple([z.object({ newest: integer.nullable() })]);
const lowestSchema = z.tuple([z.object({ lowest: integer.nullable() })]);
const requestsSchema = z.array(
	z.object({
		id: integer,
		/** ID of the builder from 0.9.0 on, and its name before. */
		builder: z.union([z.instanceof(Uint8Array), integer]),
		submitted: integer,
		complete: integer.nullable(),
		completed: integer.nullable(),
	}),
);
const claimsSchema = z.array(z.object({ request: integer, claimed: integer }));
const buildsSchema = z.array(
	z.object({
		request: integer,
		number: integer,
		started: integer,
		finished: integer.nullable(),
		worker: integer.nullable(),
	}),
);
const namesSchema = z.array(z.object({ id: integer, name: z.instanceof(Uint8Array) }));

interface NumberedBuild extends PastBuild {
	readonly number: number;
}
interface Row extends PastRequest {
	readonly builds: readonly NumberedBuild[];
}

/**
 * Reads the requests that were submitted within the last `days`, and their builds, of Buildbot 0.8.5 and later. Requests
 * of builders that no longer exist in the database are left out.
 * @throws DatabaseError
 */
export async function readHistory(store: Store, days: number, timer: Timer = realTimer): Promise<History> {
	const rows: Row[] = [];
	// Kept between sessions: one that follows a broken connection continues where that one stopped.
	let pages: Pages | null = null;
	const { from, until, readAt, generation } = await store.withSession(WHAT, async (query) => {
		pages ??= await Pages.open(store, query, days);
		while (true) {
			const startedAt = timer.now();
			const page = await pages.next(query);
			if (page === null) return pages;
			rows.push(...page);
			const took = timer.now() - startedAt;
			await timer.sleep(Math.min(Math.max(took, PAUSE.shortest), PAUSE.longest));
		}
	});
	const requests = rows.filter(({ submittedAt }) => submittedAt >= from && submittedAt <= until).reverse();
	return {
		from,
		until,
		readAt,
		requests: generation === "0.8.5" ? withoutMerged(requests) : requests.map(withoutNumbers),
	};
}

/** Reads one page of requests after the other, from the newest ID down. */
class Pages {
	readonly from: number;
	readonly until: number;
	readonly readAt: number;
	readonly generation: ReadableGeneration;
	readonly #store: Store;
	readonly #builders: Names;
	readonly #workers: Names;
	/** Highest ID of the next page; null: there is no further page. */
	#last: number | null;

	private constructor(
		store: Store,
		generation: ReadableGeneration,
		start: { from: number; until: number; readAt: number; last: number | null },
	) {
		this.from = start.from;
		this.until = start.until;
		this.readAt = start.readAt;
		this.generation = generation;
		this.#store = store;
		this.#builders = new Names("builders", store);
		this.#workers = new Names("workers", store);
		this.#last = start.last;
	}

	static async open(store: Store, query: Query, days: number): Promise<Pages> {
		const { now } = store.dialect;
		const columns = columnsSchema.parse(await query(store.dialect.columns(REQUIRED["0.9.0"])));
		const generation = detectGeneration(columns, store.name, WHAT);
		if (generation === "0.8.0") {
			const why = "it is of Buildbot 0.8.4 or earlier. The history of Buildbot 0.8.5 and later can be read.";
			throw new DatabaseError("not-a-buildbot-database", `${WHAT} ${store.name}: ${why}`);
		}
		const missing = missingTables(columns, REQUIRED[generation]).join(", ");
		if (missing !== "") {
			const why = `these tables are missing, or the user can't read them: ${missing}. Let the database user SELECT from ${REQUIRED[generation].join(", ")}.`;
			throw new DatabaseError("not-a-buildbot-database", `${WHAT} ${store.name}: ${why}`);
		}
		const [start] = startSchema.parse(await query(`SELECT ${now} AS now, MAX(r.id) AS last FROM buildrequests r`));
		const until = await endOf(query, start);
		return new Pages(store, generation, { from: until - days * DAY, until, readAt: start.now, last: start.last });
	}

	/** The next page, from the highest ID down; null: no further page has a request of the time asked for. */
	async next(query: Query): Promise<readonly Row[] | null> {
		if (this.#last === null) return null;
		const lowest = await lowestOf(query, this.#last);
		// By ranges of IDs, each table for itself: for a join or a limit, a database may prefer to read a whole table.
		const range = `BETWEEN ${lowest ?? 0} AND ${this.#last}`;
		const requests = requestsSchema.parse(await query(this.#requestsQuery(range)));
		const isOver = requests.every(({ submitted }) => submitted < this.from - SLACK);
		if (lowest === null || isOver) {
			this.#last = null;
			return null;
		}
		const claims = claimsSchema.parse(
			await query(`SELECT c.brid AS request, c.claimed_at AS claimed FROM buildrequest_claims c WHERE c.brid ${range}`),
		);
		const builds = buildsSchema.parse(await query(this.#buildsQuery(range)));
		await this.#builders.fetch(
			query,
			requests.flatMap(({ builder }) => (typeof builder === "number" ? builder : [])),
		);
		await this.#workers.fetch(
			query,
			builds.flatMap(({ worker }) => worker ?? []),
		);
		const claimedAt = new Map(claims.map(({ request, claimed }) => [request, claimed]));
		const buildsOf = Map.groupBy(builds, ({ request }) => request);
		this.#last = lowest - 1;
		return requests.flatMap(({ id, builder, submitted, complete, completed }) => {
			const name = typeof builder === "number" ? this.#builders.of(builder) : decodeName(builder);
			if (name === null) return [];
			const some = (buildsOf.get(id) ?? [])
				.map(({ number, started, finished, worker }) => ({
					number,
					startedAt: started,
					finishedAt: finished,
					worker: worker === null ? null : this.#workers.of(worker),
				}))
				.sort((a, b) => a.startedAt - b.startedAt || a.number - b.number);
			return {
				id,
				builder: name,
				submittedAt: submitted,
				claimedAt: firstClaim(claimedAt.get(id) ?? null, some),
				completeAt: complete === 1 ? completed : null,
				builds: some,
			};
		});
	}

	#requestsQuery(range: string): string {
		const { bytes } = this.#store.dialect;
		const builder = this.generation === "0.9.0" ? "r.builderid" : bytes("r.buildername");
		return `SELECT r.id AS id, ${builder} AS builder, r.submitted_at AS submitted, r.complete AS complete, r.complete_at AS completed
			FROM buildrequests r WHERE r.id ${range} ORDER BY r.id DESC`;
	}

	#buildsQuery(range: string): string {
		return this.generation === "0.9.0"
			? `SELECT b.buildrequestid AS request, b.number AS number, b.started_at AS started, b.complete_at AS finished, b.workerid AS worker
				FROM builds b WHERE b.buildrequestid ${range}`
			: `SELECT b.brid AS request, b.number AS number, b.start_time AS started, b.finish_time AS finished, NULL AS worker
				FROM builds b WHERE b.brid ${range}`;
	}
}

/** Lowest ID of the page that ends with this one; null: there is none. */
async function lowestOf(query: Query, last: number): Promise<number | null> {
	const [{ lowest }] = lowestSchema.parse(
		await query(
			`SELECT MIN(p.id) AS lowest FROM (SELECT r.id FROM buildrequests r WHERE r.id <= ${last} ORDER BY r.id DESC LIMIT ${PAGE}) p`,
		),
	);
	return lowest;
}

/** The server's time, or that of the newest request if it is more than a day old: then this is a copy of a database. */
async function endOf(query: Query, { now, last }: { now: number; last: number | null }): Promise<number> {
	if (last === null) return now;
	const [{ newest }] = newestSchema.parse(
		await query(
			`SELECT MAX(r.submitted_at) AS newest FROM buildrequests r
			WHERE r.id BETWEEN ${(await lowestOf(query, last)) ?? last} AND ${last} AND r.submitted_at <= ${now}`,
		),
	);
	return newest === null || newest > now - DAY ? now : newest;
}

/** Names of the rows of a table by their IDs, each read once. */
class Names {
	readonly #table: string;
	readonly #store: Store;
	readonly #known = new Map<number, string | null>();

	constructor(table: string, store: Store) {
		this.#table = table;
		this.#store = store;
	}

	async fetch(query: Query, ids: readonly number[]): Promise<void> {
		const unknown = [...new Set(ids)].filter((id) => !this.#known.has(id));
		if (unknown.length === 0) return;
		const sql = `SELECT t.id AS id, ${this.#store.dialect.bytes("t.name")} AS name FROM ${this.#table} t WHERE t.id IN (${unknown.join(", ")})`;
		const found = new Map(namesSchema.parse(await query(sql)).map(({ id, name }) => [id, decodeName(name)]));
		for (const id of unknown) this.#known.set(id, found.get(id) ?? null);
	}

	/** Null: the table has no such row. */
	of(id: number): string | null {
		return this.#known.get(id) ?? null;
	}
}

/**
 * Old masters renew the time of a claim while a build runs, and a request whose build was lost is claimed again. A claim
 * after the first build's start is therefore not the first one, whose time is unknown.
 */
function firstClaim(claimedAt: number | null, [first]: readonly PastBuild[]): number | null {
	return claimedAt !== null && first !== undefined && claimedAt > first.startedAt ? null : claimedAt;
}

/** Leaves a build only to the first of the requests that Buildbot 0.8 merged into it. */
function withoutMerged(requests: readonly Row[]): readonly PastRequest[] {
	const starts = new Map<string, number>();
	const isFirst = (builder: string, { number, startedAt }: NumberedBuild) => {
		const key = JSON.stringify([number, builder]);
		const start = starts.get(key);
		if (start !== undefined && Math.abs(startedAt - start) <= MERGE) return false;
		starts.set(key, startedAt);
		return true;
	};
	return requests.map((request) =>
		withoutNumbers({ ...request, builds: request.builds.filter((build) => isFirst(request.builder, build)) }),
	);
}

function withoutNumbers({ builds, ...request }: Row): PastRequest {
	return { ...request, builds: builds.map(({ number: _, ...build }) => build) };
}
