import fc from "fast-check";
import { marked } from "marked";
import { describe, expect, it } from "vitest";
import type { Report } from "../../src/core/report.ts";
import { escapeMarkdown } from "../../src/summary/escape.ts";
import { summarise } from "../../src/summary/summary.ts";
import { report, reportedLaunch, reportedPool } from "../core/reports.ts";

const BLD = reportedPool({
	pending: 17,
	running: { spot: 44, onDemand: 0 },
	fresh: { spot: 3, onDemand: 0 },
	needed: 10,
	launched: 8,
	shortfall: 2,
	reasons: [
		{ code: "covered-by-fresh", message: "m", count: 3 },
		{ code: "covered-by-running", message: "m", count: 4 },
		{ code: "launched", message: "launched", count: 8 },
		{ code: "no-capacity", message: "no capacity for c6i.xlarge in us-west-2a", count: 2 },
	],
	stages: [
		{
			lifecycle: "spot",
			count: 17,
			fresh: 3,
			old: 41,
			needed: 10,
			launched: 6,
			caps: [{ code: "cap-region", message: "spot limit of 50 in us-west-2", headroom: 8, launched: 6 }],
		},
		{ lifecycle: "on-demand", count: 4, fresh: 0, old: 0, needed: 4, launched: 2, caps: [] },
	],
});
const HEURISTICS = {
	freshInstanceDelay: 1200,
	freshInstanceDelayJacuzzi: 1200,
	oldDivisor: 10,
	scope: "lifecycle",
} as const;
const launches = (region: string, count: number): Report["launches"] =>
	Array.from({ length: count }, () => reportedLaunch({ region, availabilityZone: `${region}a` }));
const pending = (total: number, unmatched: number, builders: Report["pending"]["builders"] = []) => ({
	total,
	matched: total - unmatched,
	unmatched,
	hidden: 0,
	oldestSubmittedAt: null,
	builders,
	reasons: [],
});
const render = (overrides: Partial<Report>) => summarise(report(overrides));
const headline = (overrides: Partial<Report>) => render(overrides).split("\n")[0];
const failure = { stage: "read", region: "us-east-1", mozType: null, code: "AuthFailure", message: "not let in" };

describe("the headline", () => {
	it.each<[string, Partial<Report>]>([
		["## ✅ Nothing is pending", {}],
		["## ✅ Nothing that runs on AWS is pending (4 other)", { pending: pending(4, 4) }],
		["## ⚠️ Launched 8 instances for 17 pending build requests; 2 short", { pending: pending(17, 0), pools: [BLD] }],
		[
			"## ⚠️ Would launch 8 instances for 17 pending build requests; 2 short",
			{ mode: "dry-run", pending: pending(17, 0), pools: [BLD] },
		],
		[
			"## ✅ Launched 8 instances for 17 pending build requests",
			{ pending: pending(17, 0), pools: [{ ...BLD, shortfall: 0 }] },
		],
		[
			"## ✅ 17 pending build requests, all covered by instances that run",
			{ pending: pending(17, 0), pools: [{ ...BLD, launched: 0, shortfall: 0 }] },
		],
		[
			"## ❌ Launched 8 instances for 17 pending build requests; 2 short; 1 failure",
			{ pending: pending(17, 0), pools: [BLD], failures: [failure] },
		],
		[
			"## ⚠️ Launched 0 instances for 5 pending build requests; 5 held back; 1 failure",
			{ pending: pending(5, 0), failures: [{ ...failure, stage: "jacuzzi", code: "not-configured" }] },
		],
		["## ❌ The scheduler database could not be read", { failures: [{ ...failure, stage: "pending" }] }],
	])("%s", (expected, overrides) => {
		expect(headline(overrides)).toBe(expected);
	});
});

describe("the page", () => {
	const unmatched = { builder: "WINNT build", count: 3, mozType: null, slaveset: null, reason: "unmatched" };
	const page = render({
		heuristics: HEURISTICS,
		pending: {
			...pending(20, 3, [unmatched]),
			reasons: [{ code: "unmatched", message: "no pattern of buildermap matches", count: 3 }],
		},
		pools: [BLD],
		launches: [
			...launches("us-east-1", 6),
			reportedLaunch({ lifecycle: "on-demand", maxPrice: null, spotPrice: null, name: "bld-7" }),
			reportedLaunch({ lifecycle: "on-demand", maxPrice: null, spotPrice: null }),
		],
		cost: { usdPerHour: 0.36, unpriced: 2 },
		failures: [failure],
		refusals: [
			{
				mozType: "bld",
				region: "us-west-2",
				availabilityZone: "us-west-2c",
				instanceType: "c6i.xlarge",
				lifecycle: "spot",
				wanted: 4,
				code: "InsufficientInstanceCapacity",
				message: "m",
			},
		],
		apiCalls: { "us-west-2": { DescribeInstances: 2, RunInstances: 1 }, "us-east-1": { DescribeInstances: 1 } },
		timings: [
			{ stage: "pending", seconds: 0.125 },
			{ stage: "launch", seconds: 2.5 },
		],
	});
	/** The cells of the lines that begin with this one. */
	const cells = (first: string) =>
		page
			.split("\n")
			.map((line) => line.split("|").map((cell) => cell.trim()))
			.filter(([, cell]) => cell === first)
			.map((line) => line.slice(1, -1));

	it("has the launches by type and region, spot and on-demand apart", () => {
		expect(cells("Type")[0]).toEqual([
			"Type",
			"Pending",
			"Oldest",
			"Running",
			"Fresh",
			"Needed",
			"Launched",
			"Short",
			"us-east-1",
			"us-west-2",
		]);
		expect(cells("bld")[0]).toEqual(["bld", "17", "0 s", "44", "3", "10", "6 + 2", "2", "6 + 0", "0 + 2"]);
	});

	it("fills in the formula, the limits that bit, and what stood in the way", () => {
		expect(page).toContain(
			"- **bld** — spot: 17 pending − (3 fresh + ⌊41/10⌋ old) = 10 needed; spot limit of 50 in us-west-2 left 8, of which 6 went to this pool; 6 launched; on-demand: 4 left over − (0 fresh + ⌊0/10⌋ old) = 4 needed; 2 launched; **2 short**\n  - 2 no capacity: no capacity for c6i.xlarge in us-west-2a",
		);
	});

	it("does not reduce what is left over where the whole pool has reduced it before", () => {
		const pools = [BLD];
		expect(render({ heuristics: { ...HEURISTICS, scope: "pool" }, pools })).toContain(
			"; on-demand: 4 left over; 2 launched;",
		);
	});

	it("adds up every request, with the sums type by type", () => {
		expect(page).toContain(
			"<summary>20 pending = 8 launched + 3 covered by fresh + 4 covered by running + 2 no capacity + 3 unmatched</summary>",
		);
		expect(cells("bld").at(1)).toEqual(["bld", "8", "3", "4", "2", "", "17"]);
		expect(cells("*in no pool*")).toEqual([["*in no pool*", "", "", "", "", "3", "3"]]);
	});

	it("tells each launch, with its page in the EC2 console and its prices", () => {
		const link =
			"[i-0123456789abcdef0](https://us-east-1.console.aws.amazon.com/ec2/home?region=us-east-1#InstanceDetails:instanceId=i-0123456789abcdef0)";
		expect(cells(link)[0]).toEqual([link, "", "bld", "us-east-1a", "c6i.xlarge", "spot", "0.0600", "0.2000"]);
		expect(page).toMatch(/\| bld-7 \| bld {2}\| us-west-2a \| c6i.xlarge +\| on-demand \| +\| +\|/);
	});

	it("estimates what an hour costs, and says of what it does not know", () => {
		expect(page).toContain(
			"6 spot, 2 on-demand · estimated cost: 0.36 USD an hour for 6 at the spot prices seen, not known for 2 on-demand",
		);
	});

	it("has the failures, and the places that gave less", () => {
		expect(page).toContain("- **read in us-east-1**, AuthFailure: not let in");
		expect(page).toContain("<summary>1 place gave less than was asked for: us-west-2c</summary>");
		expect(cells("us-west-2c")).toEqual([
			["us-west-2c", "c6i.xlarge", "spot", "4", "bld", "InsufficientInstanceCapacity"],
		]);
	});

	it("has the unmatched builders", () => {
		expect(cells("WINNT build")).toEqual([["WINNT build", "3", "unmatched"]]);
	});

	it("has the calls by region and the time by stage", () => {
		expect(cells("Region")).toEqual([["Region", "DescribeInstances", "RunInstances"]]);
		expect(cells("us-east-1")).toEqual([["us-east-1", "1", ""]]);
		expect(page).toContain("<summary>2.6 seconds, by stage</summary>");
		expect(cells("launch")).toEqual([["launch", "2.500"]]);
	});

	it("tells of the requests that the age window hides", () => {
		expect(page).not.toContain("age window");
		expect(render({ pending: { ...pending(0, 0), hidden: 4 } })).toContain(
			"Not counted: 4 more build requests outside the age window (`pending.min_age`, `pending.max_age`).",
		);
	});

	it("lists twenty unmatched builders and counts the rest", () => {
		const builders = Array.from({ length: 25 }, (_, index) => ({
			builder: `b${index}`,
			count: 1,
			mozType: null,
			slaveset: null,
			reason: "unmatched",
		}));
		expect(render({ pending: pending(25, 25, builders) })).toContain("And 5 builders more with 5 requests.");
	});
});

it("text from outside is shown as it is, and acts as nothing", () => {
	const anyText = fc.oneof(
		fc.string({ unit: "grapheme", maxLength: 60 }),
		fc
			.array(
				fc.constantFrom("|", "`", "<b>", "](", "\n", "**", "http://e.example", "&amp;", "\\", "#", "- ", "~~", "@a"),
			)
			.map((parts) => parts.join("")),
	);
	fc.assert(
		fc.property(anyText, (text) => {
			const builders = [{ builder: `x${text}x`, count: 1, mozType: null, slaveset: null, reason: "unmatched" }];
			const html = marked.parse(render({ pending: pending(1, 1, builders) }), { async: false, gfm: true });
			const cell = /<tbody><tr>\n<td>([\s\S]*?)<\/td>/.exec(html)?.[1];
			expect(cell).toBeDefined();
			expect(cell).not.toMatch(/<(?!!)/);
			expect(cell).toBe(marked.parseInline(escapeMarkdown(`x${text}x`)));
		}),
	);
});

describe("the word on a late run", () => {
	it.each([
		[901, 300, true],
		[900, 300, false],
		[100_000, null, false],
	])("of a gap of %i s where %s s are expected: %s", (gapSeconds, expectedSeconds, said) => {
		const page = render({ previousRun: { finishedAt: "2026-01-05T10:04:10.000Z", gapSeconds, expectedSeconds } });
		expect(page.includes("⚠️ No run of this workflow finished")).toBe(said);
	});
});
