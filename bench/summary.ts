/** The job summary of the largest site that one could think of. */
import { summarize } from "../src/summary/summary.ts";
import { largeReport } from "../test/summary/large-report.ts";
import type { Row } from "./table.ts";

/** The first rendering in this process, as a run has one only. */
export async function measureSummary(): Promise<readonly Row[]> {
	const report = largeReport({ pools: 2_000, regions: 20, unmatched: 50_000, launches: 2_000 });
	const before = process.cpuUsage();
	const page = summarize(report);
	const { user, system } = process.cpuUsage(before);
	const [seconds, bytes] = [(user + system) / 1e6, Buffer.byteLength(page)];
	return [
		{
			what: "job summary of 2,000 pools, 20 regions, 50,000 unmatched builders, 2,000 launches",
			measured: `${(seconds * 1000).toFixed(0)} ms of processor time, ${(bytes / 1024).toFixed(0)} KiB`,
			bound: "≤ 1,000 ms, ≤ 1,024 KiB",
			kept: seconds <= 1 && bytes <= 1024 * 1024,
		},
	];
}
