/**
 * How processor time grows with the size of a site.
 * Usage of one measurement, in a process of its own: node bench/growth.ts <workload> <size> [least]
 */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { configure, countMapped, inWorkspace } from "./deciding.ts";
import { createPendingRows } from "./pending-rows.ts";
import { median, type Row } from "./table.ts";
import { WORKLOADS, type Workload } from "./workloads.ts";

const ROWS = [10_000, 100_000, 1_000_000, 5_000_000];
const RUNS = 3;
/** Times linear growth: processor caches hold less of a larger size. */
const MOST = 1.75;
/** Times the least that any program has to do. */
const MOST_OF_LEAST = 1.5;

export async function measureGrowth(): Promise<readonly Row[]> {
	return [await growthOfRows(), ...Object.entries(WORKLOADS).map(([name, workload]) => growthOf(name, workload))];
}

/** From one size to the next. */
function growthOf(name: string, { what, unit, sizes, least }: Workload): Row {
	// In a process of its own each, as a run does it once per process, too.
	const timesOf = (variant: Variant) =>
		sizes.map((size) => median(Array.from({ length: RUNS }, () => secondsOf(name, size, variant))));
	const times = timesOf("run");
	const row = { what: `${what}: ${sizes.map(inWords).join(", ")} ${unit}` };
	if (least !== undefined) {
		const bare = timesOf("least");
		const ratios = times.map((time, index) => time / (bare[index] ?? 0));
		return {
			...row,
			measured: `${times.map(inMilliseconds).join(", ")} ms; ${ratios.map((ratio) => ratio.toFixed(1)).join(", ")} × a bare loop`,
			bound: `≤ ${MOST_OF_LEAST} × for the last`,
			kept: (ratios.at(-1) ?? Number.POSITIVE_INFINITY) <= MOST_OF_LEAST,
		};
	}
	const [large = 0, small = 0] = times.toReversed();
	const [most = 0, more = 0] = sizes.toReversed();
	return {
		...row,
		measured: `${times.map(inMilliseconds).join(", ")} ms; the last step takes ${(large / small).toFixed(1)} × as long`,
		bound: `≤ ${MOST} × ${most / more} ×`,
		kept: large <= (MOST * most * small) / more,
	};
}

type Variant = "run" | "least";

function secondsOf(name: string, size: number, variant: Variant): number {
	const { stdout, stderr } = spawnSync(process.execPath, [fileURLToPath(import.meta.url), name, String(size), variant]);
	const seconds = Number.parseFloat(String(stdout));
	if (Number.isNaN(seconds)) throw new Error(`${name} ${size} failed:\n${stderr}`);
	return seconds;
}

/** Rows grow as the database's own count does, whose index no longer fits the processor's caches. */
async function growthOfRows(): Promise<Row> {
	const results: { readonly ours: number; readonly bare: number }[] = [];
	for (const rows of ROWS) results.push(await timesOfRows(rows));
	const ratios = results.map(({ ours, bare }) => ours / bare);
	return {
		what: `read and map, SQLite, 2,000 builders: ${ROWS.map(inWords).join(", ")} pending rows`,
		measured: `${results.map(({ ours }) => inMilliseconds(ours)).join(", ")} ms; ${ratios.map((ratio) => ratio.toFixed(1)).join(", ")} × the bare GROUP BY`,
		bound: "≤ 1.75 × from 1,000,000 rows on",
		kept: ratios.slice(2).every((ratio) => ratio <= 1.75),
	};
}

async function timesOfRows(rows: number): Promise<{ readonly ours: number; readonly bare: number }> {
	const { bare, source, end } = await createPendingRows("SQLite", { builders: 2_000, rows });
	try {
		return await inWorkspace(async (workspace) => {
			const policy = configure(workspace, 55);
			const ours = async () => countMapped(source, policy);
			return { ours: await medianOf(ours), bare: await medianOf(bare) };
		});
	} finally {
		await end();
	}

	async function medianOf(work: () => Promise<unknown>): Promise<number> {
		const times: number[] = [];
		for (let run = 0; run < RUNS; run += 1) times.push(await processorSeconds(work));
		return median(times);
	}
}

async function processorSeconds(work: () => unknown): Promise<number> {
	const before = process.cpuUsage();
	await work();
	const { user, system } = process.cpuUsage(before);
	return (user + system) / 1e6;
}

function inMilliseconds(seconds: number): string {
	return (1000 * seconds).toFixed(seconds < 0.01 ? 1 : 0);
}

function inWords(size: number): string {
	return size.toLocaleString("en-US");
}

if (import.meta.main) {
	const [, , name = "", size, variant] = process.argv;
	const workload = WORKLOADS[name];
	if (workload === undefined) throw new Error(`"${name}" is not one of ${Object.keys(WORKLOADS).join(", ")}`);
	const run = variant === "least" ? workload.least : workload.run;
	await run?.(Number(size), async (work) => console.log(await processorSeconds(work)));
}
