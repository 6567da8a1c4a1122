/** Parses a saved JSON report. */
import { z } from "zod";
import type { Report } from "../src/core/report/report.ts";

const text = z.string();
const number = z.number();
const counts = z.object({ spot: number, onDemand: number });
const slaveset = z.array(text).nullable();
const lifecycle = z.enum(["spot", "on-demand"]);
const reason = z.object({ code: text, message: text, count: number });
const cap = z.object({ code: text, message: text, headroom: number, launched: number });
const phase = z.object({
	lifecycle,
	count: number,
	fresh: number,
	old: number,
	needed: number,
	launched: number,
	caps: z.array(cap),
});

/** Keys added since the first version of the report have defaults, so that older reports can be read. */
export const reportSchema = z
	.object({
		version: z.literal(1),
		mode: z.enum(["launch", "dry-run"]),
		startedAt: text,
		finishedAt: text,
		lockedBy: text.nullable().default(null),
		lockedSince: text.nullable().default(null),
		previousRun: z
			.object({ finishedAt: text, gapSeconds: number, expectedSeconds: number.nullable() })
			.nullable()
			.default(null),
		regions: z.array(text).default([]),
		pending: z.object({
			total: number,
			matched: number,
			unmatched: number,
			outsideAgeWindow: number.default(0),
			oldestSubmittedAt: text.nullable(),
			builders: z.array(
				z.object({
					builder: text,
					count: number,
					mozType: text.nullable(),
					slaveset,
					reason: text.nullable().default(null),
				}),
			),
			reasons: z.array(reason).default([]),
		}),
		heuristics: z
			.object({
				freshInstanceDelay: number,
				freshInstanceDelayJacuzzi: number,
				oldDivisor: number,
				scope: z.enum(["lifecycle", "pool"]),
			})
			.nullable()
			.default(null),
		pools: z.array(
			z.object({
				mozType: text,
				slaveset,
				pending: number,
				oldestSubmittedAt: text.nullable().default(null),
				running: counts,
				fresh: counts,
				needed: number,
				launched: number,
				shortfall: number,
				possiblyLaunched: number.default(0),
				reasons: z.array(reason),
				phases: z.array(phase).default([]),
			}),
		),
		instances: z
			.array(
				z.object({
					region: text,
					mozType: text.nullable(),
					instanceType: text,
					lifecycle,
					virtualizationType: text,
					rootDeviceType: text,
					count: number,
				}),
			)
			.default([]),
		deaths: z
			.array(
				z.object({
					mozType: text,
					region: text,
					availabilityZone: text,
					lifecycle,
					instanceType: text,
					imageId: text,
					code: text,
					message: text,
					count: number,
				}),
			)
			.default([]),
		spotPools: z
			.array(
				z.object({
					mozType: text,
					region: text,
					role: text.nullable(),
					availabilityZone: text,
					instanceType: text,
					live: number,
					launched: number,
					reclaimed: number,
					spotPrice: number.nullable(),
				}),
			)
			.default([]),
		spread: z
			.array(z.object({ mozType: text, pools: number, premium: number, usdPerHour: number.nullable() }))
			.default([]),
		firstBuilds: z
			.object({
				machines: number,
				median: number.nullable(),
				slowest: number.nullable(),
				neverConnected: z.array(
					z.object({
						mozType: text,
						region: text,
						availabilityZone: text,
						instanceType: text,
						imageId: text,
						count: number,
						launchedAt: text,
					}),
				),
			})
			.nullable()
			.default(null),
		launches: z.array(
			z.object({
				mozType: text,
				slaveset,
				region: text,
				role: text.nullable().default(null),
				availabilityZone: text,
				subnetId: text,
				instanceType: text,
				lifecycle,
				imageId: text,
				maxPrice: number.nullable(),
				spotPrice: number.nullable().default(null),
				onDemandPrice: number.nullable().default(null),
				instanceId: text.nullable(),
				name: text.nullable(),
				virtualizationType: text.nullable().default(null),
				rootDeviceType: text.nullable().default(null),
			}),
		),
		refusals: z
			.array(
				z.object({
					mozType: text,
					region: text,
					availabilityZone: text,
					instanceType: text,
					lifecycle,
					wanted: number,
					code: text,
					message: text,
				}),
			)
			.default([]),
		exclusions: z.array(z.object({ mozType: text, lifecycle, code: text, message: text })).default([]),
		failures: z.array(
			z.object({
				stage: text,
				region: text.nullable(),
				mozType: text.nullable(),
				code: text,
				message: text,
				healed: z.boolean().optional(),
			}),
		),
		apiCalls: z.record(text, z.record(text, number)),
		timings: z.array(z.object({ stage: text, seconds: number })).default([]),
		cost: z.object({ usdPerHour: number, unpriced: number }).optional(),
		ticks: z
			.array(
				z.object({
					startedAt: text,
					pending: number,
					needed: number,
					launched: number,
					shortfall: number,
					possiblyLaunched: number,
				}),
			)
			.nullable()
			.default(null),
		waits: z.object({ requests: number, p50: number, p95: number, longest: number }).nullable().default(null),
	})
	.transform(
		({ failures, ...report }): Report => ({
			...report,
			// Only the failures of a watch have the key.
			failures: failures.map(({ healed, ...failure }) => (healed === undefined ? failure : { ...failure, healed })),
			cost: report.cost ?? { usdPerHour: 0, unpriced: report.launches.length },
		}),
	);

/**
 * Parses a report that the action has written.
 * @throws Error that explains why the text is not a report
 */
export function parseReport(json: string): Report {
	let value: unknown;
	try {
		value = JSON.parse(json);
	} catch (error) {
		throw new Error(`it is not JSON: ${error instanceof Error ? error.message : String(error)}`);
	}
	const parsed = reportSchema.safeParse(value);
	if (parsed.success) return parsed.data;
	throw new Error(`it is not a report of this action:\n${z.prettifyError(parsed.error)}`);
}
