/** The schema of a replay's JSON report. */
import { z } from "zod";
import { type ReplayReport, TIMINGS } from "../src/core/report/replay-report.ts";

const count = z.int().min(0);
/** Seconds; null: never. */
const wait = z.number().min(0).nullable();
const waits = z.strictObject({ p50: wait, p95: wait, p99: wait, longest: wait });
const outcome = waits.extend({
	notServed: count,
	launched: count,
	neverUsed: count,
	machineHours: z.number().min(0),
	cost: z.number().min(0).nullable(),
});
const comparison = z.strictObject({ requests: count, real: waits, simulated: waits, differs: z.boolean() });
const byType = { mozType: z.string() };

export const replayReportSchema: z.ZodType<ReplayReport> = z.strictObject({
	version: z.literal(1),
	mode: z.literal("replay"),
	from: z.iso.datetime(),
	until: z.iso.datetime(),
	requests: z.strictObject({
		replayed: count,
		unmatched: count,
		neverStarted: count,
		unfinished: count,
		implausible: count,
	}),
	assumptions: z.strictObject({
		shortestBoot: count,
		longestBoot: count,
		idleStop: count,
		maxLaunches: count,
		maxHourlyCost: z.number().nullable(),
		seeds: count,
	}),
	validation: z.strictObject({ total: comparison, types: z.array(comparison.extend(byType)) }).nullable(),
	settings: z.array(
		z.strictObject({
			freshInstanceDelay: count,
			oldDivisor: count,
			scope: z.enum(["lifecycle", "pool"]),
			timing: z.enum(TIMINGS),
			isCurrent: z.boolean(),
			isUnbeaten: z.boolean(),
			isAdvised: z.boolean(),
			total: outcome,
			types: z.array(outcome.extend(byType)),
		}),
	),
	advice: z.string(),
	caveats: z.array(z.string()),
});
