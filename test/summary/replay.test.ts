import { describe, expect, it } from "vitest";
import { plainText } from "../../src/adapters/terminal/text.ts";
import type { ReplayedSetting, ReplayOutcome, ReplayReport } from "../../src/core/report/replay-report.ts";
import { summarizeReplay } from "../../src/summary/replay.ts";

const WAITS = { p50: 40, p95: 750, p99: 1_000, longest: 8_000 };
const OUTCOME: ReplayOutcome = {
	...WAITS,
	...{ notServed: 0, launched: 1_234, neverUsed: 5, machineHours: 2_000.4, cost: 99.5 },
};

function setting(overrides: Partial<ReplayedSetting> = {}): ReplayedSetting {
	return {
		...{ freshInstanceDelay: 1_200, oldDivisor: 10, scope: "lifecycle", timing: "late" },
		...{ isCurrent: false, isUnbeaten: false, isAdvised: false, total: OUTCOME },
		types: [{ mozType: "bld|<b>", ...OUTCOME }],
		...overrides,
	};
}

function replayReport(overrides: Partial<ReplayReport> = {}): ReplayReport {
	const comparison = { requests: 10_000, real: WAITS, simulated: WAITS, differs: false };
	return {
		version: 1,
		mode: "replay",
		from: "2026-01-01T00:00:00.000Z",
		until: "2026-01-29T00:00:00.000Z",
		requests: { replayed: 10_000, unmatched: 1, neverStarted: 2, unfinished: 3, implausible: 4 },
		assumptions: {
			...{ shortestBoot: 180, longestBoot: 480, idleStop: 600, seeds: 3 },
			...{ maxLaunches: 200, maxHourlyCost: null },
		},
		validation: { total: comparison, types: [{ mozType: "bld|<b>", ...comparison }] },
		settings: [
			setting({ isCurrent: true }),
			setting({ freshInstanceDelay: 600, isAdvised: true, isUnbeaten: true, total: { ...OUTCOME, p95: 600 } }),
			setting({ freshInstanceDelay: 300, isUnbeaten: true, total: { ...OUTCOME, machineHours: 1_999, cost: null } }),
		],
		advice: "Set fresh_instance_delay to 600: better.",
		caveats: ["Nobody knows."],
		...overrides,
	};
}

describe("the summary of a replay", () => {
	const summary = summarizeReplay(replayReport());

	it("starts with the advice and how far it can be trusted", () => {
		expect(summary).toMatch(
			/^## Replay of 10,000 build requests, 2026-01-01 to 2026-01-29\n\n\*\*Set fresh_instance_delay/,
		);
		expect(summary).toContain(
			"The simulation of the current settings agrees with the real waits (median 40 s simulated",
		);
		expect(summary).toContain("ticks **late, as on GitHub** fit best");
	});

	it("warns if the simulation misses the real waits, and names the instance types", () => {
		const comparison = { requests: 1, real: WAITS, simulated: { ...WAITS, p99: null, p95: 4 }, differs: true };
		const validation = { total: comparison, types: [{ mozType: "tst", ...comparison }] };
		expect(summarizeReplay(replayReport({ validation }))).toMatch(
			/⚠️ .* so the advice is weak \(.*95th percentile 4 s simulated and 12\.5 min real\)\. It differs for tst\./,
		);
	});

	it("names neither a timing that fits nor weak advice if hardly any request is ever served", () => {
		const never = { p50: null, p95: null, p99: null, longest: null };
		const comparison = { requests: 1, real: WAITS, simulated: never, differs: true };
		expect(summarizeReplay(replayReport({ validation: { total: comparison, types: [] } }))).not.toMatch(
			/fit best|weak/,
		);
	});

	it("shows the real waits of each type beside those of the current and the advised settings", () => {
		const rows = summary.split("\n").filter((line) => line.startsWith("| ") && line.includes("12.5 min"));
		expect(rows[0]).toMatch(
			/^\| bld&#124;&#60;b&#62; +\| real +\| 40 s +\| 12\.5 min \| 16\.7 min \| 2 h 13 min \| +\|/,
		);
		expect(rows[1]).toMatch(/^\| +\| current, simulated +\| .* \| +2,000\.4 \| +1,234 \| +5 \| 99\.50 \|$/);
		expect(rows[2]).toMatch(/^\| +\| advised, simulated/);
	});

	it("lists the unbeaten settings and the current one, the one with the fewest machine-hours first", () => {
		const rows = summary.split("\n").filter((line) => /^\| \d/.test(line));
		expect(rows.map((row) => row.split("|").slice(1, 3).join("").replaceAll(/ +/g, " ").trim())).toEqual([
			"1 300",
			"2 (current) 1200",
			"3 (advised) 600",
		]);
		expect(rows[0]).toContain("unknown");
	});

	it("reads well in a terminal", () => {
		const text = plainText(summary);
		expect(text).not.toContain("mermaid");
		expect(text).toContain("- Nobody knows.");
	});

	it("has no tables if there was nothing to replay", () => {
		const empty = summarizeReplay(replayReport({ validation: null, settings: [], advice: "No advice." }));
		expect(empty).not.toContain("|");
	});
});
