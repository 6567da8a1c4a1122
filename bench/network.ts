/** Round trips over a slow network: the fewer follow one another, the sooner a tick ends. */
import { openCloud } from "../src/adapters/ec2/open.ts";
import { tick } from "../src/tick/tick.ts";
import { policy as makePolicy, spotRule, typeConfig } from "../test/core/facts.ts";
import { NEVER } from "../test/harness/ending.ts";
import { measureAtScale } from "../test/harness/launch-at-scale.ts";
import { Journal, OPTIONS } from "../test/tick/world.ts";
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

/** 100 ms on every EC2 answer, in simulated time; 4 regions, 10 types, 200 instances. */
async function launchOverSlowNetwork(): Promise<readonly Row[]> {
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
	let placements = 0;
	const { launched, chain, calls } = await measureAtScale({ regions: REGIONS, latency: 100 }, async (stage) => {
		const { world, timer } = stage;
		const clock = { now: () => Math.floor(world.now()), elapsed: () => timer.now() };
		const run = { id: "bench", step: "", url: null };
		const client = { timer };
		const cloud = openCloud({ policy, run, clock, ending: NEVER, proxies: null, certificates: null, client });
		const builders = TYPES.map((builder) => ({ builder, count: 20, oldestSubmittedAt: clock.now() }));
		const ports = new Journal().ports({
			pending: { read: async () => ({ builders, outsideAgeWindow: 0 }) },
			cloud: async () => cloud,
			clock,
		});
		const report = await tick({ ...OPTIONS, policy, regions: REGIONS }, ports);
		placements = new Set(report.launches.map((launch) => `${launch.mozType} ${launch.subnetId}`)).size;
		cloud.close();
	});
	return [
		{
			what: `launch ${launched} instances of 10 types in 4 regions, 100 ms per answer`,
			measured: `${chain} sequential round trips`,
			bound: "≤ 5",
			kept: chain <= 5 && launched === 200,
		},
		{
			what: "RunInstances calls for them",
			measured: `${calls.RunInstances} for ${placements} placements`,
			bound: "one per placement",
			kept: calls.RunInstances === placements,
		},
	];
}
