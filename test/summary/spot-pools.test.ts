import { expect, it } from "vitest";
import type { Report, ReportedSpotPool } from "../../src/core/report/report.ts";
import { summarize } from "../../src/summary/summary.ts";
import { report } from "../core/reports.ts";

const pool = (availabilityZone: string, live: number, overrides: Partial<ReportedSpotPool> = {}): ReportedSpotPool => ({
	...{ mozType: "bld", region: "us-west-2", role: null, availabilityZone, instanceType: "c6i.xlarge", live },
	...{ launched: 0, reclaimed: 0, spotPrice: 0.1 },
	...overrides,
});
const page = (overrides: Partial<Report>) => summarize(report(overrides));

it("states in one line what one reclaim can take, and lists the pools in a fold", () => {
	const spotPools = [pool("us-west-2b", 4), pool("us-west-2a", 30, { launched: 4 }), pool("us-west-2c", 2)];
	const shown = page({ spotPools });
	expect(shown).toContain("<summary>Spot machines by pool; largest pool: 34 of 40 in us-west-2a</summary>");
	expect(shown).toContain("| bld  | 34 of 40 | us-west-2a | c6i.xlarge        |   4 | 0.1000 |           |");
	expect(shown.indexOf("34 of 40 |")).toBeLessThan(shown.indexOf("4 of 40 | "));
	expect(shown).not.toContain("Cost of spreading");
	expect(shown).not.toContain("tried last");
});

it("adds up the types in a pool, but not pools of the same zone name in two accounts", () => {
	const spotPools = [
		pool("us-west-2a", 3),
		pool("us-west-2a", 4, { mozType: "tst" }),
		pool("us-west-2a", 6, { mozType: "try", role: "arn:aws:iam::123456789012:role/other" }),
	];
	expect(page({ spotPools })).toContain("largest pool: 7 of 13 in us-west-2a<");
});

it("states what spreading costs, and where EC2 reclaimed", () => {
	const shown = page({
		spotPools: [pool("us-west-2a", 0, { reclaimed: 8 })],
		spread: [
			{ mozType: "bld", pools: 3, premium: 0.1, usdPerHour: 0.016 },
			{ mozType: "tst", pools: 3, premium: 0.1, usdPerHour: null },
		],
	});
	expect(shown).toContain("<summary>Spot machines by pool; none is running</summary>");
	expect(shown).toContain(
		"Pools from which EC2 reclaimed instances in the last 15 minutes are tried last. Cost of spreading, in USD per hour above the cheapest pool: bld 0.0160, tst unknown.",
	);
});

it("has no such fold without spot machines", () => {
	expect(page({})).not.toContain("Spot machines");
});
