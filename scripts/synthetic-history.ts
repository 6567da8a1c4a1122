/**
 * Makes `docs/examples/history.sqlite`: two weeks of build requests and builds as a Buildbot master would have stored them,
 * for trying a replay without a database of one's own. Nothing in it is of a real site, and each run makes the same rows.
 *
 * Pushes follow the daily cycle of Lublin and Feitelson, "The workload on parallel supercomputers: modeling the
 * characteristics of rigid jobs", Journal of Parallel and Distributed Computing 63 (2003). They come in groups; a weekend
 * day has a fifth of a weekday's. Durations of builds are log-normal. The waits come from a simulation in steps of a
 * second, which shares only the heuristic's formula with the action: ticks are every five minutes, machines boot within 3
 * to 8 minutes, each serves one builder, takes the oldest request, and stops after 10 minutes without work.
 * Usage: npm run history
 */
import { readFileSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { reduce } from "../src/core/supply/heuristic.ts";
import { randomFrom } from "./random.ts";

const ROOT = resolve(import.meta.dirname, "..");
export const HISTORY = join(ROOT, "docs/examples/history.sqlite");

/** Monday, 2026-01-05, 00:00 UTC. */
const START = Date.UTC(2026, 0, 5) / 1000;
const DAYS = 14;
const DAY = 86_400;

/** Groups of pushes on a weekday, and the mean number of pushes in one. */
const GROUPS = 34;
const GROUP_SIZE = 2;
const WEEKEND = 0.2;
/** Mean seconds between two pushes of a group. */
const GAP = 180;
/** Half of all pushes are to try, and the others are tested as well. */
const TRY_SHARE = 0.5;
const TESTS_PER_BUILD = 4;

/** Half-hours of a day. The daily cycle starts at 05:30, when the fewest jobs arrive. */
const BUCKETS = 48;
const CYCLE = { start: 11, shape: 8.1737, scale: 3.9631 };

/** Seconds. The heuristics are those of the example configuration. */
const TICK = 300;
const BOOT = { shortest: 180, longest: 480 };
const IDLE_STOP = 600;
const FRESH_INSTANCE_DELAY = 600;
const OLD_DIVISOR = 10;

/** Builders that the example configuration maps to three instance types, with the median duration of their builds. */
const BUILDERS = [
	{ name: "Linux x86-64 mozilla-central build", worker: "bld-linux64-ec2", median: 1_500, sigma: 0.5 },
	{ name: "Linux x86-64 try build", worker: "try-linux64-ec2", median: 1_800, sigma: 0.5 },
	{
		name: "Ubuntu VM 12.04 x64 mozilla-central opt test mochitest-1",
		worker: "tst-linux64-ec2",
		median: 720,
		sigma: 0.6,
	},
] as const;
const [BUILD, TRY, TEST] = [0, 1, 2];

interface Request {
	/** Index of the builder. */
	readonly builder: number;
	/** Seconds since 1970, UTC. */
	readonly submittedAt: number;
	readonly duration: number;
}

/** A request that was built. */
export interface Row extends Request {
	/** Of the builder. */
	readonly name: string;
	readonly startedAt: number;
	readonly worker: string;
}

interface Machine {
	/** From 1; the lowest that no other machine has. */
	readonly number: number;
	readonly launchedAt: number;
	/** When it finishes its boot or its build. */
	freeAt: number;
	/** Null while it boots. */
	request: Request | null;
	/** Null while it boots or builds. */
	idleSince: number | null;
}

/** The requests in the order of their submission, each with its build. */
export function syntheticHistory(): readonly Row[] {
	const random = randomFrom(1);
	const arrivals = Map.groupBy(pushes(random), ({ submittedAt }) => submittedAt);
	const pools = BUILDERS.map(({ name, worker }) => new PoolOfMachines(name, worker, random));
	const end = START + DAYS * DAY;
	const rows: Row[] = [];
	for (let now = START; now < end || pools.some((pool) => pool.isAtWork); now += 1) {
		const finished = pools.flatMap((pool) => pool.finish(now));
		const tests = finished
			.filter(({ builder }) => builder === BUILD)
			.flatMap(() => Array.from({ length: TESTS_PER_BUILD }, () => requestFor(TEST, now, random)));
		for (const request of [...(arrivals.get(now) ?? []), ...tests]) pools[request.builder]?.submit(request);
		rows.push(...pools.flatMap((pool) => pool.start(now)));
		if (now % TICK === 0) for (const pool of pools) pool.tick(now);
	}
	return rows.toSorted((a, b) => a.submittedAt - b.submittedAt || a.builder - b.builder || a.startedAt - b.startedAt);
}

/** The machines of one builder, and the requests that wait for them. */
class PoolOfMachines {
	readonly #name: string;
	readonly #worker: string;
	readonly #random: () => number;
	readonly #waiting: Request[] = [];
	#machines: Machine[] = [];

	constructor(name: string, worker: string, random: () => number) {
		this.#name = name;
		this.#worker = worker;
		this.#random = random;
	}

	get isAtWork(): boolean {
		return this.#machines.length + this.#waiting.length > 0;
	}

	/** Stops machines that were idle for long enough, and returns the requests whose builds end now. */
	finish(now: number): readonly Request[] {
		this.#machines = this.#machines.filter(({ idleSince }) => idleSince === null || now - idleSince < IDLE_STOP);
		const free = this.#machines.filter(({ freeAt }) => freeAt === now);
		const finished = free.flatMap(({ request }) => request ?? []);
		for (const machine of free) {
			machine.request = null;
			machine.idleSince = now;
		}
		return finished;
	}

	submit(request: Request): void {
		this.#waiting.push(request);
	}

	/** Gives the oldest requests to idle machines, in random order as Buildbot does. */
	start(now: number): readonly Row[] {
		const rows: Row[] = [];
		const idle = this.#machines.filter(({ idleSince }) => idleSince !== null);
		while (idle.length > 0) {
			const request = this.#waiting.shift();
			if (request === undefined) break;
			const [machine] = idle.splice(Math.floor(this.#random() * idle.length), 1);
			if (machine === undefined) break;
			machine.request = request;
			machine.idleSince = null;
			machine.freeAt = now + request.duration;
			const worker = `${this.#worker}-${String(machine.number).padStart(3, "0")}`;
			rows.push({ ...request, name: this.#name, startedAt: now, worker });
		}
		return rows;
	}

	tick(now: number): void {
		const fresh = this.#machines.filter(({ launchedAt }) => launchedAt > now - FRESH_INSTANCE_DELAY).length;
		const old = this.#machines.length - fresh;
		const { need } = reduce({ count: this.#waiting.length, fresh, old, oldDivisor: OLD_DIVISOR });
		for (let launched = 0; launched < need; launched += 1) {
			const taken = new Set(this.#machines.map(({ number }) => number));
			let number = 1;
			while (taken.has(number)) number += 1;
			const boot = BOOT.shortest + Math.floor(this.#random() * (BOOT.longest - BOOT.shortest + 1));
			this.#machines.push({ number, launchedAt: now, freeAt: now + boot, request: null, idleSince: null });
		}
	}
}

/** The requests of all pushes. */
function pushes(random: () => number): readonly Request[] {
	const weights = Array.from({ length: BUCKETS }, (_, index) => {
		const at = CYCLE.start + index;
		return { bucket: at % BUCKETS, weight: at ** (CYCLE.shape - 1) * Math.exp(-at / CYCLE.scale) };
	});
	const total = weights.reduce((sum, { weight }) => sum + weight, 0);
	const days = Array.from({ length: DAYS }, (_, day) => ({
		start: START + day * DAY,
		groups: day % 7 < 5 ? GROUPS : GROUPS * WEEKEND,
	}));
	return days.flatMap(({ start, groups }) =>
		weights.flatMap(({ bucket, weight }) => {
			const length = DAY / BUCKETS;
			const times = poisson((groups * weight) / total, random).map((share) => start + (bucket + share) * length);
			return times.flatMap((time) => groupOfPushes(time, random));
		}),
	);
}

function groupOfPushes(time: number, random: () => number): readonly Request[] {
	const builder = random() < TRY_SHARE ? TRY : BUILD;
	const requests: Request[] = [];
	let at = time;
	do {
		requests.push(requestFor(builder, Math.floor(at), random));
		at += exponential(random) * GAP;
	} while (random() < 1 - 1 / GROUP_SIZE);
	return requests;
}

function requestFor(builder: number, submittedAt: number, random: () => number): Request {
	const { median = 0, sigma = 0 } = BUILDERS[builder] ?? {};
	// Box and Muller's transformation.
	const normal = Math.sqrt(2 * exponential(random)) * Math.cos(2 * Math.PI * random());
	return { builder, submittedAt, duration: Math.max(30, Math.round(median * Math.exp(sigma * normal))) };
}

/** The points of a Poisson process of this rate between 0 and 1. */
function poisson(rate: number, random: () => number): readonly number[] {
	const points: number[] = [];
	for (let at = exponential(random) / rate; at < 1; at += exponential(random) / rate) points.push(at);
	return points;
}

function exponential(random: () => number): number {
	return -Math.log(1 - random());
}

/** Writes the rows in the tables of Buildbot 4.3. */
export function writeHistory(path: string, rows: readonly Row[]): void {
	rmSync(path, { force: true });
	const database = new DatabaseSync(path);
	const schema = readFileSync(join(ROOT, "test/buildbot-schemas/4.3-sqlite.sql"), "utf8");
	// The file is small: each table takes at least a page, and a replay uses only one of the indexes.
	database.exec(`PRAGMA page_size = 1024; ${schema.replace(/^CREATE INDEX (?!builds_buildrequestid ).*$/gm, "")}`);
	const workers = [...new Set(rows.map(({ worker }) => worker))].toSorted();
	const insert = (table: string, columns: readonly string[], all: readonly (readonly (string | number)[])[]) => {
		const marks = columns.map(() => "?").join(", ");
		const statement = database.prepare(`INSERT INTO ${table} (${columns.join(", ")}) VALUES (${marks})`);
		for (const values of all) statement.run(...values);
	};
	database.exec("BEGIN");
	insert("masters", ["id", "name", "name_hash", "active", "last_active"], [[1, "master", "master", 0, START]]);
	insert("buildsets", ["id", "submitted_at", "complete"], [[1, START, 1]]);
	insert(
		"builders",
		["id", "name", "name_hash"],
		BUILDERS.map(({ name }, index) => [index + 1, name, `hash ${index + 1}`]),
	);
	insert(
		"workers",
		["id", "name", "info"],
		workers.map((name, index) => [index + 1, name, "{}"]),
	);
	insert(
		"buildrequests",
		["id", "buildsetid", "builderid", "submitted_at", "complete", "complete_at", "results"],
		rows.map(({ builder, submittedAt, startedAt, duration }, index) => [
			...[index + 1, 1, builder + 1, submittedAt],
			...[1, startedAt + duration, 0],
		]),
	);
	insert(
		"buildrequest_claims",
		["brid", "masterid", "claimed_at"],
		rows.map(({ startedAt }, index) => [index + 1, 1, startedAt]),
	);
	insert(
		"builds",
		["number", "builderid", "buildrequestid", "workerid", "masterid", "started_at", "complete_at", "state_string"],
		rows
			.map((row, index) => ({ ...row, request: index + 1 }))
			.toSorted((a, b) => a.startedAt - b.startedAt || a.request - b.request)
			.map(({ builder, request, worker, startedAt, duration }, index) => [
				...[index + 1, builder + 1, request, workers.indexOf(worker) + 1],
				...[1, startedAt, startedAt + duration, ""],
			]),
	);
	database.exec("COMMIT; VACUUM");
	database.close();
}

if (import.meta.main) writeHistory(HISTORY, syntheticHistory());
