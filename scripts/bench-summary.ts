/** Renders the job summary of the largest site that one could think of. */
import { summarize } from "../src/summary/summary.ts";
import { largeReport } from "../test/summary/large-report.ts";

export interface SummaryCost {
	/** Seconds of processor time, user and system, garbage collection included. */
	readonly seconds: number;
	/** Of UTF-8. */
	readonly bytes: number;
}

/** The first rendering in this process, as a run has one only. */
export function renderLargeSummary(): SummaryCost {
	const report = largeReport({ pools: 2_000, regions: 20, unmatched: 50_000, launches: 2_000 });
	const before = process.cpuUsage();
	const page = summarize(report);
	const { user, system } = process.cpuUsage(before);
	return { seconds: (user + system) / 1e6, bytes: Buffer.byteLength(page) };
}
