/** Launches of many machines against an endpoint that enforces EC2's token buckets, in stepped or in real time. */

import { openCloud } from "../../src/adapters/ec2/open.ts";
import { timeLimit } from "../../src/adapters/time-limit.ts";
import { realTimer, type Timer } from "../../src/adapters/timer.ts";
import { parseUserData } from "../../src/config/user-data.ts";
import { tick } from "../../src/tick/tick.ts";
import { policy, typeConfig } from "../core/facts.ts";
import { Ec2Endpoint } from "../ec2-endpoint/endpoint.ts";
import { createWorld, threeZoneRegions, type World } from "../ec2-endpoint/world.ts";
import { Journal } from "../tick/world.ts";
import { NEVER } from "./ending.ts";
import { SteppedTimer } from "./stepped-timer.ts";

/** How machines get their names. */
export const NAMING = { "no names": null, names: null, "{fqdn}": "{fqdn}", "{names}": "{names}" } as const;
export type Naming = keyof typeof NAMING;

export interface Scale {
	readonly regions: readonly string[];
	/** Milliseconds of each answer; 0 by default. */
	readonly latency?: number;
	/** Whether time is the machine's; by default it is stepped, so that only waits and answers take any. */
	readonly isReal?: boolean;
}

/** What a launcher at scale works with. */
export interface ScaleStage {
	readonly endpoint: Ec2Endpoint;
	readonly world: World;
	readonly timer: Timer;
}

export interface Measured {
	readonly launched: number;
	/** Machines with a `Name` tag. */
	readonly named: number;
	readonly throttles: number;
	readonly calls: Readonly<Record<"RunInstances" | "CreateTags" | "all", number>>;
	/** The longest sequence of calls each of which began after the previous one ended; see `Journal.rounds`. */
	readonly chain: number;
	/** Seconds to the last launch, and to the end. */
	readonly lastLaunch: number;
	readonly end: number;
	/** What EC2's buckets permit at best for these calls, in seconds: to the last launch, and to the last tag. */
	readonly launchBound: number;
	readonly bound: number;
}

const START = 1_700_000_000;

/** Runs `launcher` against a new endpoint with three zones in each region, and measures what it did. */
export async function measureAtScale(
	{ regions, latency = 0, isReal = false }: Scale,
	launcher: (stage: ScaleStage) => Promise<void>,
): Promise<Measured> {
	// Answers on their way wait for the timer, so they don't keep it from stepping.
	let waiting = 0;
	const stepped = new SteppedTimer(async () => {
		const inFlight = () => endpoint.journal.calls().filter(({ outcome }) => outcome === null).length;
		let arrived = 0;
		// Also as long as calls arrive: many that are sent together take more turns to connect.
		do {
			arrived = endpoint.journal.calls().length;
			for (let turn = 0; turn < 5; turn += 1) await new Promise((next) => setImmediate(next));
		} while (inFlight() > waiting || endpoint.journal.calls().length > arrived);
	});
	const timer = isReal ? realTimer : stepped;
	const startedAt = timer.now();
	const elapsed = () => (timer.now() - startedAt) / 1000;
	const world = createWorld({
		regions: threeZoneRegions(regions, { freeAddresses: 2000 }),
		now: () => START + elapsed(),
		rateLimits: true,
	});
	const sleep = async (milliseconds: number) => {
		waiting += 1;
		await timer.sleep(milliseconds);
		waiting -= 1;
	};
	await using endpoint = await Ec2Endpoint.start(world, { latency, timer: { now: () => timer.now(), sleep } });
	const before = { ...process.env };
	Object.assign(process.env, endpoint.environment);
	try {
		const done = launcher({ endpoint, world, timer });
		await (isReal ? done : stepped.until(done));
	} finally {
		for (const name of Object.keys(endpoint.environment)) delete process.env[name];
		Object.assign(process.env, before);
	}
	const end = elapsed();
	const running = regions.flatMap((region) => world.instances(region));
	const inRegion = (action: string) =>
		regions.map((region) => endpoint.journal.calls(action).filter((call) => call.region === region).length);
	const [runs, tags] = [inRegion("RunInstances"), inRegion("CreateTags")];
	const launchBound = Math.max(...runs.map((calls) => Math.max(0, calls - 5) / 2));
	return {
		launched: running.length,
		named: running.filter(({ tags: own }) => own["Name"] !== undefined).length,
		throttles: endpoint.journal.throttles(),
		calls: { RunInstances: sum(runs), CreateTags: sum(tags), all: endpoint.journal.calls().length },
		chain: endpoint.journal.rounds(),
		lastLaunch: Math.max(...running.map(({ launchedAt }) => launchedAt)) - START,
		end,
		launchBound,
		bound: Math.max(launchBound, ...tags.map((calls) => Math.max(0, calls - 100) / 10)),
	};
}

/**
 * One tick that launches many machines.
 * @throws Error if a machine's `Name` tag is not the reported name
 */
export function launchAtScale(args: Scale & { readonly count: number; readonly naming: Naming }): Promise<Measured> {
	const { count, naming, regions } = args;
	const text = NAMING[naming];
	const type = typeConfig("bld", regions, naming === "no names" ? null : "bld-%04d");
	const bld = { ...type, userData: text === null ? null : parseUserData(text, "bld.user-data").template };
	const used = policy({
		builderMap: [{ source: "bld", line: 1, regex: /bld/y, mozType: "bld" }],
		regionPriorities: Object.fromEntries(regions.map((region) => [region, 1])),
		spotRules: {},
		onDemandLimits: { global: { bld: count }, regions: {} },
		types: { bld },
	});
	const options = {
		policy: used,
		regions,
		mode: "launch",
		latestAmiPercentage: 100,
		maxLaunches: count,
		maxHourlyCost: null,
		timeout: 1000,
	} as const;
	return measureAtScale(args, async ({ world, timer }) => {
		const clock = { now: () => Math.floor(world.now()), elapsed: () => timer.now() };
		const cloud = openCloud({
			policy: used,
			run: { id: "scale", step: "", url: null },
			clock,
			ending: NEVER,
			proxies: null,
			certificates: null,
			client: { timer },
		});
		try {
			const report = await tick(options, {
				...new Journal().ports(),
				pending: {
					read: async () => ({
						builders: [{ builder: "bld", count, oldestSubmittedAt: START - 60 }],
						outsideAgeWindow: 0,
					}),
				},
				cloud: async () => cloud,
				timeLimit,
				clock,
			});
			const tagged = new Map(world.instances().map(({ instanceId, tags }) => [instanceId, tags["Name"] ?? null]));
			const wrong = report.launches.filter(({ instanceId, name }) => tagged.get(instanceId ?? "") !== name);
			if (naming !== "no names" && wrong.length > 0) throw new Error(`${wrong.length} machines have another name`);
		} finally {
			cloud.close();
		}
	});
}

function sum(numbers: readonly number[]): number {
	return numbers.reduce((total, number) => total + number, 0);
}
