/** The summary of a run that watched. */
import { describe, expect, it } from "vitest";
import type { Report, ReportedTick } from "../../src/core/report/report.ts";
import { summarize } from "../../src/summary/summary.ts";
import { NOW } from "../core/facts.ts";
import { report, reportedLaunch, reportedPool } from "../core/reports.ts";

const isoAt = (seconds: number) => new Date((NOW + seconds) * 1000).toISOString();

function ticks(count: number, overrides: Partial<ReportedTick> = {}): readonly ReportedTick[] {
	return Array.from({ length: count }, (_, index) => ({
		...{ startedAt: isoAt(index * 60), pending: 4, needed: 2, launched: 2, shortfall: 0, possiblyLaunched: 0 },
		...overrides,
	}));
}

function watched(overrides: Partial<Report> = {}): Report {
	return report({
		startedAt: isoAt(0),
		finishedAt: isoAt(3_300),
		ticks: ticks(3),
		waits: { requests: 6, p50: 12, p95: 61, longest: 70 },
		launches: [
			reportedLaunch({ mozType: "bld", region: "us-east-1" }),
			reportedLaunch({ mozType: "bld", region: "us-west-2", lifecycle: "on-demand" }),
			reportedLaunch({ mozType: "tst", region: "us-west-2" }),
		],
		pools: [reportedPool({ pending: 4, needed: 2, launched: 2 })],
		...overrides,
	});
}

describe("the summary of a watch", () => {
	it("begins with how long it watched, and what it launched", () => {
		expect(summarize(watched())).toMatch(/^## ✅ Watched for 55 min: launched 3 instances in 3 ticks\n/);
	});

	it("says how long requests waited for the launch call", () => {
		expect(summarize(watched())).toContain(
			"From request to launch call: half of 6 requests within 12 s, 95 % within 1 min, longest 1 min",
		);
	});

	it("has the launches of the whole run per type and region", () => {
		const page = summarize(watched());
		expect(page).toMatch(/^\| bld +\| +2 \| +1 \+ 0 \| +0 \+ 1 \|$/m);
		expect(page).toMatch(/^\| \*\*Total\*\* +\| +3 \| +1 \+ 0 \| +1 \+ 1 \|$/m);
	});

	it("draws a timeline from two ticks on, with at most 60 points", () => {
		expect(summarize(watched({ ticks: ticks(1) }))).not.toContain("xychart-beta");
		const [, points = ""] = /^ {2}bar \[(.*)\]$/m.exec(summarize(watched({ ticks: ticks(1_000) }))) ?? [];
		const launched = points.split(", ").map(Number);
		expect(launched.length).toBeLessThanOrEqual(60);
		expect(launched.reduce((sum, one) => sum + one, 0)).toBe(2_000);
	});

	it("has Why of the last tick and a fold of all ticks", () => {
		const page = summarize(watched());
		expect(page).toContain("### Why");
		expect(page).toContain("<summary>3 ticks</summary>");
	});

	it("keeps failures that later ticks did without out of what went wrong", () => {
		const failure = { stage: "read", region: "us-east-1", mozType: null, code: "X", message: "It failed." };
		const healed = summarize(watched({ failures: [{ ...failure, healed: true }] }));
		expect(healed).not.toContain("### What went wrong");
		expect(healed).toContain("<summary>1 failure that later ticks did without</summary>");
		const open = summarize(watched({ failures: [{ ...failure, healed: false }] }));
		expect(open).toMatch(/^## ❌/);
		expect(open).toContain("### What went wrong");
	});

	it("names the cause and the remedy if the last tick left something short, and only then", () => {
		const pools = [
			reportedPool({ pending: 4, needed: 4, shortfall: 4, reasons: [{ code: "no-price", message: "m", count: 4 }] }),
		];
		const short = ticks(2).map((tick) => ({ ...tick, shortfall: 4 }));
		expect(summarize(watched({ pools, ticks: short }))).toContain("\n\n**4 short** (bld): every spot price");
		const served = [...short, ...ticks(1)].map((tick, index) => ({ ...tick, shortfall: index < 2 ? 4 : 0 }));
		expect(summarize(watched({ pools, ticks: served }))).not.toContain("**4 short** (bld): every");
	});

	it("never forgets launches that may have happened", () => {
		const [first, ...others] = ticks(3);
		const doubtful = first === undefined ? [] : [{ ...first, shortfall: 2, possiblyLaunched: 2 }, ...others];
		expect(summarize(watched({ ticks: doubtful }))).toMatch(/^## ⚠️ .*; up to 2 more may have launched\n/);
	});
});
