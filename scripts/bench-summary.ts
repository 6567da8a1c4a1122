/** Renders the job summary of a site larger than any we expect. */
import { summarise } from "../src/summary/summary.ts";
import { largeReport } from "../test/summary/large-report.ts";

export interface SummaryCost {
	/** CPU seconds, user and system, including garbage collection. */
	readonly seconds: number;
	/** Size of the page in UTF-8. */
	readonly bytes: number;
}

/** Must be the first rendering in this process, because a run renders only once. */
export function renderLargeSummary(): SummaryCost {
	const report = largeReport({ pools: 2_000, regions: 20, unmatched: 50_000, launches: 2_000 });
	const before = process.cpuUsage();
	const page = summarise(report);
	const { user, system } = process.cpuUsage(before);
	return { seconds: (user + system) / 1e6, bytes: Buffer.byteLength(page) };
}
