/** A tick that launches many machines, against an endpoint that enforces EC2's token buckets, in stepped time. */

import { openCloud } from "../../src/adapters/ec2/open.ts";
import { timeLimit } from "../../src/adapters/time-limit.ts";
import { parseUserData } from "../../src/config/user-data.ts";
import { tick } from "../../src/tick/tick.ts";
import { policy, typeConfig } from "../core/facts.ts";
import { Ec2Endpoint } from "../ec2-endpoint/endpoint.ts";
import { createWorld, threeZoneRegions } from "../ec2-endpoint/world.ts";
import { Journal } from "../tick/world.ts";
import { NEVER } from "./ending.ts";
import { SteppedTimer } from "./stepped-timer.ts";

/** How machines get their names. */
export const NAMING = { "no names": null, names: null, "{fqdn}": "{fqdn}", "{names}": "{names}" } as const;
export type Naming = keyof typeof NAMING;

export interface Measured {
	readonly launched: number;
	/** Machines whose `Name` tag is the reported name. */
	readonly tagged: number;
	readonly throttles: number;
	readonly calls: Readonly<Record<"RunInstances" | "CreateTags", number>>;
	/** Seconds to the last launch, and to the end of the tick. */
	readonly lastLaunch: number;
	readonly end: number;
	/** What EC2's buckets permit at best for these calls, in seconds: to the last launch, and to the last tag. */
	readonly launchBound: number;
	readonly bound: number;
}

const START = 1_700_000_000;

/** Answers take no time here, so what is measured is what the buckets cost. */
export async function launchAtScale(args: {
	readonly count: number;
	readonly naming: Naming;
	readonly regions: readonly string[];
}): Promise<Measured> {
	const { count, naming, regions } = args;
	const timer: SteppedTimer = new SteppedTimer(async () => {
		do for (let turn = 0; turn < 5; turn += 1) await new Promise((next) => setImmediate(next));
		while (endpoint.journal.calls().some(({ outcome }) => outcome === null));
	});
	const world = createWorld({
		regions: threeZoneRegions(regions, { freeAddresses: 2000 }),
		now: () => START + timer.now() / 1000,
		rateLimits: true,
	});
	await using endpoint = await Ec2Endpoint.start(world);
	const before = { ...process.env };
	Object.assign(process.env, endpoint.environment);
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
		const report = await timer.until(
			tick(
				{
					policy: used,
					regions,
					mode: "launch",
					latestAmiPercentage: 100,
					maxLaunches: count,
					maxHourlyCost: null,
					timeout: 1000,
				},
				{
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
				},
			),
		);
		const running = regions.flatMap((region) => world.instances(region));
		const names = new Map(running.map(({ instanceId, tags }) => [instanceId, tags["Name"] ?? null]));
		const inRegion = (action: string) =>
			regions.map((region) => endpoint.journal.calls(action).filter((call) => call.region === region).length);
		const [runs, tags] = [inRegion("RunInstances"), inRegion("CreateTags")];
		const launchBound = Math.max(...runs.map((calls) => Math.max(0, calls - 5) / 2));
		return {
			launched: report.launches.length,
			tagged: report.launches.filter(({ instanceId, name }) => names.get(instanceId ?? "") === name).length,
			throttles: endpoint.journal.throttles(),
			calls: { RunInstances: sum(runs), CreateTags: sum(tags) },
			lastLaunch: Math.max(...running.map(({ launchedAt }) => launchedAt)) - START,
			end: timer.now() / 1000,
			launchBound,
			bound: Math.max(launchBound, ...tags.map((calls) => Math.max(0, calls - 100) / 10)),
		};
	} finally {
		cloud.close();
		for (const name of Object.keys(endpoint.environment)) delete process.env[name];
		Object.assign(process.env, before);
	}
}

function sum(numbers: readonly number[]): number {
	return numbers.reduce((total, number) => total + number, 0);
}
