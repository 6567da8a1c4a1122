/**
 * Days of build requests, each replayed with three ways to tick: a watch, a tick exactly every five minutes, and ticks as
 * late as GitHub starts them. The ticks and the watch are the real ones; the database, EC2, and time are simulated.
 */
import { randomFrom } from "../scripts/random.ts";
import { timeLimit } from "../src/adapters/time-limit.ts";
import type { MappedBuilder } from "../src/core/demand/demand.ts";
import type { Instance } from "../src/core/model/facts.ts";
import type { Report } from "../src/core/report/report.ts";
import { RunRecord } from "../src/core/report/run-report.ts";
import type { Cloud, TickPorts } from "../src/tick/ports.ts";
import { type TickOptions, tick } from "../src/tick/tick.ts";
import { Arrivals } from "../src/watch/arrivals.ts";
import { TickEnding, watch } from "../src/watch/watch.ts";
import { instance, policy, region } from "../test/core/facts.ts";
import { BUILDER, BuildFarm } from "../test/harness/build-farm.ts";
import { NEVER } from "../test/harness/ending.ts";
import { dayOfRequests } from "../test/harness/load.ts";
import { QUIET } from "../test/harness/quiet-log.ts";
import { heapMeter } from "./heap.ts";
import { percentile, type Row } from "./table.ts";

const START = 1_800_000_000;
const DAY = 86_400;
/** After the day, until the last request is built and the last machine has shut down. */
const EVENING = 4 * 3_600;
const REGION = "us-west-2";
const DURATIONS = { boot: 150, build: 1_500, idle: 1_800 };
/** Seconds between runs of a five-minute schedule as GitHub starts them: 2 to 4 an hour. */
const LATE = { least: 900, most: 1_800 };

/** @param limit machines at a time */
const optionsFor = (limit: number): TickOptions => ({
	policy: policy({
		builderMap: [{ source: BUILDER, line: 1, regex: /linux/y, mozType: "bld" }],
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

/** The database and EC2 of a day. */
class Day {
	readonly farm: BuildFarm;
	readonly #instances = new Map<string, Instance>();

	constructor(arrivals: readonly number[]) {
		this.farm = new BuildFarm(START, arrivals, DURATIONS, (id) => this.#instances.delete(id));
	}

	ports(): Pick<
		TickPorts,
		"pending" | "allocations" | "workers" | "lock" | "previousRun" | "timeLimit" | "log" | "clock"
	> {
		const { farm } = this;
		return {
			pending: { read: async () => farm.pending() },
			...{ allocations: null, workers: null, lock: null, previousRun: null, timeLimit, log: QUIET },
			clock: { now: () => farm.now, elapsed: () => farm.now * 1000 },
		};
	}

	/** Of one tick. */
	cloud(): Cloud {
		const calls: Record<string, number> = {};
		const count = (action: string) => {
			calls[action] = (calls[action] ?? 0) + 1;
		};
		return {
			apiCalls: () => ({ [REGION]: calls }),
			fleet: {
				read: async (query) => {
					count("DescribeInstances");
					return region(query.region, { instances: [...this.#instances.values()] });
				},
			},
			launcher: {
				launch: async ({ count: machines, pool }) => {
					count("RunInstances");
					const launched = Array.from({ length: machines }, () =>
						instance({ mozType: pool.mozType, launchedAt: this.farm.now }),
					);
					for (const one of launched) {
						this.#instances.set(one.instanceId, one);
						this.farm.launch(one.instanceId);
					}
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
	{ duration = DAY, options = OPTIONS, log = QUIET, afterTick = () => {} } = {},
): Promise<{ readonly report: Report; readonly farm: BuildFarm }> {
	const day = new Day(arrivals);
	const { farm } = day;
	const { report } = await watch(
		{ duration, interval: 15 },
		{
			...day.ports(),
			log,
			setup: () => ({ options, allocations: null, cloud: async () => day.cloud() }),
			run: NEVER,
			ending: new TickEnding(NEVER, () => () => undefined),
			sleep: async (milliseconds) => farm.advance(Math.ceil(farm.now + milliseconds / 1000)),
			random: randomFrom(7),
			afterTick: async () => afterTick(),
		},
	);
	return { report, farm };
}

/** Single ticks with these pauses between them, in seconds. */
async function tickDay(
	arrivals: readonly number[],
	duration: number,
	pause: () => number,
): Promise<{ readonly report: Report; readonly farm: BuildFarm }> {
	const day = new Day(arrivals);
	const { farm } = day;
	const seen = new Arrivals();
	const record = new RunRecord();
	while (farm.now < START + duration) {
		const ports = day.ports();
		const { builders } = await ports.pending.read(OPTIONS.policy.pending);
		seen.observe(builders.map((one): MappedBuilder => ({ ...one, mozType: "bld", slaveset: null, skipReason: null })));
		const report = await tick(OPTIONS, { ...ports, ending: NEVER, cloud: async () => day.cloud() });
		record.add(report, seen.serve("bld", report.launches.length, farm.now));
		farm.advance(farm.now + pause());
	}
	return { report: record.report("", []), farm };
}

export async function measureWatch(): Promise<readonly Row[]> {
	return [
		...(await replay("a day", 1)),
		...(await replay("a day with five times as many", 5)),
		await growthOfLongWatch(1_200),
	];
}

/** The same day in three ways. */
async function replay(name: string, scale: number): Promise<readonly Row[]> {
	const arrivals = dayOfRequests(2, scale);
	const random = randomFrom(3);
	const late = () => Math.round(LATE.least + random() * (LATE.most - LATE.least));
	const duration = DAY + EVENING;
	const days = [
		["a watch", await watchDay(arrivals, { duration })],
		["a tick every 5 min", await tickDay(arrivals, duration, () => 300)],
		["a tick every 15 to 30 min", await tickDay(arrivals, duration, late)],
	] as const;
	const results = days.map(([way, { report, farm }]) => {
		farm.advance(farm.now + DAY);
		if (!farm.isDone) throw new Error(`${way} left requests or machines`);
		const { p50 = 0, p95 = 0 } = report.waits ?? {};
		const started = { p50: percentile(0.5, farm.waits), p95: percentile(0.95, farm.waits) };
		return { way, p50, p95, started, machines: report.launches.length, hours: farm.machineSeconds / 3_600 };
	});
	const [own, exact] = results;
	if (own === undefined || exact === undefined) throw new RangeError("nothing was replayed");
	return results.map(({ way, p50, p95, started, machines, hours }) => {
		const share = 100 * (hours / exact.hours - 1);
		const isOwn = way === own.way;
		return {
			what: `${name} (${arrivals.length.toLocaleString("en-US")} requests), ${way}`,
			measured: `request to launch call: p50 ${p50} s, p95 ${p95} s; request to start of build: p50 ${started.p50} s, p95 ${started.p95} s; ${machines} machines, ${hours.toFixed(0)} machine-hours (${share < 0 ? "−" : "+"}${Math.abs(share).toFixed(1)} %)`,
			bound: isOwn ? "waits ≤ a tick every 5 min; machine-hours ≤ +5 %" : "",
			kept:
				!isOwn ||
				(p50 <= exact.p50 &&
					p95 <= exact.p95 &&
					started.p50 <= exact.started.p50 &&
					started.p95 <= exact.started.p95 &&
					share <= 5),
		};
	});
}

/** Bytes by which the heap grows from the 200th tick of a watch to its end. */
async function growthOfLongWatch(ticks: number): Promise<Row> {
	const heap = heapMeter();
	let seen = 0;
	let early = 0;
	const arrivals = Array.from({ length: ticks }, (_, index) => 61 * index);
	const afterTick = () => {
		seen += 1;
		if (seen === 200) early = heap();
	};
	// Ten machines never finish the work, so that every tick has something to decide.
	const { report } = await watchDay(arrivals, { duration: 61 * ticks, options: optionsFor(10), afterTick });
	const grown = heap() - early;
	return {
		what: `a watch of ${((61 * ticks) / 3_600).toFixed(0)} simulated hours: heap growth from tick 200 to tick ${report.ticks?.length ?? 0}`,
		measured: `${(grown / 1e6).toFixed(1)} MB`,
		bound: "≤ 10 MB",
		kept: grown <= 10e6,
	};
}
