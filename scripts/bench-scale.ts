/**
 * Measures launches of many machines against EC2's token buckets, in stepped time: what the buckets cost, without the time
 * of answers.
 * Usage: node scripts/bench-scale.ts
 */

import { pathToFileURL } from "node:url";
import { launchAtScale, type Measured, type NAMING, type Naming } from "../test/harness/launch-at-scale.ts";

const REGIONS = ["us-east-1", "us-west-2"];
/** Seconds that the margin below EC2's buckets costs at the start of a tick. */
const START = 0.75;

/** A scenario beside the bound that EC2's buckets set for its calls. */
export interface ScaleRow {
	readonly what: string;
	readonly measured: string;
	readonly bound: string;
	readonly kept: boolean;
}

export async function measureScale(): Promise<readonly ScaleRow[]> {
	const rows: ScaleRow[] = [];
	for (const naming of ["no names", "names", "{fqdn}", "{names}"] as const satisfies readonly (keyof typeof NAMING)[]) {
		for (const count of [1, 10, 100, 500, 1000]) {
			rows.push(rowOf(naming, count, await launchAtScale({ count, naming, regions: REGIONS })));
		}
	}
	return rows;
}

function rowOf(naming: Naming, count: number, measured: Measured): ScaleRow {
	const { launched, throttles, calls, lastLaunch, end, launchBound, bound } = measured;
	const kept =
		launched === count && throttles === 0 && lastLaunch <= 1.15 * launchBound + START && end <= 1.15 * bound + START;
	return {
		what: `launch ${count} with ${naming} in ${REGIONS.length} regions`,
		measured: `last launch ${lastLaunch.toFixed(1)} s, end ${end.toFixed(1)} s, ${calls.RunInstances} RunInstances, ${calls.CreateTags} CreateTags, ${throttles} throttled`,
		bound: `≤ 1.15 × ${launchBound.toFixed(1)} s, ≤ 1.15 × ${bound.toFixed(1)} s, + ${START} s each; none throttled`,
		kept,
	};
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
	const rows = await measureScale();
	for (const { what, measured, bound, kept } of rows) {
		console.log(`${what.padEnd(45)}  ${measured.padEnd(85)}  ${bound}  ${kept ? "ok" : "EXCEEDED"}`);
	}
	process.exitCode = rows.every(({ kept }) => kept) ? 0 : 1;
}
