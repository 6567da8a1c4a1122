/** Launches of many machines against EC2's token buckets, and the same with the calls that other tools make. */
import { launchAtScale, type Measured, type Naming, type Scale } from "../test/harness/launch-at-scale.ts";
import { PEERS } from "./peers.ts";
import type { Row } from "./table.ts";

const REGIONS = ["us-east-1", "us-west-2"];
const ONE_REGION = ["us-west-2"];
/** Milliseconds of each answer. */
const LATENCY = 50;
const NAMINGS: readonly Naming[] = ["no names", "names", "{fqdn}", "{names}"];
/** Seconds that a launch may take although EC2's buckets would not delay it: reading EC2, and the margin in our budgets. */
const LEAST = 1;

export async function measureScale(): Promise<readonly Row[]> {
	const rows: Row[] = [];
	for (const naming of NAMINGS) {
		for (const count of [1, 10, 100, 500, 1_000]) rows.push(rowOf(await measure({ count, naming, regions: REGIONS })));
	}
	rows.push(await namesInOneRegion(false), ...(await compareWithPeers()));
	// In the machine's own time, for what its processor and sockets add.
	rows.push(await namesInOneRegion(true));
	rows.push(rowOf(await measure({ count: 500, naming: "names", regions: REGIONS, isReal: true })));
	rows.push(rowOf(await measure({ count: 50, naming: "{fqdn}", regions: REGIONS, isReal: true })));
	return rows;
}

interface Scenario extends Omit<Scale, "latency"> {
	readonly count: number;
	readonly naming: Naming;
}

type Result = Scenario & { readonly measured: Measured };

async function measure(scenario: Scenario): Promise<Result> {
	return { ...scenario, measured: await launchAtScale({ ...scenario, latency: LATENCY }) };
}

function rowOf({ count, naming, regions, isReal, measured }: Result): Row {
	const { launched, throttles, lastLaunch, end, launchBound, bound } = measured;
	const kept = launched === count && throttles === 0 && lastLaunch <= mostFor(launchBound) && end <= mostFor(bound);
	return {
		what: `${titleOf(count, regions)}: ours with ${naming}${isReal ? ", real time" : ""}`,
		measured: describe(measured),
		bound: `buckets: ${launchBound.toFixed(1)} s, ${bound.toFixed(1)} s; ≤ ${mostFor(launchBound).toFixed(1)} s, ≤ ${mostFor(bound).toFixed(1)} s; 0 throttled`,
		kept,
	};
}

async function namesInOneRegion(isReal: boolean): Promise<Row> {
	const result = await measure({ count: 1_000, naming: "{names}", regions: ONE_REGION, isReal });
	const { launched, throttles, lastLaunch } = result.measured;
	return {
		...rowOf(result),
		bound: "last launch ≤ 3 s; 0 throttled",
		kept: launched === 1_000 && throttles === 0 && lastLaunch <= 3,
	};
}

/** 100 machines in one region. */
async function compareWithPeers(): Promise<readonly Row[]> {
	const count = 100;
	const ours: Result[] = [];
	for (const naming of NAMINGS) ours.push(await measure({ count, naming, regions: ONE_REGION }));
	const rows = ours.map(rowOf);
	for (const { name, counterpart, launch } of PEERS) {
		const measured = await launch({ count, regions: ONE_REGION, latency: LATENCY });
		if (measured.launched !== count) throw new Error(`${name} launched ${measured.launched}`);
		const own = ours.find(({ naming }) => naming === counterpart)?.measured.end ?? Number.NaN;
		rows.push({
			what: `${titleOf(count, ONE_REGION)}: ${name}`,
			measured: `${describe(measured)}; ours with ${counterpart} takes ${(own / measured.end).toFixed(3)} × as long`,
			bound: "ours ≤ 1 ×",
			kept: own <= measured.end,
		});
	}
	return rows;
}

function titleOf(count: number, regions: readonly string[]): string {
	return `${count.toLocaleString("en-US")} in ${regions.length} region${regions.length === 1 ? "" : "s"}`;
}

/** Seconds that we may take for calls whose buckets take `bound` seconds. */
function mostFor(bound: number): number {
	return Math.max(LEAST, 1.15 * bound);
}

function describe({ lastLaunch, end, calls, chain, throttles }: Measured): string {
	const seconds = `last launch ${lastLaunch.toFixed(1)} s, end ${end.toFixed(1)} s`;
	const counts = `${calls.RunInstances} RunInstances, ${calls.CreateTags} CreateTags, ${calls.all} calls`;
	return `${seconds}; ${counts}, longest chain ${chain}, ${throttles} throttled`;
}
