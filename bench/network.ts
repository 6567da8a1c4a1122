/** Round trips over a slow network: the fewer follow one another, the sooner a tick ends. */
import { openCloud } from "../src/adapters/ec2/open.ts";
import { timeLimit } from "../src/adapters/time-limit.ts";
import { tick } from "../src/tick/tick.ts";
import { policy as makePolicy, spotRule, typeConfig } from "../test/core/facts.ts";
import { Ec2Endpoint } from "../test/ec2-endpoint/endpoint.ts";
import { createWorld, threeZoneRegions } from "../test/ec2-endpoint/world.ts";
import { NEVER } from "../test/harness/ending.ts";
import { QUIET } from "../test/harness/quiet-log.ts";
import { allocatorRounds } from "./allocator.ts";
import type { Row } from "./table.ts";

const REGIONS = ["us-east-1", "us-east-2", "us-west-1", "us-west-2"];
const TYPES = Array.from({ length: 10 }, (_, index) => `type-${index}`);

export async function measureNetwork(): Promise<readonly Row[]> {
	return [await askAllocator(), ...(await launchOverSlowNetwork())];
}

/** Eight builders share a round trip; one more request lists everything that is allocated. */
async function askAllocator(): Promise<Row> {
	const builders = 79;
	const rounds = await allocatorRounds(builders);
	const most = Math.ceil((builders + 1) / 8);
	return {
		what: `read ${builders} builders from an allocator`,
		measured: `${rounds} sequential round trips`,
		bound: `≤ ${most}`,
		kept: rounds <= most,
	};
}

/** 100 ms on every EC2 answer, 4 regions, 10 types, 200 instances. */
async function launchOverSlowNetwork(): Promise<readonly Row[]> {
	const world = createWorld({ regions: threeZoneRegions(REGIONS) });
	await using endpoint = await Ec2Endpoint.start(world, { latency: 100 });
	Object.assign(process.env, endpoint.environment);
	// Each type has a limit in one region only, so that all four are used, each within EC2's burst of five launches.
	const limits = Object.fromEntries(
		REGIONS.map((region, index) => [
			region,
			Object.fromEntries(TYPES.filter((_, type) => type % REGIONS.length === index).map((mozType) => [mozType, 20])),
		]),
	);
	const policy = makePolicy({
		builderMap: TYPES.map((mozType, index) => ({
			source: mozType,
			line: index + 1,
			regex: new RegExp(mozType, "uy"),
			mozType,
		})),
		regionPriorities: Object.fromEntries(REGIONS.map((region) => [region, 1])),
		spotRules: Object.fromEntries(TYPES.map((mozType) => [mozType, [spotRule()]])),
		spotLimits: { global: {}, regions: limits },
		types: Object.fromEntries(TYPES.map((mozType) => [mozType, typeConfig(mozType, REGIONS, `${mozType}-%03d`)])),
	});
	const clock = { now: () => world.now(), elapsed: () => performance.now() };
	const cloud = openCloud({
		policy,
		run: { id: "bench", step: "", url: null },
		clock,
		ending: NEVER,
		proxies: null,
		certificates: null,
	});
	const report = await tick(
		{
			policy,
			regions: REGIONS,
			mode: "launch",
			latestAmiPercentage: 100,
			maxLaunches: 200,
			maxHourlyCost: null,
			timeout: 240,
		},
		{
			pending: {
				read: async () => ({
					builders: TYPES.map((builder) => ({ builder, count: 20, oldestSubmittedAt: world.now() })),
					outsideAgeWindow: 0,
				}),
			},
			allocations: null,
			workers: null,
			lock: null,
			previousRun: null,
			cloud: async () => cloud,
			timeLimit,
			ending: NEVER,
			log: QUIET,
			clock,
		},
	);
	cloud.close();
	const rounds = endpoint.journal.rounds();
	const calls = endpoint.journal.calls("RunInstances").length;
	const placements = new Set(report.launches.map((launch) => `${launch.mozType} ${launch.subnetId}`)).size;
	return [
		{
			what: `launch ${report.launches.length} instances of 10 types in 4 regions, 100 ms per answer`,
			measured: `${rounds} sequential round trips`,
			bound: "≤ 5",
			kept: rounds <= 5 && report.launches.length === 200,
		},
		{
			what: "RunInstances calls for them",
			measured: `${calls} for ${placements} placements`,
			bound: "one per placement",
			kept: calls === placements,
		},
	];
}
