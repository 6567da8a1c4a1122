import { describe, expect, it } from "vitest";
import { REFUSALS } from "../../src/adapters/ec2/refusals.ts";
import { ANSWER_CODES, LAUNCH_CODES, STOP_CODES } from "../../src/core/model/failure.ts";
import type { Report } from "../../src/core/report/report.ts";
import { consoleUrl } from "../../src/summary/launches.ts";
import { refusalWords } from "../../src/summary/refusal-words.ts";
import { summarize } from "../../src/summary/summary.ts";
import { NOW } from "../core/facts.ts";
import { report, reportedLaunch, reportedPool } from "../core/reports.ts";

const ago = (seconds: number) => new Date((NOW - seconds) * 1000).toISOString();
const HEURISTICS = { freshInstanceDelay: 1200, freshInstanceDelayJacuzzi: 1200, oldDivisor: 10 };
const cap = (message: string, headroom: number, launched = headroom) => ({
	code: "cap-region",
	message,
	headroom,
	launched,
});
const BLD = reportedPool({
	pending: 17,
	oldestSubmittedAt: ago(35 * 60),
	running: { spot: 44, onDemand: 0 },
	fresh: { spot: 3, onDemand: 0 },
	needed: 10,
	launched: 8,
	shortfall: 2,
	reasons: [
		{ code: "covered-by-fresh", message: "m", count: 3 },
		{ code: "covered-by-running", message: "m", count: 4 },
		{ code: "launched", message: "launched", count: 8 },
		{ code: "cap-region", message: "spot limit of 50 in us-west-2", count: 2 },
	],
	phases: [
		{
			lifecycle: "spot",
			count: 17,
			fresh: 3,
			old: 41,
			needed: 10,
			launched: 6,
			caps: [cap("spot limit of 50 in us-west-2 (42 live)", 8, 6)],
		},
		{ lifecycle: "on-demand", count: 4, fresh: 0, old: 9, needed: 4, launched: 2, caps: [cap("global limit of 2", 2)] },
	],
});
const launches = (count: number, overrides: Partial<Report["launches"][number]> = {}): Report["launches"] =>
	Array.from({ length: count }, () => reportedLaunch(overrides));
const pending = (total: number, unmatched: number, builders: Report["pending"]["builders"] = []) => ({
	total,
	matched: total - unmatched,
	unmatched,
	outsideAgeWindow: 0,
	oldestSubmittedAt: null,
	builders,
	reasons: unmatched === 0 ? [] : [{ code: "unmatched", message: "m", count: unmatched }],
});
const unmatched = (builder: string, count = 1) => ({
	builder,
	count,
	mozType: null,
	slaveset: null,
	reason: "unmatched",
});
const render = (overrides: Partial<Report>) => summarize(report(overrides));
const headline = (overrides: Partial<Report>) => render(overrides).split("\n")[0];
const rowsOf = (page: string, first: string) =>
	page
		.split("\n")
		.filter((line) => line.startsWith(`| ${first}`))
		.map((line) =>
			line
				.split("|")
				.slice(1, -1)
				.map((cell) => cell.trim()),
		);
const failure = { stage: "read", region: "us-east-1", mozType: null, code: "AuthFailure", message: "not let in" };

describe("the headline", () => {
	const served = { ...BLD, pending: 15, shortfall: 0, reasons: BLD.reasons.slice(0, 3) };
	const covered = { ...served, pending: 7, launched: 0, reasons: BLD.reasons.slice(0, 2) };
	const starved = { ...BLD, launched: 0, shortfall: 10, reasons: [{ code: "no-capacity", message: "m", count: 10 }] };
	it.each<[string, Partial<Report>]>([
		["## ✅ Nothing is pending", {}],
		["## ✅ Nothing to launch: none of the 4 pending requests maps to AWS", { pending: pending(4, 4) }],
		[
			"## ⚠️ 20 pending requests = 8 launched + 7 covered + 2 short + 3 unmatched",
			{ pending: pending(20, 3), pools: [BLD] },
		],
		[
			"## ⚠️ Dry run: 17 pending requests = 8 to launch + 7 covered + 2 short",
			{ mode: "dry-run", pending: pending(17, 0), pools: [BLD] },
		],
		["## ✅ 15 pending requests = 8 launched + 7 covered", { pending: pending(15, 0), pools: [served] }],
		["## ✅ 7 pending requests = 7 covered", { pending: pending(7, 0), pools: [covered] }],
		[
			"## ❌ 17 pending requests = 8 launched + 7 covered + 2 short; 1 failure",
			{ pending: pending(17, 0), pools: [BLD], failures: [failure] },
		],
		["## ❌ 17 pending requests = 0 launched + 7 covered + 10 short", { pending: pending(17, 0), pools: [starved] }],
		[
			"## ⚠️ 15 pending requests = 8 launched + 7 covered; 1 failure",
			{ pending: pending(15, 0), pools: [served], failures: [{ ...failure, stage: "mapping" }] },
		],
		[
			"## ⚠️ 5 pending requests = 0 launched + 5 held back; 1 failure",
			{ pending: pending(5, 0), failures: [{ ...failure, stage: "jacuzzi", code: "not-configured" }] },
		],
		[
			"## ❌ 17 pending requests = 0 launched + 7 covered + 10 short; up to 10 more may have launched",
			{ pending: pending(17, 0), pools: [{ ...starved, possiblyLaunched: 10 }] },
		],
		["## ❌ The scheduler database could not be read", { failures: [{ ...failure, stage: "pending" }] }],
		["## ⏸️ Skipped: another run holds the lock", { lockedBy: "https://github.com/x" }],
	])("%s", (expected, overrides) => {
		expect(headline(overrides)).toBe(expected);
	});
});

describe("the table", () => {
	const tst = reportedPool({ mozType: "tst", pending: 5, oldestSubmittedAt: ago(3 * 3600), needed: 5, launched: 5 });
	const page = render({
		regions: ["eu-west-1", "us-east-1", "us-west-2"],
		pending: pending(22, 0),
		pools: [tst, BLD],
		launches: [
			...launches(6, { region: "us-east-1" }),
			...launches(2, { lifecycle: "on-demand", spotPrice: null }),
			...launches(5, { mozType: "tst" }),
		],
	});

	it("has a row per type and a column per region, with spot + on-demand and totals", () => {
		expect(rowsOf(page, "Type ")[0]).toEqual([
			"Type",
			"Short",
			"Launched: spot + on-demand",
			"Pending",
			"Needed",
			"Oldest",
			"Running",
			"Fresh",
			"us-east-1",
			"us-west-2",
		]);
		expect(rowsOf(page, "bld ")[0]).toEqual(["bld", "2", "6 + 2", "17", "10", "35 min", "44", "3", "6 + 0", "0 + 2"]);
		expect(rowsOf(page, "tst ")[0]).toEqual(["tst", "0", "5 + 0", "5", "5", "3 h", "0", "0", "", "5 + 0"]);
		expect(rowsOf(page, "**Total**")[0]).toEqual([
			"**Total**",
			"2",
			"11 + 2",
			"22",
			"15",
			"3 h",
			"44",
			"3",
			"6 + 0",
			"5 + 2",
		]);
		expect(page).toContain("\n\nNo launches in eu-west-1.");
	});

	it("shows six of twenty regions and forty of fifty types, and adds up the rest", () => {
		const regions = Array.from({ length: 20 }, (_, index) => `us-test-${index + 10}`);
		const types = Array.from({ length: 50 }, (_, index) => `type-${index + 10}`);
		const wide = render({
			regions,
			pending: pending(50, 0),
			pools: types.map((mozType) => reportedPool({ mozType, pending: 1, launched: 0, needed: 1, shortfall: 1 })),
			launches: regions.flatMap((region, index) => launches(20 - index, { region, mozType: "type-10" })),
		});
		const [header = []] = rowsOf(wide, "Type ");
		expect(header.slice(8)).toEqual([...regions.slice(0, 6), "other regions"]);
		// 14 + 13 + … + 1 in the other regions
		expect(rowsOf(wide, "**Total**")[0]?.at(-1)).toBe("105 + 0");
		expect(wide).toContain(`Other regions: ${regions.slice(6).join(", ")}.`);
		expect(rowsOf(wide, "type-").filter((row) => row.length === header.length)).toHaveLength(40);
		expect(rowsOf(wide, "*10 more*")[0]?.slice(0, 2)).toEqual(["*10 more*", "10"]);
	});
});

describe("the causes of shortfalls", () => {
	const refusal = (mozType: string, availabilityZone: string): Report["refusals"][number] => ({
		...{ mozType, availabilityZone, region: "us-west-2", instanceType: "c6i.xlarge", lifecycle: "spot" },
		...{ wanted: 4, code: "InsufficientInstanceCapacity", message: "m" },
	});
	const short = (
		mozType: string,
		shortfall: number,
		code: string,
		caps: Report["pools"][number]["phases"][number]["caps"],
	) =>
		reportedPool({
			...{ mozType, shortfall, pending: shortfall, needed: shortfall },
			reasons: [{ code, message: "m", count: shortfall }],
			phases: [{ lifecycle: "on-demand", count: shortfall, fresh: 0, old: 0, needed: shortfall, launched: 0, caps }],
		});
	const global = (limit: number) => ({
		...{ code: "cap-global", headroom: limit, launched: limit },
		message: `global on-demand limit of ${limit} (0 live)`,
	});
	const causes = (overrides: Partial<Report>) =>
		render({ pending: pending(60, 0), ...overrides })
			.split("\n")
			.filter((line) => line.startsWith("**"));

	it("are one line with the remedy for all pools that have the same", () => {
		const pools = [short("bld", 29, "no-capacity", [global(40)]), short("try", 24, "no-capacity", [global(20)])];
		const refusals = [refusal("bld", "us-west-2a"), refusal("try", "us-west-2b"), refusal("try", "us-west-2a")];
		expect(causes({ pools, refusals })).toEqual([
			"**53 short** (bld 29, try 24): no spot capacity in 2 zones, and global on-demand limits used up (bld 40, try 20). Add EC2 instance types to `spot.rules`, raise `ondemand.limits`, or wait for the next run.",
		]);
	});

	it("name each of several limits of a kind by what it applies to", () => {
		const inRegion = (limit: number, region: string) => ({
			...{ code: "cap-region", headroom: limit, launched: limit },
			message: `on-demand limit of ${limit} in ${region} (3 live)`,
		});
		const two = short("bld", 2, "cap-region", [inRegion(5, "us-east-1"), inRegion(4, "us-west-2")]);
		expect(causes({ pools: [two] })[0]).toMatch(
			/^\*\*2 short\*\* \(bld\): on-demand limits used up \(us-east-1 5, us-west-2 4\)\. Raise/,
		);
		const other = short("try", 1, "cap-region", [inRegion(5, "us-east-1")]);
		expect(causes({ pools: [two, other] })[0]).toContain(
			": on-demand limits used up (bld us-east-1 5, bld us-west-2 4, try us-east-1 5). Raise",
		);
		const alike = [short("bld", 2, "cap-global", [global(7)]), short("try", 1, "cap-global", [global(7)])];
		expect(causes({ pools: alike })[0]).toContain(": global on-demand limits used up (bld 7, try 7). Raise");
		expect(causes({ pools: alike.slice(1) })[0]).toContain(": global on-demand limit of 7 used up. Raise");
		const one = short("try", 1, "cap-global", [{ ...global(7), message: "max-launches of 7" }]);
		expect(causes({ pools: [short("bld", 2, "cap-global", [global(7)]), one] })[0]).toContain(
			": global on-demand limit of 7 and max-launches of 7 used up. Raise",
		);
	});

	it("name what EC2 lacked, with a remedy for each", () => {
		const refused = (zone: string, code: string) => ({ ...refusal("bld", zone), code });
		const refusals = [
			refused("us-west-2a", "VcpuLimitExceeded"),
			refused("us-west-2b", "InsufficientInstanceCapacity"),
			refused("us-west-2b", "MaxSpotInstanceCountExceeded"),
			refused("us-west-2c", "InvalidAMIID.NotFound"),
		];
		expect(causes({ pools: [short("bld", 2, "no-capacity", [])], refusals })).toEqual([
			"**2 short** (bld): no spot capacity in 1 zone, and the account's spot quota is used up in 1 region. Add EC2 instance types to `spot.rules`, request a higher quota from AWS, or wait for the next run.",
		]);
	});

	it("are a line each if they differ, the largest first, above the table", () => {
		const tick = { code: "cap-tick", message: "max-launches of 8", headroom: 8, launched: 8 };
		const pools = [short("bld", 2, "cap-tick", [tick]), short("tst", 5, "no-price", [])];
		expect(causes({ pools })).toEqual([
			"**5 short** (tst): every spot price is too close to the bid. Raise `bid_price`, add EC2 instance types to `spot.rules`, or wait for the next run.",
			"**2 short** (bld): max-launches of 8 used up. Raise the input `max-launches` or wait for the next run.",
		]);
		const page = render({ pending: pending(7, 0), pools });
		expect(page.indexOf("**2 short**")).toBeLessThan(page.indexOf("| Type"));
	});

	it("name a type that on-demand is not configured for", () => {
		const exclusions = [{ mozType: "bld", lifecycle: "on-demand" as const, code: "no-rules", message: "m" }];
		expect(causes({ pools: [short("bld", 2, "no-capacity", [])], exclusions })).toEqual([
			"**2 short** (bld): no capacity, and on-demand is not used without a limit. Add EC2 instance types to `spot.rules`, set an on-demand limit in `ondemand.limits.global`, or wait for the next run.",
		]);
	});

	it("tell launches that failed from regions that could not be read", () => {
		const exclusions = [{ mozType: "bld", lifecycle: "spot" as const, code: "error", message: "m" }];
		const pools = [short("bld", 2, "error", [])];
		expect(causes({ pools, exclusions })).toEqual([
			"**2 short** (bld): no region could be read. See **What went wrong** above.",
		]);
		const refusals = [{ ...refusal("bld", "us-west-2a"), code: "InvalidAMIID.NotFound" }];
		expect(causes({ pools, exclusions, refusals })).toEqual([
			"**2 short** (bld): launches failed. See **What went wrong** above.",
		]);
	});

	it("tell a run that was stopped from one without time", () => {
		const refusals = [{ ...refusal("bld", "us-west-2a"), code: "interrupted" }];
		expect(causes({ pools: [short("bld", 2, "timeout", [])], refusals })).toEqual([
			"**2 short** (bld): the run was stopped. Wait for the next run.",
		]);
		expect(causes({ pools: [short("bld", 2, "timeout", [])] })[0]).toContain(": the run ran out of time. Raise");
	});

	it("say that all workers of a jacuzzi are in use, which needs no remedy", () => {
		const pool = { ...short("bld", 1, "no-name", []), slaveset: ["w-1"] };
		expect(causes({ pools: [pool] })).toEqual([
			"**1 short** (bld (w-1)): all workers of the jacuzzi are in use. Wait for the next run.",
		]);
	});
});

describe("why", () => {
	const why = (overrides: Partial<Report> = {}) =>
		render({ heuristics: { ...HEURISTICS, scope: "lifecycle" }, pending: pending(17, 0), pools: [BLD], ...overrides });

	it("fills in the formula of each lifecycle, with the limits that applied and the shortfall", () => {
		expect(why()).toContain(
			[
				"- **bld** — spot: 17 pending − (3 fresh + ⌊41/10⌋ old) = 10 needed; spot limit of 50 in us-west-2 (42 live) left 8, of which 6 went to this pool; 6 launched; on-demand: 4 remaining − (0 fresh + ⌊9/10⌋ old) = 4 needed; global limit of 2 left 2; 2 launched; **2 short**",
				"  - 2 over a region's limit: spot limit of 50 in us-west-2. Raise it under the region in spot.limits or ondemand.limits if more instances should run.",
			].join("\n"),
		);
	});

	it("has words for EC2's codes, and shows a code that has none", () => {
		const of = (code: string): Report["refusals"][number] => ({
			...{ mozType: "bld", availabilityZone: "us-west-2a", region: "us-west-2", instanceType: "c6i.xlarge" },
			...{ lifecycle: "spot", wanted: 4, code, message: "m" },
		});
		const line = (message: string, ...codes: readonly string[]) =>
			why({
				pools: [{ ...BLD, reasons: [{ code: "no-capacity", message, count: 2 }] }],
				refusals: codes.map(of),
			})
				.split("\n")
				.find((one) => one.startsWith("  - "));
		const quota = "MaxSpotInstanceCountExceeded (spot c6i.xlarge in us-west-2a; 3 more placements were skipped)";
		expect(line(quota, "MaxSpotInstanceCountExceeded")).toBe(
			"  - 2 without EC2 capacity: the account's spot quota is used up (spot c6i.xlarge in us-west-2a; 3 more placements were skipped). Request a higher quota from AWS, or lower the limits to match it.",
		);
		const capacity = "InsufficientInstanceCapacity (spot a in b; spot c in d); Strange.Code (spot e in f)";
		expect(line(`${capacity}; global limit of 4 (0 live)`, "InsufficientInstanceCapacity", "Strange.Code")).toBe(
			"  - 2 without EC2 capacity: no capacity (spot a in b; spot c in d); another error, Strange.Code (spot e in f); global limit of 4 (0 live). The next run tries again. If this recurs, add EC2 instance types to spot.rules or subnets in other zones, or raise ondemand.limits.",
		);
		expect(line(`${capacity}; ${quota}`, "InsufficientInstanceCapacity", "MaxSpotInstanceCountExceeded")).toMatch(
			/Request a higher quota from AWS, .*\. The next run tries again\./,
		);
	});

	it("has words for every code that EC2 is known to refuse a launch with", () => {
		const codes = [...REFUSALS.flatMap((row) => row.codes), ...LAUNCH_CODES, ...STOP_CODES, ...ANSWER_CODES, "partial"];
		// A type whose machines die young is held back before EC2 is asked.
		expect(codes.filter((code) => refusalWords(code).includes(code))).toEqual(["died-young"]);
	});

	it("shows a limit that covers both lifecycles once", () => {
		const max = cap("max-launches of 8", 8);
		const phases = BLD.phases.map((phase) => ({ ...phase, caps: [max] }));
		expect(why({ pools: [{ ...BLD, phases }] }).match(/max-launches of 8 left 8; /g)).toHaveLength(1);
	});

	it("reduces demand once with scope `pool`, and shows a negative result of the formula", () => {
		const covered = reportedPool({
			pending: 5,
			phases: [{ lifecycle: "spot", count: 5, fresh: 4, old: 49, needed: 0, launched: 0, caps: [] }],
		});
		const page = why({ heuristics: { ...HEURISTICS, scope: "pool" }, pools: [BLD, covered] });
		expect(page).toContain("; on-demand: 4 remaining; global limit of 2 left 2; 2 launched; **2 short**");
		expect(page).toContain("- **bld** — spot: 5 pending − (4 fresh + ⌊49/10⌋ old) = −3, so 0 needed");
	});

	it("puts short pools first, and folds the others if there are many", () => {
		const served = Array.from({ length: 20 }, (_, index) => reportedPool({ mozType: `t-${index}`, pending: 1 }));
		const page = why({ pools: [...served, BLD] });
		expect(page.indexOf("- **bld**")).toBeLessThan(page.indexOf("- **t-0**"));
		expect(page).toContain("<summary>Why: 20 pools fully served</summary>\n\n- **t-0**");
	});

	it("names the first workers of a jacuzzi, and counts the others", () => {
		const many = Array.from({ length: 400 }, (_, index) => `w-${index + 1}`);
		expect(why({ pools: [{ ...BLD, slaveset: many }] })).toContain("- **bld (w-1, w-2, and 398 more)** — ");
		expect(why({ pools: [{ ...BLD, slaveset: ["w-1", "w-2"] }] })).toContain("- **bld (w-1, w-2)** — ");
	});
});

describe("the accounting", () => {
	it("adds up every request by reason, by type, and for unassigned requests", () => {
		const page = render({ pending: pending(20, 3), pools: [BLD] });
		expect(page).toContain(
			"<summary>20 pending = 8 launched + 3 covered by fresh instances + 4 covered by running instances + 2 over a region's limit + 3 unmatched</summary>",
		);
		const table = page.slice(page.indexOf("<summary>20 pending"));
		expect(rowsOf(table, "Type ")[0]).toEqual([
			"Type",
			"launched",
			"covered by fresh instances",
			"covered by running instances",
			"over a region's limit",
			"unmatched",
			"= Pending",
		]);
		expect(rowsOf(table, "bld ")[0]).toEqual(["bld", "8", "3", "4", "2", "", "17"]);
		expect(rowsOf(table, "*not assigned*")[0]).toEqual(["*not assigned*", "", "", "", "", "3", "3"]);
	});

	it("shows what a dry run would launch", () => {
		expect(render({ mode: "dry-run", pending: pending(17, 0), pools: [BLD] })).toContain("8 would be launched + ");
	});
});

describe("the figures", () => {
	const figures = (some: Report["launches"], cost: Report["cost"]) =>
		render({ pending: pending(17, 0), pools: [{ ...BLD, shortfall: 0 }], launches: some, cost }).split("\n")[2];
	it.each<[string, Report["launches"], Report["cost"]]>([
		["Oldest request: 35 min", [], { usdPerHour: 0, unpriced: 0 }],
		[
			"Oldest request: 35 min · 2 spot, 0 on-demand · about 0.12 USD per hour",
			launches(2),
			{ usdPerHour: 0.12, unpriced: 0 },
		],
		[
			"Oldest request: 35 min · 3 spot, 1 on-demand · about 0.12 USD per hour, plus 1 on-demand and 1 spot without a known price",
			[
				...launches(2),
				...launches(1, { spotPrice: null }),
				...launches(1, { lifecycle: "on-demand", spotPrice: null }),
			],
			{ usdPerHour: 0.12, unpriced: 2 },
		],
		[
			"Oldest request: 35 min · 0 spot, 1 on-demand · cost unknown",
			launches(1, { lifecycle: "on-demand", spotPrice: null }),
			{ usdPerHour: 0, unpriced: 1 },
		],
	])("%s", (expected, some, cost) => {
		expect(figures(some, cost)).toBe(expected);
	});
});

describe("the page", () => {
	it("links each instance to the EC2 console of its partition and region if it is known", () => {
		const path = (region: string) => `/ec2/home?region=${region}#InstanceDetails:instanceId=i-0ab`;
		expect(consoleUrl("i-0ab", "us-west-2")).toBe(`https://us-west-2.console.aws.amazon.com${path("us-west-2")}`);
		expect(consoleUrl("i-0ab", "cn-north-1")).toBe(`https://cn-north-1.console.amazonaws.cn${path("cn-north-1")}`);
		expect(consoleUrl("i-0ab", "us-gov-east-1")).toBe(
			`https://us-gov-east-1.console.amazonaws-us-gov.com${path("us-gov-east-1")}`,
		);
		for (const region of ["us-iso-east-1", "us-isob-east-1", "eusc-de-east-1", "evil.example/x-1", ""]) {
			expect(consoleUrl("i-0ab", region), region).toBeNull();
		}
		expect(consoleUrl("i-0ab)](x", "us-west-2")).toBeNull();
		const page = render({ launches: launches(1, { name: "bld-001" }) });
		expect(rowsOf(page, "[i-")[0]?.slice(1)).toEqual([
			"bld-001",
			"bld",
			"us-west-2a",
			"c6i.xlarge",
			"spot",
			"0.0600",
			"0.2000",
		]);
	});

	it("shows the configured price of an on-demand instance", () => {
		const page = render({
			launches: launches(1, { lifecycle: "on-demand", spotPrice: null, maxPrice: null, onDemandPrice: 0.17 }),
			cost: { usdPerHour: 0.17, unpriced: 0 },
			pools: [BLD],
			pending: pending(17, 0),
		});
		expect(rowsOf(page, "[i-")[0]?.slice(-3)).toEqual(["on-demand", "0.1700", ""]);
		expect(page).toContain("0 spot, 1 on-demand · about 0.17 USD per hour");
	});

	it("lists failures, equal ones once", () => {
		expect(render({ failures: [failure, failure] })).toContain(
			"### What went wrong\n\n- **read in us-east-1**, AuthFailure: not let in (2 times)",
		);
		const of = (region: string) => ({ ...failure, region, message: `Reading ${region} failed.` });
		expect(render({ failures: [of("us-east-1"), of("us-west-2"), { ...of("eu-west-1"), code: "X" }] })).toContain(
			[
				"- **read in us-east-1, us-west-2**, AuthFailure: Reading us-east-1 failed.",
				"- **read in eu-west-1**, X: Reading eu-west-1 failed.",
			].join("\n"),
		);
		expect(render({ failures: [{ ...failure, message: "Reading failed (AuthFailure: not let in)." }] })).toContain(
			"- **read in us-east-1**: Reading failed (AuthFailure: not let in).",
		);
	});

	it("claims that everything was read only if it was, in a dry run", () => {
		const whole = "Dry run: everything was read and planned; nothing was launched.";
		expect(render({ mode: "dry-run" })).toContain(whole);
		for (const failed of [
			{ failures: [{ ...failure, stage: "pending" }] },
			{ failures: [failure] },
			{ lockedBy: "x" },
		]) {
			const page = render({ mode: "dry-run", ...failed });
			expect(page).not.toContain(whole);
			expect(page).toContain("Dry run: nothing was launched. Not everything could be read or planned.");
		}
	});

	it("counts the requests outside the age window", () => {
		expect(render({})).not.toContain("age window");
		expect(render({ pending: { ...pending(0, 0), outsideAgeWindow: 4 } })).toContain(
			"Not counted: 4 more build requests outside the age window (`pending.min_age`, `pending.max_age`).",
		);
	});

	it("lists twenty unmatched builders, counts the rest, and shows the types of the others", () => {
		const builders = [
			...Array.from({ length: 25 }, (_, index) => unmatched(`b-${index}`, 2)),
			{ builder: "Linux build", count: 3, mozType: "bld", slaveset: null, reason: null },
			{ builder: "Bound build", count: 1, mozType: "bld", slaveset: null, reason: "allocation-unknown" },
		];
		const page = render({ pending: pending(54, 50, builders) });
		expect(rowsOf(page, "b-")).toHaveLength(20);
		expect(page).toContain("5 more builders with 10 requests.");
		expect(rowsOf(page, "Linux build")[0]).toEqual(["Linux build", "3", "bld", "", ""]);
		expect(rowsOf(page, "Bound build")[0]).toEqual(["Bound build", "1", "bld", "", "with unknown workers"]);
	});

	it("lists refusals, skipped placements, calls, and timings", () => {
		const page = render({
			refusals: [
				{
					mozType: "bld",
					region: "us-west-2",
					availabilityZone: "us-west-2a",
					instanceType: "c6i.xlarge",
					lifecycle: "spot",
					wanted: 4,
					code: "InsufficientInstanceCapacity",
					message: "m",
				},
			],
			exclusions: [{ mozType: "bld", lifecycle: "spot", code: "no-price", message: "too dear" }],
			apiCalls: { "us-west-2": { RunInstances: 3, DescribeInstances: 1 }, "us-east-1": { DescribeInstances: 2 } },
			timings: [
				{ stage: "pending", seconds: 0.25 },
				{ stage: "launch", seconds: 1.5 },
			],
		});
		expect(page).toContain("<summary>1 zone returned fewer instances than requested: us-west-2a</summary>");
		expect(rowsOf(page, "us-west-2a")[0]).toEqual(["us-west-2a", "c6i.xlarge", "spot", "4", "bld", "no capacity"]);
		expect(rowsOf(page, "bld")[0]).toEqual(["bld", "spot", "too expensive", "too dear"]);
		expect(page).toContain("<summary>1.8 seconds and 6 EC2 calls</summary>");
		expect(rowsOf(page, "us-east-1")[0]).toEqual(["us-east-1", "2", ""]);
		expect(rowsOf(page, "launch")[0]).toEqual(["launch", "1.500"]);
	});
});

describe("the first builds", () => {
	const group = {
		...{ mozType: "bld", region: "us-west-2", availabilityZone: "us-west-2a", instanceType: "c6i.xlarge" },
		...{ imageId: "ami-1", count: 3, launchedAt: ago(2_400) },
	};
	const heuristics = { ...HEURISTICS, scope: "lifecycle" as const };
	const firstBuilds = { machines: 2, median: 240, slowest: 480, neverConnected: [group] };

	it("are a line with advice, and a table of the machines that never connected", () => {
		const page = render({ firstBuilds, heuristics });
		expect(page).toContain("slowest 8 min (2 machines launched in the last day); fresh_instance_delay is 20 min.");
		expect(page).toContain("lower fresh_instance_delay to about 600.");
		expect(page).toContain("<summary>3 running machines never connected to Buildbot</summary>");
		expect(page).toContain("⚠️ 3 machines launched 40 min ago or earlier never connected to Buildbot, all of them on");
		expect(rowsOf(page, "bld")).toContainEqual(["bld", "3", "40 min ago", "us-west-2a", "c6i.xlarge", "ami-1"]);
	});

	it("are in the summary of a watch", () => {
		const page = render({ firstBuilds, heuristics, ticks: [] });
		expect(page).toContain("Launch to first build: median 4 min");
		expect(page).toContain("never connected to Buildbot</summary>");
	});

	it("are left out if nothing is known", () => {
		expect(render({ firstBuilds: null, heuristics })).not.toMatch(/first build|never connected/);
	});
});

describe("the note on a late run", () => {
	it.each([
		[901, 300, true],
		[900, 300, false],
		[100_000, null, false],
	])("after a gap of %i s with %s s expected: %s", (gapSeconds, expectedSeconds, said) => {
		const page = render({ previousRun: { finishedAt: "2026-01-05T10:04:10.000Z", gapSeconds, expectedSeconds } });
		expect(page.includes("⚠️ No run has finished")).toBe(said);
	});
});
