/**
 * Days of ticks and watches against an EC2 endpoint over a socket, under a load of day and night and random faults. Time is
 * stepped: it passes only while the watch or the schedule waits.
 */
import { randomFrom } from "../../scripts/random.ts";
import { type Cloud, openCloud } from "../../src/adapters/ec2/open.ts";
import { timeLimit } from "../../src/adapters/time-limit.ts";
import type { Report } from "../../src/core/report/report.ts";
import { DatabaseError } from "../../src/errors.ts";
import type { TickPorts } from "../../src/tick/ports.ts";
import { type TickOptions, tick } from "../../src/tick/tick.ts";
import { TickEnding, watch } from "../../src/watch/watch.ts";
import { policy, spotRule, typeConfig } from "../core/facts.ts";
import { hidingDamages } from "../ec2-endpoint/damage.ts";
import { Ec2Endpoint } from "../ec2-endpoint/endpoint.ts";
import type { FaultEffect } from "../ec2-endpoint/faults.ts";
import { createWorld, threeZoneRegions, type World, type WorldInstance } from "../ec2-endpoint/world.ts";
import { BUILDER, BuildFarm } from "./build-farm.ts";
import { ManualEnding } from "./ending.ts";
import { daysOfRequests } from "./load.ts";
import { QUIET } from "./quiet-log.ts";
import { SteppedTimer } from "./stepped-timer.ts";

const START = 1_800_000_000;
const HOUR = 3_600;
const DAY = 24 * HOUR;
const REGIONS = ["us-east-1", "us-west-2"];
const LIMIT = 60;
const DURATIONS = { boot: 150, build: 1_500, idle: 1_800 };
/** Seconds: a schedule's interval, and how long each of the runs that watch does so. */
const TICK_INTERVAL = 300;
const WATCH_FOR = 55 * 60;
/** Chances of each run: to meet a fault of EC2, to find the database unreadable, to be killed, and to lose a machine. */
const CHANCE = { fault: 0.2, database: 0.03, kill: 0.03, death: 0.05 };
/** Seconds for which EC2 shows a terminated instance. */
const SHOWN = HOUR;

/** Half of the faults meet launches, which matter most. */
const ACTIONS = [
	...["RunInstances", "RunInstances", "RunInstances", "RunInstances"],
	...["CreateTags", "DescribeInstances", "DescribeSubnets", "DescribeSpotPriceHistory"],
];
/** Calls that a fault meets; more than the tries of a launch, so that some answers stay lost. */
const MAX_HITS = 25;
const EFFECTS: readonly FaultEffect[] = [
	{ throttle: true },
	{ reset: "before" },
	{ reset: "after" },
	{ error: { code: "InternalError", status: 500 } },
	{ error: { code: "UnauthorizedOperation", status: 403 } },
	{ error: { code: "InsufficientInstanceCapacity", status: 500 } },
	{ error: { code: "VcpuLimitExceeded" } },
];

const OPTIONS: TickOptions = {
	policy: policy({
		builderMap: [{ source: BUILDER, line: 1, regex: /linux/y, mozType: "bld" }],
		regionPriorities: { "us-east-1": 5, "us-west-2": 4 },
		spotRules: { bld: [spotRule()] },
		spotLimits: {
			global: { bld: LIMIT },
			regions: Object.fromEntries(REGIONS.map((name) => [name, { bld: LIMIT }])),
		},
		onDemandLimits: { global: { bld: 10 }, regions: {} },
		types: { bld: typeConfig("bld", REGIONS, "bld-%03d") },
	}),
	regions: REGIONS,
	mode: "launch",
	latestAmiPercentage: 100,
	maxLaunches: 200,
	maxHourlyCost: null,
	timeout: 240,
};

export interface SoakResult {
	readonly ticks: number;
	readonly launched: number;
	/** Machines that no report lists, because EC2's answer to their launch was lost or their run was killed. */
	readonly unlisted: number;
	/** Faults that met a call or a look at the database, killed runs, and machines that EC2 took back. */
	readonly mishaps: number;
	/** What went wrong; empty if every machine is accounted for and no limit was exceeded. */
	readonly problems: readonly string[];
	/** Seconds that each request waited until a machine took it. */
	readonly waits: readonly number[];
	/** Requests that were not built by the end. */
	readonly left: number;
}

/**
 * Watches and ticks on a schedule take turns. A further day follows if requests are left after the last one.
 * @param afterRun called with the number of ticks so far
 */
export async function soak(args: {
	readonly days: number;
	readonly seed: number;
	/** Multiplies the load; see `dayOfRequests`. */
	readonly scale: number;
	readonly afterRun?: (ticks: number) => Promise<void>;
}): Promise<SoakResult> {
	const timer: SteppedTimer = new SteppedTimer(async () => {
		do for (let turn = 0; turn < 5; turn += 1) await new Promise((next) => setImmediate(next));
		while (endpoint.journal.calls().some(({ outcome }) => outcome === null));
	});
	const world = createWorld({ regions: threeZoneRegions(REGIONS), now: () => START + Math.floor(timer.now() / 1000) });
	await using endpoint = await Ec2Endpoint.start(world, { timer });
	const before = { ...process.env };
	Object.assign(process.env, endpoint.environment);
	const arrivals = daysOfRequests(Math.ceil(args.days), args.seed, args.scale).filter((at) => at < args.days * DAY);
	const site = new Site(world, endpoint, timer, randomFrom(args.seed), arrivals);
	try {
		while (!site.isOver(START + args.days * DAY)) {
			await site.run();
			await args.afterRun?.(site.ticks);
		}
	} finally {
		for (const name of Object.keys(endpoint.environment)) delete process.env[name];
		Object.assign(process.env, before);
	}
	return site.result();
}

class Site {
	ticks = 0;
	readonly #world: World;
	readonly #endpoint: Ec2Endpoint;
	readonly #timer: SteppedTimer;
	readonly #random: () => number;
	readonly #farm: BuildFarm;
	readonly #problems: string[] = [];
	#launched = 0;
	#unlisted = 0;
	#mishaps = 0;
	/** Machines that ran when the current tick or look began. */
	#running: readonly WorldInstance[] = [];
	#runs = 0;

	constructor(
		world: World,
		endpoint: Ec2Endpoint,
		timer: SteppedTimer,
		random: () => number,
		arrivals: readonly number[],
	) {
		this.#world = world;
		this.#endpoint = endpoint;
		this.#timer = timer;
		this.#random = random;
		this.#farm = new BuildFarm(START, arrivals, DURATIONS, (id) => world.terminate(id));
	}

	/** Whether the last day is over and everything is built, or could not be in a further day. */
	isOver(end: number): boolean {
		return this.#farm.now >= end + (this.#farm.pending().builders.length > 0 ? DAY : 0);
	}

	/** One run: for three hours in turn, watches of an hour, or single ticks with the pauses after them. */
	async run(): Promise<void> {
		const known = new Set(this.#world.instances().map(({ instanceId }) => instanceId));
		this.#runs += 1;
		const ending = new ManualEnding();
		const tickEnding = new TickEnding(ending, () => () => undefined);
		const cloud = this.#open(tickEnding);
		const isKilled = this.#prepareMishaps(ending);
		const watches = Math.floor(this.#farm.now / (3 * HOUR)) % 2 === 0;
		const report = await this.#timer.until(
			watches ? this.#watch(cloud, ending, tickEnding) : this.#tick(cloud, tickEnding),
		);
		cloud.close();
		this.#endpoint.watch = () => "continue";
		this.#endpoint.faults.clear();
		this.#mishaps += this.#endpoint.journal.calls().filter(({ outcome }) => outcome !== "ok").length;
		const launched = this.#world.instances().filter(({ instanceId }) => !known.has(instanceId));
		this.#launched += launched.length;
		this.#checkAccount(report, launched, isKilled());
		this.#tidy();
		const pause = watches ? 60 : TICK_INTERVAL;
		await this.#timer.until(this.#sleep(pause * 1000, ending.stop));
	}

	result(): SoakResult {
		const left = this.#farm.pending().builders.reduce((sum, { count }) => sum + count, 0);
		return {
			ticks: this.ticks,
			launched: this.#launched,
			unlisted: this.#unlisted,
			mishaps: this.#mishaps,
			problems: this.#problems,
			waits: this.#farm.waits,
			left,
		};
	}

	#open(ending: TickEnding): Cloud {
		return openCloud({
			policy: OPTIONS.policy,
			run: { id: "example/builds", step: String(this.#runs), url: null },
			clock: this.#clock,
			ending,
			proxies: null,
			certificates: null,
			client: { timer: this.#timer },
		});
	}

	get #clock() {
		return { now: () => this.#world.now(), elapsed: () => this.#timer.now() };
	}

	async #tick(cloud: Cloud, ending: TickEnding): Promise<Report> {
		const report = await tick(OPTIONS, { ...this.#ports(), ending, cloud: async () => cloud });
		this.#checkTick(report);
		return report;
	}

	async #watch(cloud: Cloud, ending: ManualEnding, tickEnding: TickEnding): Promise<Report> {
		const { report } = await watch(
			{ duration: WATCH_FOR, interval: 15 },
			{
				...this.#ports(),
				setup: () => ({
					options: OPTIONS,
					allocations: null,
					cloud: async (tickId) => cloud.forTick({ id: "example/builds", step: `${this.#runs} ${tickId}`, url: null }),
				}),
				run: ending,
				ending: tickEnding,
				sleep: (milliseconds, signal) => this.#sleep(milliseconds, signal),
				random: this.#random,
				afterTick: async (one) => this.#checkTick(one),
			},
		);
		return report;
	}

	#ports(): Omit<TickPorts, "ending" | "cloud"> {
		const read = async () => {
			this.#running = this.#world.live();
			if (this.#random() < CHANCE.database) {
				this.#mishaps += 1;
				throw new DatabaseError("query-failed", "The database could not be read.");
			}
			return this.#farm.pending();
		};
		const nothing = { allocations: null, workers: null, lock: null, previousRun: null };
		return { pending: { read }, ...nothing, timeLimit, log: QUIET, clock: this.#clock };
	}

	/** Time passes for the requests and machines, and EC2 may take a machine back. */
	async #sleep(milliseconds: number, stop: AbortSignal): Promise<void> {
		if (stop.aborted) return;
		await this.#timer.sleep(milliseconds);
		for (const { instanceId, launchedAt } of this.#world.live()) {
			if (!this.#farm.machines.has(instanceId)) this.#farm.launch(instanceId, launchedAt);
		}
		this.#farm.advance(this.#world.now());
	}

	/** Chooses what goes wrong in the next run. @returns whether the run was killed */
	#prepareMishaps(ending: ManualEnding): () => boolean {
		let killed = false;
		const pick = <T>(list: readonly T[]) => list[Math.floor(this.#random() * list.length)];
		if (this.#random() < CHANCE.fault) {
			const action = pick(ACTIONS) ?? "";
			const damages = Object.values(hidingDamages(action)).map(
				(damage) => ({ damage, effect: "after-answer" }) as const,
			);
			const effect = pick<FaultEffect>([...EFFECTS, ...damages]);
			if (effect !== undefined)
				this.#endpoint.faults.add({ action, times: 1 + Math.floor(this.#random() * MAX_HITS), ...effect });
		}
		if (this.#random() < CHANCE.kill) {
			const when = pick(["before", "after"]);
			this.#endpoint.watch = (moment, action) => {
				if (killed || moment !== when || action !== "RunInstances") return killed ? "silence" : "continue";
				killed = true;
				ending.endNow();
				this.#mishaps += 1;
				return "silence";
			};
		}
		const victim = this.#random() < CHANCE.death ? pick([...this.#farm.machines]) : undefined;
		if (victim !== undefined) {
			this.#mishaps += 1;
			this.#world.terminate(victim, "Server.SpotInstanceTermination");
			this.#farm.end(victim);
		}
		return () => killed;
	}

	/**
	 * Every machine that the run launched is in its report, or counted there as possibly launched. The report of a killed
	 * run is lost; later ticks must count its machines all the same.
	 */
	#checkAccount({ launches, ticks, pools }: Report, launched: readonly WorldInstance[], isKilled: boolean): void {
		const listed = new Set(isKilled ? [] : launches.map(({ instanceId }) => instanceId));
		const unlisted = launched.filter(({ instanceId }) => !listed.has(instanceId)).length;
		this.#unlisted += unlisted;
		const possible = (ticks ?? pools).reduce((sum, { possiblyLaunched }) => sum + possiblyLaunched, 0);
		if (!isKilled && unlisted > possible) {
			this.#note(`${unlisted} machines are in no report, which counts ${possible} as possibly launched`);
		}
	}

	/** A tick that read everything counts every machine that runs, and no limit is exceeded. */
	#checkTick(report: Report): void {
		this.ticks += 1;
		const [pool] = report.pools;
		const counted = (pool?.running.spot ?? 0) + (pool?.running.onDemand ?? 0);
		const wasRead = report.heuristics !== null && !report.failures.some(({ stage }) => stage === "read");
		if (wasRead && pool !== undefined && counted < this.#running.length) {
			this.#note(`a tick counted ${counted} of ${this.#running.length} machines`);
		}
		const live = this.#world.live();
		const spot = live.filter(({ lifecycle }) => lifecycle === "spot").length;
		if (spot > LIMIT || live.length - spot > 10) this.#note(`${spot} spot of ${live.length} machines run`);
		const twice = repeatedIn(live);
		const before = repeatedIn(this.#running);
		// The names of a region that could not be read are unknown, so a tick without it may repeat one.
		const added = [...twice].filter((name) => !before.has(name));
		if (wasRead && added.length > 0) this.#note(`two machines were named ${added.join(", ")}`);
	}

	#note(problem: string): void {
		this.#problems.push(`${new Date(this.#world.now() * 1000).toISOString()}: ${problem}`);
	}

	/** Forgets what EC2 would have forgotten, so that the simulator stays as small as what it simulates. */
	#tidy(): void {
		this.#endpoint.journal.clear();
		for (const { region, instanceId, terminatedAt, spotInstanceRequestId } of this.#world.instances()) {
			if (terminatedAt === null || this.#world.now() - terminatedAt < SHOWN) continue;
			const { instances, spotRequests, tagCalls, launches } = this.#world.region(region);
			instances.delete(instanceId);
			tagCalls.delete(instanceId);
			if (spotInstanceRequestId !== null) spotRequests.delete(spotInstanceRequestId);
			for (const [token, { instanceIds }] of launches) if (instanceIds.includes(instanceId)) launches.delete(token);
		}
	}
}

/** Names that more than one machine has. */
function repeatedIn(machines: readonly WorldInstance[]): ReadonlySet<string> {
	const names = machines.flatMap(({ tags }) => tags["Name"] ?? []);
	return new Set(names.filter((name, index) => names.indexOf(name) !== index));
}
