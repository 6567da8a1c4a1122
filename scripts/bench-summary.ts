/** How long the job summary of a very large tick takes. */
import { summarise } from "../src/summary/summary.ts";
import { report, reportedLaunch, reportedPool } from "../test/core/reports.ts";

const POOLS = 2_000;
const REGIONS = 20;
const UNMATCHED = 50_000;

/** CPU milliseconds (the median of 5 after a warm-up), and the page's bytes. */
export function measureSummary(): { readonly what: string; readonly milliseconds: number; readonly bytes: number } {
	const regions = Array.from({ length: REGIONS }, (_, index) => `xx-region-${index}`);
	const code = "no-capacity";
	const large = report({
		regions,
		heuristics: { freshInstanceDelay: 1200, freshInstanceDelayJacuzzi: 1200, oldDivisor: 10, scope: "lifecycle" },
		pending: {
			total: UNMATCHED + 10 * POOLS,
			matched: 10 * POOLS,
			unmatched: UNMATCHED,
			hidden: 0,
			oldestSubmittedAt: null,
			builders: Array.from({ length: UNMATCHED }, (_, index) => ({
				builder: `Linux <${index}> | build`,
				count: 1,
				mozType: null,
				slaveset: null,
				reason: "unmatched",
			})),
			reasons: [{ code: "unmatched", message: "no pattern of buildermap matches", count: UNMATCHED }],
		},
		pools: Array.from({ length: POOLS }, (_, index) =>
			reportedPool({
				mozType: `type-${index}`,
				pending: 10,
				needed: 10,
				launched: 8,
				shortfall: 2,
				reasons: [
					{ code: "launched", message: "launched", count: 8 },
					{ code, message: `no capacity for c6i.xlarge in ${regions[index % REGIONS]}a`, count: 2 },
				],
				stages: [{ lifecycle: "spot", count: 10, fresh: 0, old: 0, needed: 10, launched: 8, caps: [] }],
			}),
		),
		launches: Array.from({ length: 8 * POOLS }, (_, index) =>
			reportedLaunch({ mozType: `type-${index % POOLS}`, region: regions[index % REGIONS] ?? "" }),
		),
	});
	let bytes = 0;
	const times = Array.from({ length: 6 }, () => {
		const start = process.cpuUsage();
		bytes = Buffer.byteLength(summarise(large));
		const { user, system } = process.cpuUsage(start);
		return (user + system) / 1000;
	});
	const milliseconds = times.slice(1).toSorted((a, b) => a - b)[2] ?? 0;
	return {
		what: `summary of ${POOLS} pools, ${REGIONS} regions, ${UNMATCHED} unmatched builders`,
		milliseconds,
		bytes,
	};
}
