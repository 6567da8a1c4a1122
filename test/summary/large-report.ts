/** A report of the largest site that one could think of. */
import type { Report } from "../../src/core/report/report.ts";
import { report, reportedLaunch, reportedPool } from "../core/reports.ts";

const ZONES = ["a", "b", "c"];

/** Half of the pools are short of one instance. */
export function largeReport(size: {
	readonly pools: number;
	readonly regions: number;
	readonly unmatched: number;
	readonly launches: number;
}): Report {
	const regions = Array.from({ length: size.regions }, (_, index) => `us-test-${index + 1}`);
	const regionOf = (index: number) => regions[index % regions.length] ?? "";
	const typeOf = (index: number) => `type-${String(index % 500).padStart(3, "0")}`;
	const names = (index: number) => Array.from({ length: 4 }, (_, worker) => `worker-${index}-${worker}`);
	const slavesetOf = (index: number) => (index < 500 ? null : names(index));
	const reason = (region: string) =>
		ZONES.map((zone) => `spot c6i.2xlarge in ${region}${zone}: InsufficientInstanceCapacity`).join("; ");
	const indexes = Array.from({ length: size.pools }, (_, index) => index);
	return report({
		regions,
		pending: {
			total: size.pools * 20 + size.unmatched,
			matched: size.pools * 20,
			unmatched: size.unmatched,
			outsideAgeWindow: 0,
			oldestSubmittedAt: null,
			builders: [
				...indexes.map((index) => ({
					builder: `Linux x86-64 branch-${index} debug static analysis build`,
					count: 20,
					mozType: typeOf(index),
					slaveset: slavesetOf(index),
					reason: null,
				})),
				...Array.from({ length: size.unmatched }, (_, index) => ({
					builder: `WINNT 5.2 branch-${index} build`,
					count: 1,
					mozType: null,
					slaveset: null,
					reason: "unmatched",
				})),
			],
			reasons: [{ code: "unmatched", message: "no pattern of buildermap matches", count: size.unmatched }],
		},
		heuristics: { freshInstanceDelay: 1200, freshInstanceDelayJacuzzi: 1200, oldDivisor: 10, scope: "pool" },
		pools: indexes.map((index) =>
			reportedPool({
				mozType: typeOf(index),
				slaveset: slavesetOf(index),
				pending: 20,
				needed: 10,
				launched: index % 2 === 0 ? 9 : 10,
				shortfall: index % 2 === 0 ? 1 : 0,
				possiblyLaunched: 0,
				reasons: [
					{ code: "covered-by-fresh", message: "m", count: 10 },
					{ code: "launched", message: "launched", count: index % 2 === 0 ? 9 : 10 },
					...(index % 2 === 0 ? [{ code: "no-capacity", message: reason(regionOf(index)), count: 1 }] : []),
				],
				phases: [{ lifecycle: "spot", count: 20, fresh: 10, old: 3, needed: 10, launched: 9, caps: [] }],
			}),
		),
		launches: Array.from({ length: size.launches }, (_, index) =>
			reportedLaunch({ mozType: typeOf(index), region: regionOf(index), name: `name-${index}` }),
		),
		refusals: indexes.map((index) => ({
			mozType: typeOf(index),
			region: regionOf(index),
			availabilityZone: `${regionOf(index)}a`,
			instanceType: "c6i.2xlarge",
			lifecycle: "spot" as const,
			wanted: 10,
			code: "InsufficientInstanceCapacity",
			message: "m",
		})),
		exclusions: indexes.map((index) => ({
			mozType: typeOf(index),
			lifecycle: "spot" as const,
			code: "no-price",
			message: `c6i.2xlarge in ${regionOf(index)}a costs $0.3, above 0.8 × the bid of $0.34`,
		})),
		apiCalls: Object.fromEntries(regions.map((region) => [region, { DescribeInstances: 3, RunInstances: 9 }])),
	});
}
