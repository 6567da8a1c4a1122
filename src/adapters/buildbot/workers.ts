/** The first builds of running machines, by the names of their workers. */
import { z } from "zod";
import { decodeName } from "../../core/model/builder-name.ts";
import type { WorkerFacts } from "../../core/model/facts.ts";
import { DatabaseError } from "../../errors.ts";
import type { NamedMachine } from "../../tick/ports.ts";
import { columnsSchema, missingTables } from "./schema.ts";
import { within } from "./server.ts";
import { listOf, type Query, type Store } from "./store.ts";

/** Milliseconds for everything, the connection included. */
const TIME = 5_000;
/** Seconds. Of machines launched earlier, only those that aren't connected matter. */
const RECENT = 86_400;
/** Seconds. Builds that started earlier are not read. */
const LONGEST = 7 * 86_400;
/** IDs by which the search for the first build goes back, doubled with each step, and the maximum. */
const STEP = 500;
const MOST_BUILDS = 100_000;
/** Seconds. IDs and times may be in different orders, since each master has a clock of its own. */
const SLACK = 600;

const WHAT = "The workers and their builds could not be read from";
const REQUIRED = ["builds", "workers"] as const;

const integer = z.coerce.number().int();
const workersSchema = z.array(z.object({ id: integer, name: z.instanceof(Uint8Array), connected: integer.nullable() }));
const buildSchema = z.array(z.object({ id: integer, started: integer }));
const buildsSchema = z.array(z.object({ worker: integer, started: integer, request: integer }));
const requestsSchema = z.array(z.object({ id: integer, submitted: integer }));

/**
 * Reads the workers with these names, and the first build of each since its machine was launched, in Buildbot 0.9.0 and
 * later. No table has an index on the time of a build, so the first ID of the time is searched for.
 * @param now seconds since 1970, UTC
 * @throws DatabaseError
 */
export async function readWorkers(store: Store, machines: readonly NamedMachine[], now: number): Promise<WorkerFacts> {
	const session = store.withSession(WHAT, (query) => read(store, query, machines, now));
	try {
		return await within(TIME, session);
	} catch (cause) {
		if (cause instanceof DatabaseError) throw cause;
		throw new DatabaseError("timeout", `${WHAT} ${store.name}: it took longer than ${TIME / 1000} s.`, { cause });
	}
}

async function read(
	{ name, dialect }: Store,
	query: Query,
	machines: readonly NamedMachine[],
	now: number,
): Promise<WorkerFacts> {
	const columns = columnsSchema.parse(await query(dialect.columns([...REQUIRED, "connected_workers"])));
	const missing = missingTables(columns, REQUIRED).join(", ");
	if (missing !== "") {
		const why = `Buildbot has had the tables ${REQUIRED.join(", ")} since 0.9.0, but ${missing} can't be read. Let the database user SELECT from them.`;
		throw new DatabaseError("no-worker-tables", `${WHAT} ${name}: ${why}`);
	}
	const launches = new Map(machines.filter(isQuotable).map((machine) => [machine.name, machine.launchedAt]));
	if (launches.size === 0) return { known: [], buildsSince: now };
	const isConnected = columns.some(({ table }) => table === "connected_workers")
		? "CASE WHEN EXISTS (SELECT 1 FROM connected_workers c WHERE c.workerid = w.id) THEN 1 ELSE 0 END"
		: "NULL";
	const workers = workersSchema
		.parse(
			await query(
				`SELECT w.id AS id, ${dialect.bytes("w.name")} AS name, ${isConnected} AS connected FROM workers w
				WHERE w.name IN (${listOf([...launches.keys()])})`,
			),
		)
		.flatMap(({ id, name: bytes, connected }) => {
			const found = decodeName(bytes);
			const launchedAt = launches.get(found);
			// Some databases ignore case when they compare names.
			return launchedAt === undefined
				? []
				: { id, name: found, launchedAt, isConnected: connected === null ? null : connected === 1 };
		});
	const asked = workers.filter(
		({ launchedAt, isConnected: connected }) =>
			launchedAt > now - RECENT || (connected === false && launchedAt > now - LONGEST),
	);
	const since = Math.min(now, ...asked.map(({ launchedAt }) => launchedAt));
	const range = await rangeSince(query, since);
	const builds = await firstBuilds(query, asked, range.first);
	return {
		known: workers.map(({ id, name: of, isConnected: connected }) => ({
			name: of,
			isConnected: connected,
			firstBuild: builds.get(id) ?? null,
		})),
		buildsSince: range.since,
	};
}

/** Whether the name may stand in SQL as it is. Every name that Buildbot permits for a worker may. */
function isQuotable({ name }: NamedMachine): boolean {
	return /^[\w .:@+-]+$/.test(name);
}

/** The first ID to read, and the time since which builds are then known. */
async function rangeSince(query: Query, since: number): Promise<{ readonly first: number; readonly since: number }> {
	/** The build with the highest ID up to this one; with null, the highest of all. */
	const buildUpTo = async (id: number | null) => {
		const upTo = id === null ? "" : ` WHERE p.id <= ${id}`;
		const sql = `SELECT b.id AS id, b.started_at AS started FROM builds b WHERE b.id = (SELECT MAX(p.id) FROM builds p${upTo})`;
		return buildSchema.parse(await query(sql)).at(0) ?? null;
	};
	const last = await buildUpTo(null);
	if (last === null) return { first: 0, since };
	for (let step = STEP; ; step *= 2) {
		const build = await buildUpTo(last.id - Math.min(step, MOST_BUILDS));
		if (build === null) return { first: 0, since };
		if (build.started < since - SLACK) return { first: build.id, since };
		if (step >= MOST_BUILDS) return { first: build.id, since: build.started + SLACK };
	}
}

/** The first build of each worker since its machine was launched, by the worker's ID. */
async function firstBuilds(
	query: Query,
	workers: readonly { readonly id: number; readonly launchedAt: number }[],
	firstId: number,
): Promise<ReadonlyMap<number, { readonly startedAt: number; readonly submittedAt: number | null }>> {
	if (workers.length === 0) return new Map();
	const launches = new Map(workers.map(({ id, launchedAt }) => [id, launchedAt]));
	const builds = buildsSchema.parse(
		await query(
			`SELECT b.workerid AS worker, b.started_at AS started, b.buildrequestid AS request FROM builds b
			WHERE b.id >= ${firstId} AND b.workerid IN (${[...launches.keys()].join(", ")})`,
		),
	);
	const first = new Map<number, (typeof builds)[number]>();
	for (const build of builds) {
		const known = first.get(build.worker);
		const isSince = build.started >= (launches.get(build.worker) ?? Infinity);
		if (isSince && (known === undefined || build.started < known.started)) first.set(build.worker, build);
	}
	if (first.size === 0) return new Map();
	const requestIds = [...new Set([...first.values()].map(({ request }) => request))];
	const requests = requestsSchema.parse(
		await query(
			`SELECT r.id AS id, r.submitted_at AS submitted FROM buildrequests r WHERE r.id IN (${requestIds.join(", ")})`,
		),
	);
	const submitted = new Map(requests.map((request) => [request.id, request.submitted]));
	return new Map(
		[...first].map(([worker, { started, request }]) => [
			worker,
			{ startedAt: started, submittedAt: submitted.get(request) ?? null },
		]),
	);
}
