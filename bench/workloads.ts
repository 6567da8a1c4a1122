/** Work whose size can grow, each in the way that a run does it. */
import { openCloud } from "../src/adapters/ec2/open.ts";
import { timeLimit } from "../src/adapters/time-limit.ts";
import { analyze } from "../src/config/analysis/analysis.ts";
import { loadConfig, readSources } from "../src/config/load.ts";
import { matchesAtStart } from "../src/core/demand/mapping.ts";
import { mapBuilders } from "../src/tick/map-builders.ts";
import { tick } from "../src/tick/tick.ts";
import { instances, NOW, policy, region, spotRule, typeConfig } from "../test/core/facts.ts";
import { Ec2Endpoint } from "../test/ec2-endpoint/endpoint.ts";
import { createWorld, regionNames, threeZoneRegions } from "../test/ec2-endpoint/world.ts";
import { NEVER } from "../test/harness/ending.ts";
import { Journal } from "../test/tick/world.ts";
import { configure, inWorkspace, MAIN } from "./deciding.ts";
import { launchAll, manyPools, noCapacity, oneEach } from "./pools.ts";

/** Work that is prepared for a size, and then measured. */
export interface Workload {
	readonly what: string;
	readonly unit: string;
	/** Ascending. */
	readonly sizes: readonly number[];
	readonly run: Run;
	/** The least that any program has to do for it, if that alone grows faster than the size. */
	readonly least?: Run;
}

/** @param measure runs the work, which must be called once */
type Run = (size: number, measure: (work: () => unknown) => Promise<void>) => Promise<void>;

const PATTERNS = [10, 100, 1_000];
const BUILDERS = 2_000;
const POOLS = [10, 100, 1_000, 10_000];
const MACHINES = [10, 100, 1_000, 10_000, 100_000];
/** Pages of 1,000 machines follow one another, and reading a region must end within 25 s. */
const MACHINES_READ = [10, 100, 1_000, 10_000];
/** More than the simulator's own list. */
const REGIONS = [...regionNames, "ap-northeast-3", "eu-south-1", "me-south-1", "af-south-1"];
const REGION = "us-west-2";

export const WORKLOADS: Readonly<Record<string, Workload>> = {
	load: {
		what: "load a configuration",
		unit: "patterns",
		sizes: PATTERNS,
		run: async (size, measure) =>
			inWorkspace(async (workspace) => {
				configure(workspace, size);
				await measure(warm(() => loadConfig(MAIN, { workspace, regions: null })));
			}),
	},
	check: {
		what: "check a configuration",
		unit: "patterns",
		sizes: PATTERNS,
		run: async (size, measure) =>
			inWorkspace(async (workspace) => {
				configure(workspace, size);
				const { sources } = readSources(MAIN, { workspace, regions: null });
				if (sources === null) throw new Error("the configuration is invalid");
				await measure(() => analyze({ ...sources, ...sources.config, workers: new Map() }));
			}),
	},
	map: {
		what: `map ${BUILDERS.toLocaleString("en-US")} builders`,
		unit: "patterns",
		sizes: PATTERNS,
		run: async (size, measure) =>
			inWorkspace(async (workspace) => {
				const { builderMap } = configure(workspace, size);
				const pending = buildersFor(size).map((builder) => ({ builder, count: 1, oldestSubmittedAt: NOW }));
				// A tick stops matching after 2 s. What is measured here is processor time, however busy the machine is.
				const clock = { elapsed: () => 0 };
				await measure(() => {
					const { failures } = mapBuilders({ pending, patterns: builderMap, timeLimit, clock });
					if (failures.length > 0) throw new Error("mapping ran out of time");
				});
			}),
		// Each pattern is machine code. That of 1,000 outgrows the processor's caches, which that of 100 does not.
		least: async (size, measure) =>
			inWorkspace(async (workspace) => {
				const { builderMap } = configure(workspace, size);
				const names = buildersFor(size);
				await measure(() => names.map((name) => builderMap.find((pattern) => matchesAtStart(pattern, name))));
			}),
	},
	regions: {
		what: "a tick over sockets, with 100 machines in each region",
		unit: "regions",
		sizes: [1, 2, 10, 20],
		run: async (size, measure) => readOverSockets(REGIONS.slice(0, size), 100, measure),
	},
	read: {
		what: "a tick over sockets, in one region",
		unit: "machines",
		sizes: MACHINES_READ,
		run: async (size, measure) => readOverSockets([REGION], size, measure),
	},
	machines: {
		what: "a tick that has read its machines",
		unit: "machines",
		sizes: MACHINES,
		run: async (size, measure) => {
			const facts = region(REGION, { instances: instances(size, { launchedAt: NOW - 60 }) });
			const used = policyFor([REGION]);
			const ports = new Journal().ports({ fleet: { read: async () => facts } });
			await measure(() => tick(optionsFor([REGION], used), { ...ports, pending: onePending(size) }));
		},
	},
	pools: launching("plan and launch, and EC2 has no capacity", (size) => manyPools(size), noCapacity),
	ceilings: launching(
		"plan and launch under limits of cost, and EC2 has no capacity",
		(size) => manyPools(size, true),
		noCapacity,
	),
	launches: launching(
		"plan and launch, and EC2 launches one instance for each request",
		(size) => manyPools(size),
		oneEach,
	),
};

/** Names of which each matches one of the patterns. */
function buildersFor(patterns: number): readonly string[] {
	return Array.from({ length: BUILDERS }, (_, index) => `builder-${index}-${index % patterns}`);
}

/** Runs before the one that is measured, where compiling the code for the first of them would take longer than all else. */
const WARM_UP = 5;

function warm<T>(work: () => T): () => T {
	for (let run = 0; run < WARM_UP; run += 1) work();
	return work;
}

function policyFor(regions: readonly string[]) {
	return policy({
		builderMap: [{ source: "bld", line: 1, regex: /bld/y, mozType: "bld" }],
		regionPriorities: Object.fromEntries(regions.map((name) => [name, 1])),
		spotRules: { bld: [spotRule()] },
		spotLimits: { global: {}, regions: Object.fromEntries(regions.map((name) => [name, { bld: 1_000_000 }])) },
		types: { bld: typeConfig("bld", regions) },
	});
}

function optionsFor(regions: readonly string[], used: ReturnType<typeof policyFor>) {
	const mode = "launch" as const;
	return { policy: used, regions, mode, latestAmiPercentage: 100, maxLaunches: 10, maxHourlyCost: null, timeout: 240 };
}

/** More than the machines that run, so that the tick launches. */
function onePending(machines: number) {
	const builders = [{ builder: "bld", count: machines + 10, oldestSubmittedAt: NOW - 60 }];
	return { read: async () => ({ builders, outsideAgeWindow: 0 }) };
}

/** Reads real answers, so the processor time of the simulator, in the same process, is part of what is measured. */
async function readOverSockets(
	regions: readonly string[],
	machines: number,
	measure: (work: () => unknown) => Promise<void>,
): Promise<void> {
	const world = createWorld({ regions: threeZoneRegions(regions), now: NOW });
	for (const name of regions) {
		for (let index = 0; index < machines; index += 1) {
			world.addInstance({ region: name, mozType: "bld", age: 60, lifecycle: "spot", tags: { "moz-state": "ready" } });
		}
	}
	await using endpoint = await Ec2Endpoint.start(world);
	Object.assign(process.env, endpoint.environment);
	const used = policyFor(regions);
	const clock = { now: () => world.now(), elapsed: () => performance.now() };
	const run = { id: "growth", step: "", url: null };
	const cloud = openCloud({ policy: used, run, clock, ending: NEVER, proxies: null, certificates: null });
	await measure(async () => {
		const ports = new Journal().ports({
			pending: onePending(regions.length * machines),
			cloud: async () => cloud,
			clock,
		});
		const report = await tick(optionsFor(regions, used), ports);
		if (report.failures.length > 0) throw new Error(`the tick failed: ${report.failures[0]?.message}`);
	});
	cloud.close();
}

/** A plan for many pools, made and launched. */
function launching(
	what: string,
	inputFor: (pools: number) => Parameters<typeof launchAll>[0],
	answer: Parameters<typeof launchAll>[1],
): Workload {
	return {
		what,
		unit: "pools",
		sizes: POOLS,
		run: async (size, measure) => {
			const input = inputFor(size);
			await measure(() => launchAll(input, answer));
		},
	};
}
