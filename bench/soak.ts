/** A simulated week of watches and ticks, with a load of day and night and random faults. */
import { setTimeout as wait } from "node:timers/promises";
import { soak } from "../test/harness/soak.ts";
import { heapMeter } from "./heap.ts";
import { percentile, type Row } from "./table.ts";

const DAYS = 7;
const SEED = 1;
/** Ticks after which the heap has its size: everything is loaded and compiled, and code that ran once is freed. */
const WARM = 600;
/** Milliseconds after which no time limit of an answered call is left. These limits are of real time, and hold the answer. */
const EXPIRY = 31_000;

export async function measureSoak(): Promise<readonly Row[]> {
	const heap = heapMeter();
	let early = { bytes: 0, ticks: 0 };
	const restingHeap = async () => {
		await wait(EXPIRY);
		return heap();
	};
	const afterRun = async (ticks: number) => {
		if (early.ticks === 0 && ticks >= WARM) early = { bytes: await restingHeap(), ticks };
	};
	const { ticks, launched, mishaps, problems, waits, left } = await soak({
		days: DAYS,
		seed: SEED,
		scale: 1,
		afterRun,
	});
	const perTick = ((await restingHeap()) - early.bytes) / (ticks - early.ticks);
	for (const problem of problems) console.error(problem);
	const what = `${DAYS} simulated days, seed ${SEED}, ${ticks.toLocaleString("en-US")} ticks`;
	return [
		{
			what: `${what}: machines that no report has, or that a tick missed; limits exceeded`,
			measured: `${problems.length} of ${launched} launched, with ${mishaps} faults`,
			bound: "0",
			kept: problems.length === 0,
		},
		{
			what: `${what}: wait for a machine, from request to start of build`,
			measured: `p50 ${percentile(0.5, waits)} s, p95 ${percentile(0.95, waits)} s, longest ${percentile(1, waits)} s; ${left} of ${waits.length.toLocaleString("en-US")} requests not built`,
			bound: "every request is built",
			kept: left === 0,
		},
		{
			what: `${what}: heap growth per tick, after the first ${early.ticks}`,
			measured: `${(perTick / 1000).toFixed(1)} kB`,
			bound: "≤ 2 kB",
			kept: perTick <= 2_000,
		},
	];
}
