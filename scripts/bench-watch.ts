/**
 * A day of build requests, replayed with three ways to tick: a watch, a tick exactly every five minutes, and ticks as late
 * as GitHub starts them. The ticks and the watch are the real ones; the database, EC2, and time are simulated.
 */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { timeLimit } from "../src/adapters/time-limit.ts";
import type { MappedBuilder } from "../src/core/demand/demand.ts";
import type { Instance } from "../src/core/model/facts.ts";
import type { Report } from "../src/core/report/report.ts";
import { RunRecord } from "../src/core/report/run-report.ts";
import type { Cloud, Log, TickPorts } from "../src/tick/ports.ts";
import { type TickOptions, tick } from "../src/tick/tick.ts";
import { Arrivals } from "../src/watch/arrivals.ts";
import { TickEnding, watch } from "../src/watch/watch.ts";
import { instance, policy, region } from "../test/core/facts.ts";
import { NEVER } from "../test/harness/ending.ts";
import { randomFrom } from "./random.ts";

const START = 1_800_000_000;
const DAY = 86_400;
const REGION = "us-west-2";
/** Seconds: from a launch until the machine takes work, of a job, and until an idle machine shuts itself down. */
const BOOT = 150;
const JOB = 1_500;
const IDLE = 1_800;
/** Seconds between runs of a five-minute schedule as GitHub starts them: 2 to 4 an hour. */
const LATE = { least: 900, most: 1_800 };

/** @param limit machines at a time */
const optionsFor = (limit: number): TickOptions => ({
	policy: policy({
		builderMap: [{ source: "linux", line: 1, regex: /linux/y, mozType: "bld" }],
		regionPriorities: { [REGION]: 1 },
		spotLimits: { global: {}, regions: { [REGION]: { bld: limit } } },
		onDemandLimits: { global: { bld: 0 }, regions: {} },
	}),
	regions: [REGION],
	mode: "launch",
	latestAmiPercentage: 100,
	maxLaunches: 100_000,
	maxHourlyCost: null,
	timeout: 240,
});
const OPTIONS = optionsFor(2_000);
const quiet = () => undefined;
const LOG: Log = {
	...{ debug: quiet, info: quiet, notice: quiet, warning: quiet, error: quiet },
	group: async (_title, body) => body(),
};

/** Times of a day's requests, seconds since its start: pushes of 1 to 12 requests, most of them in the working hours. */
export function dayOfRequests(seed: number): readonly number[] {
	const random = randomFrom(seed);
	const times: number[] = [];
	for (let second = 0; second < DAY; second += 1) {
		const hour = second / 3_600;
		const pushesPerHour = 2 + 10 * Math.max(0, Math.sin(((hour - 6) / 14) * Math.PI));
		if (random() >= pushesPerHour / 3_600) continue;
		times.push(...Array.from({ length: 1 + Math.floor(random() * 12) }, () => second));
	}
	return times;
}

interface Machine {
	readonly instance: Instance;
	/** When it can take work, and when it shuts down if it gets none. */
	freeAt: number;
}

/** The database and EC2 of a day. Idle machines take the oldest request. */
class Day {
	now = START;
	readonly #arrivals: number[];
	#pending: { readonly id: number; readonly at: number }[] = [];
	#machines: Machine[] = [];
	#ids = 0;

	constructor(arrivals: readonly number[]) {
		this.#arrivals = arrivals.map((at) => START + at);
	}

	advance(to: number): void {
		while (this.now < to) {
			this.now += 1;
			while ((this.#arrivals[0] ?? Number.POSITIVE_INFINITY) <= this.now) {
				this.#ids += 1;
				this.#pending.push({ id: this.#ids, at: this.#arrivals.shift() ?? this.now });
			}
			if (this.#pending.length > 0) {
				for (const machine of this.#machines) {
					if (machine.freeAt > this.now || this.#pending.shift() === undefined) continue;
					machine.freeAt = this.now + JOB;
				}
			}
			this.#machines = this.#machines.filter(({ freeAt }) => freeAt + IDLE > this.now);
		}
	}

	ports(): Pick<
		TickPorts,
		"pending" | "allocations" | "workers" | "lock" | "previousRun" | "timeLimit" | "log" | "clock"
	> {
		return {
			pending: {
				read: async () => {
					const [oldest] = this.#pending;
					const newest = this.#pending.at(-1);
					if (oldest === undefined || newest === undefined) return { builders: [], outsideAgeWindow: 0 };
					const count = this.#pending.length;
					const seen = { oldestSubmittedAt: oldest.at, newest: { id: newest.id, submittedAt: newest.at } };
					return { builders: [{ builder: "linux", count, ...seen }], outsideAgeWindow: 0 };
				},
			},
			...{ allocations: null, workers: null, lock: null, previousRun: null, timeLimit, log: LOG },
			clock: { now: () => this.now, elapsed: () => this.now * 1000 },
		};
	}

	cloud(): Cloud {
		return {
			apiCalls: () => ({}),
			fleet: {
				read: async (query) => region(query.region, { instances: this.#machines.map((machine) => machine.instance) }),
			},
			launcher: {
				launch: async ({ count, pool }) => {
					const launched = Array.from({ length: count }, () =>
						instance({ mozType: pool.mozType, launchedAt: this.now }),
					);
					this.#machines.push(...launched.map((one) => ({ instance: one, freeAt: this.now + BOOT })));
					const types = { virtualizationType: "hvm", rootDeviceType: "ebs" };
					return {
						launched: launched.map(({ instanceId }) => ({ instanceId, name: null, ...types })),
						refusal: null,
						namingFailures: [],
					};
				},
				adopt: async () => [],
				finishNaming: async () => [],
				rehearse: async () => null,
			},
		};
	}
}

/** Watches for `duration` seconds, in simulated time. */
export async function watchDay(
	arrivals: readonly number[],
	{ duration = DAY, options = OPTIONS, log = LOG, afterTick = () => {} } = {},
): Promise<Report> {
	const day = new Day(arrivals);
	const random = randomFrom(7);
	const ports = day.ports();
	const { report } = await watch(
		{ duration, interval: 15 },
		{
			...ports,
			log,
			setup: () => ({ options, allocations: null, cloud: async () => day.cloud() }),
			run: NEVER,
			ending: new TickEnding(NEVER, () => quiet),
			sleep: async (milliseconds) => day.advance(Math.ceil(day.now + milliseconds / 1000)),
			random,
			afterTick: async () => afterTick(),
		},
	);
	return report;
}

/** Single ticks with these pauses between them, in seconds. */
async function tickDay(arrivals: readonly number[], pause: () => number): Promise<Report> {
	const day = new Day(arrivals);
	const seen = new Arrivals();
	const record = new RunRecord();
	while (day.now < START + DAY) {
		const ports = day.ports();
		const { builders } = await ports.pending.read(OPTIONS.policy.pending);
		seen.observe(builders.map((one): MappedBuilder => ({ ...one, mozType: "bld", slaveset: null, skipReason: null })));
		const report = await tick(OPTIONS, { ...ports, ending: NEVER, cloud: async () => day.cloud() });
		record.add(report, seen.serve("bld", report.launches.length, day.now));
		day.advance(day.now + pause());
	}
	return record.report("", []);
}

export interface Replay {
	readonly name: string;
	/** Seconds from request to launch call. */
	readonly p50: number;
	readonly p95: number;
	readonly machines: number;
}

/** The same day in three ways. */
export async function replayDay(): Promise<readonly Replay[]> {
	const arrivals = dayOfRequests(2);
	const random = randomFrom(3);
	const late = () => Math.round(LATE.least + random() * (LATE.most - LATE.least));
	const reports = [
		["a watch", await watchDay(arrivals)],
		["a tick every 5 min", await tickDay(arrivals, () => 300)],
		["a tick every 15 to 30 min", await tickDay(arrivals, late)],
	] as const;
	return reports.map(([name, { waits, launches }]) => ({
		name,
		p50: waits?.p50 ?? 0,
		p95: waits?.p95 ?? 0,
		machines: launches.length,
	}));
}

/** Bytes by which the heap grows from the 200th tick of a long watch to its end, and the number of its ticks. */
export async function growthOfLongWatch(ticks: number): Promise<{ readonly bytes: number; readonly ticks: number }> {
	setFlagsFromString("--expose-gc");
	const collect: () => void = runInNewContext("gc");
	let seen = 0;
	let early = 0;
	const arrivals = Array.from({ length: ticks }, (_, index) => 61 * index);
	const afterTick = () => {
		seen += 1;
		if (seen !== 200) return;
		collect();
		early = process.memoryUsage().heapUsed;
	};
	// Ten machines never finish the work, so that every tick has something to decide.
	const report = await watchDay(arrivals, { duration: 61 * ticks, options: optionsFor(10), afterTick });
	collect();
	return { bytes: process.memoryUsage().heapUsed - early, ticks: report.ticks?.length ?? 0 };
}
