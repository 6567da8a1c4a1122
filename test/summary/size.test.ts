import { describe, expect, it } from "vitest";
import { cutToSize, NOTES, type Section } from "../../src/summary/section.ts";
import { summarize } from "../../src/summary/summary.ts";
import { largeReport } from "./large-report.ts";

/** What GitHub takes from a step. */
const MIB = 1024 * 1024;
const bytes = (text: string) => Buffer.byteLength(text);

describe("a report of 2,000 pools, 20 regions and 50,000 unmatched builders", () => {
	const page = summarize(largeReport({ pools: 2_000, regions: 20, unmatched: 50_000, launches: 2_000 }));

	it("stays under GitHub's limit", () => {
		expect(bytes(page)).toBeLessThan(MIB);
	});

	it("names what it omits, and keeps the headline, the table, and why pools are short", () => {
		expect(page).toMatch(
			/^## ⚠️ [\d,]+ pending requests = 19,000 launched \+ 20,000 covered \+ 1,000 short \+ [\d,]+ unmatched$/m,
		);
		expect(page).toMatch(/^Summary truncated; omitted: .*\. Full data is in the JSON report\.$/m);
		expect(page.match(/^\| type-\d+ .*\| +\d+ \|$/gm)?.length).toBeGreaterThanOrEqual(40);
		expect(page.match(/^- \*\*type-\d+.*\*\*1 short\*\*$/gm)).toHaveLength(1_000);
	});

	it("remains valid Markdown: every element is closed", () => {
		expect(page.match(/<details>/g)?.length).toBe(page.match(/<\/details>/g)?.length);
	});
});

it("keeps only its headline if everything else is too long, because GitHub drops longer summaries", () => {
	const page = summarize(largeReport({ pools: 20_000, regions: 20, unmatched: 0, launches: 20_000 }));
	expect(bytes(page)).toBeLessThan(MIB);
	expect(bytes(page)).toBeGreaterThan(MIB / 2);
	expect(page).toMatch(/[\d,]+ of 10,000 short pools/);
});

describe("what is cut", () => {
	const section = (importance: Section["importance"], rows: number): Section => ({
		importance,
		name: `${importance} rows`,
		head: `### ${importance}\n`,
		rows: Array.from({ length: rows }, (_, index) => `- ${String(index).padStart(7, "0")}`),
		tail: "End.",
	});
	// Each row is ten bytes, the line feed included.
	const sections = [section("why", 100), section("run", 100), section("launches", 100)];
	const cut = (most: number) => cutToSize(sections, NOTES + most);

	it("removes nothing if everything fits", () => {
		const { parts, cuts } = cut(10_000);
		expect(cuts).toEqual([]);
		expect(parts.map((part) => part.split("\n")[0])).toEqual(["### why", "### run", "### launches"]);
		expect(parts[0]).toMatch(/- 0000099\n\nEnd\.$/);
	});

	it("removes the end of the least important section first", () => {
		const { parts, cuts } = cut(2_600);
		expect(cuts).toEqual(["46 of 100 run rows"]);
		expect(parts[1]).toMatch(/- 0000053\n\n46 more lines in the JSON report\.\n\nEnd\.$/);
	});

	it("removes a whole section, then continues with the next", () => {
		const { parts, cuts } = cut(1_500);
		expect(cuts).toEqual(["run rows", expect.stringMatching(/^\d+ of 100 launches rows$/)]);
		expect(parts.map((part) => part.split("\n")[0])).toEqual(["### why", "### launches"]);
	});

	it("fits the page into the size it is given", () => {
		for (const most of [0, 700, 1_400, 2_100, 2_800, 10_000]) {
			expect(bytes(cut(most).parts.join("\n\n")), String(most)).toBeLessThanOrEqual(Math.max(most, 0) + NOTES);
		}
	});
});
