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
		{ code: "cap-region", message: "spot limit of 50 in us-west-2", count: 2 },
	],
});
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
		["## ❌ The scheduler database could not be read", { failures: [{ ...failure, stage: "pending" }] }],
	])("%s", (expected, overrides) => {
		expect(headline(overrides)).toBe(expected);
	});
});

describe("the page", () => {
	const page = render({
		pending: pending(20, 3, [{ builder: "WINNT build", count: 3, mozType: null, slaveset: null, reason: "unmatched" }]),
		pools: [BLD],
		launches: [...launches("us-east-1", 6), ...launches("us-west-2", 2)],
		failures: [failure],
	});

	it("has the launches by type and region", () => {
		const cells = page.split("\n").filter((line) => line.startsWith("| bld"));
		expect(cells.map((line) => line.split("|").map((cell) => cell.trim()))).toEqual([
			["", "bld", "17", "44", "3", "10", "6", "2", "8", "2", ""],
		]);
	});

	it("says why each request was or was not served", () => {
		expect(page).toContain(
			"- **bld**: 17 pending = 3 covered by fresh + 4 covered by running + 8 launched + 2 cap region\n  - cap region: spot limit of 50 in us-west-2",
		);
	});

	it("has the failures and the unmatched builders", () => {
		expect(page).toContain("- **read**, AuthFailure: not let in");
		expect(page).toMatch(/\| WINNT build +\| +3 \|/);
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
		expect(render({ pending: pending(25, 25, builders) })).toContain("And 5 builders more.");
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
