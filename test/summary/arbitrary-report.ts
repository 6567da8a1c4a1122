/** Arbitrary reports whose every text is hostile. */
import fc from "fast-check";
import type { Report } from "../../src/core/report/report.ts";
import { report } from "../core/reports.ts";

const PIECES = [
	"|",
	"`",
	"```",
	"<b>",
	"<script>alert(1)</script>",
	"<!--",
	"</details>",
	"](http://e.example)",
	"![x](y)",
	"\n",
	"\r\n",
	"\n\n# x\n",
	"**",
	"__",
	"http://e.example",
	"www.e.example",
	"a@e.example",
	"&amp;",
	"&lt;",
	"\\",
	"#1",
	"- ",
	"1. ",
	"> ",
	"~~",
	"@a",
	"$x$",
	":tada:",
	"[^1]",
	"[ ]",
	"::error::x",
	"##[group]",
	"\u001b[31m",
	"\u202e",
	"\u200b",
	"\u{e0041}",
	"\ud83d",
	"%%{init: {}}%%",
	'"',
	"]",
	"\t",
	"é",
	"日本",
	"😀",
	" ",
	"x",
];

/** Text as builders, tags and error messages may hold it. */
export const hostileText: fc.Arbitrary<string> = fc.oneof(
	{ weight: 10, arbitrary: fc.string({ unit: "binary", maxLength: 40 }) },
	{ weight: 30, arbitrary: fc.array(fc.constantFrom(...PIECES), { maxLength: 12 }).map((pieces) => pieces.join("")) },
	{ weight: 1, arbitrary: fc.constantFrom(...PIECES).map((piece) => piece.repeat(Math.ceil(10_000 / piece.length))) },
);

const text = hostileText;
const count = fc.nat(100_000);
const counts = fc.record({ spot: count, onDemand: count });
const time = fc
	.integer({ min: 1_700_000_000, max: 1_800_000_000 })
	.map((seconds) => new Date(seconds * 1000).toISOString());
const slaveset = fc.option(fc.array(text, { maxLength: 3 }));
const lifecycle = fc.constantFrom("spot" as const, "on-demand" as const);
const reasons = fc.array(fc.record({ code: text, message: text, count }), { maxLength: 3 });
const price = fc.option(fc.double({ min: 0, max: 9, noNaN: true }));
const few = { maxLength: 3 };

export const someReport: fc.Arbitrary<Report> = fc
	.record({
		mode: fc.constantFrom("launch" as const, "dry-run" as const),
		lockedBy: fc.option(text, { freq: 9 }),
		lockedSince: fc.option(time),
		regions: fc.array(text, few),
		pending: fc.record({
			total: count,
			matched: count,
			unmatched: count,
			outsideAgeWindow: fc.nat(2),
			oldestSubmittedAt: fc.option(time),
			builders: fc.array(
				fc.record({ builder: text, count, mozType: fc.option(text), slaveset, reason: fc.option(text) }),
				few,
			),
			reasons,
		}),
		heuristics: fc.option(
			fc.record({
				freshInstanceDelay: count,
				freshInstanceDelayJacuzzi: count,
				oldDivisor: fc.integer({ min: 1, max: 20 }),
				scope: fc.constantFrom("lifecycle" as const, "pool" as const),
			}),
		),
		pools: fc.array(
			fc.record({
				mozType: text,
				slaveset,
				pending: fc.integer({ min: 1, max: 100_000 }),
				oldestSubmittedAt: time,
				running: counts,
				fresh: counts,
				needed: count,
				launched: count,
				shortfall: fc.nat(2),
				possiblyLaunched: fc.nat(2),
				reasons,
				phases: fc.array(
					fc.record({
						lifecycle,
						count,
						fresh: count,
						old: count,
						needed: count,
						launched: count,
						caps: fc.array(fc.record({ code: text, message: text, headroom: count, launched: count }), few),
					}),
					{ maxLength: 2 },
				),
			}),
			{ maxLength: 13 },
		),
		deaths: fc.array(
			fc.record({
				mozType: text,
				region: text,
				availabilityZone: text,
				lifecycle,
				instanceType: text,
				imageId: text,
				code: text,
				message: text,
				count: fc.nat(3),
			}),
			few,
		),
		spotPools: fc.array(
			fc.record({
				mozType: text,
				region: text,
				role: fc.option(text),
				availabilityZone: text,
				instanceType: text,
				live: count,
				launched: count,
				reclaimed: fc.nat(3),
				spotPrice: price,
			}),
			few,
		),
		spread: fc.array(
			fc.record({ mozType: text, pools: fc.nat(20), premium: fc.double({ min: 0, max: 1 }), usdPerHour: price }),
			few,
		),
		firstBuilds: fc.option(
			fc.record({
				machines: count,
				median: fc.option(count),
				slowest: fc.option(count),
				neverConnected: fc.array(
					fc.record({
						mozType: text,
						region: text,
						availabilityZone: text,
						instanceType: text,
						imageId: text,
						count,
						launchedAt: time,
					}),
					few,
				),
			}),
		),
		launches: fc.array(
			fc.record({
				mozType: text,
				slaveset,
				region: fc.oneof(text, fc.constant("us-west-2")),
				role: fc.option(text),
				availabilityZone: text,
				subnetId: text,
				instanceType: text,
				lifecycle,
				imageId: text,
				maxPrice: price,
				spotPrice: price,
				onDemandPrice: price,
				instanceId: fc.option(fc.oneof(text, fc.constant("i-0123456789abcdef0"))),
				name: fc.option(text),
				virtualizationType: fc.option(text),
				rootDeviceType: fc.option(text),
			}),
			few,
		),
		refusals: fc.array(
			fc.record({
				mozType: text,
				region: text,
				availabilityZone: text,
				instanceType: text,
				lifecycle,
				wanted: count,
				code: text,
				message: text,
			}),
			few,
		),
		exclusions: fc.array(fc.record({ mozType: text, lifecycle, code: text, message: text }), few),
		failures: fc.array(
			fc.record({
				stage: fc.oneof(text, fc.constantFrom("pending", "read", "mapping")),
				region: fc.option(text),
				mozType: fc.option(text),
				code: text,
				message: text,
			}),
			few,
		),
		apiCalls: fc.dictionary(text, fc.dictionary(text, count, { maxKeys: 3 }), { maxKeys: 3 }),
		timings: fc.array(fc.record({ stage: text, seconds: fc.double({ min: 0, max: 99, noNaN: true }) }), few),
	})
	.map((parts) => report(parts));
