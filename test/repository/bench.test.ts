/** The page of benchmarks has the form that `npm run bench -- --write` gives it, and other docs quote only what it has. */
import { globSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type Page, parsePage, renderPage } from "../../bench/page.ts";
import { PARTS } from "../../bench/parts.ts";
import { ROOT, read } from "../harness/repository.ts";

const PAGE = "docs/bench.md";
/** Pages with figures of their own, each written by a command. */
const SOURCES = [PAGE, "docs/faults.md", "docs/mutation.md", "docs/tuning.md"];
const QUOTING = globSync(["*.md", "docs/*.md", "configs/*.md"], { cwd: ROOT }).filter(
	(path) => !SOURCES.includes(path),
);
/** A time, a size, or a ratio as a result. What is configured, or limited by the code or by EC2, is no measurement. */
const ANNOUNCED =
	/\b(?:takes?|needs?|uses?|grows?) (?:only )?(?:about|around|roughly) \d|\d ?(?:times|×|%) (?:as (?:fast|slow|long|large)|faster|slower|larger|smaller)\b|\d \w+ on average\b/i;
const LINKED = /\[([^\]]+)\]\((?:docs\/)?(bench|faults|mutation)\.md(?:#[\w-]+)?\)/g;

/** Paragraphs that announce a measurement and link no page that has it. */
function unproven(text: string): readonly string[] {
	return text.split("\n").filter((line) => ANNOUNCED.test(line) && line.matchAll(LINKED).next().done === true);
}

/** Figures in links to a page of figures, with the page. */
function quoted(text: string): readonly { readonly figure: string; readonly page: string }[] {
	return [...text.matchAll(LINKED)]
		.map(([, figure = "", name = ""]) => ({ figure, page: `docs/${name}.md` }))
		.filter(({ figure }) => /^\d/.test(figure));
}

describe(PAGE, () => {
	const page = parsePage(read(PAGE));

	it("has the form that the benchmark writes (update it with `npm run bench -- --write`)", () => {
		expect(renderPage(page)).toBe(read(PAGE));
	});

	it("has the rows of every part", () => {
		expect(page.sections.map(({ name, about }) => ({ name, about }))).toEqual(
			PARTS.map(({ name, about }) => ({ name, about })),
		);
		for (const { name, rows } of page.sections) expect(rows.length, name).toBeGreaterThan(0);
	});
});

describe.each(QUOTING)("%s", (path) => {
	it("links each measurement to the page that has it", () => {
		expect(unproven(read(path))).toEqual([]);
	});

	it("quotes the figures of that page", () => {
		for (const { figure, page } of quoted(read(path))) expect(read(page), figure).toContain(figure);
	});
});

describe("the check of the page", () => {
	const page: Page = {
		date: "2026-01-02",
		machine: "2 × Example, 8 GB of memory",
		sections: [
			{
				name: "starting",
				about: "How it starts.",
				rows: [
					{ what: "start", measured: "1 ms", bound: "≤ 2 ms", kept: true },
					{ what: "load", measured: "3 ms", bound: "≤ 2 ms", kept: false },
					{ what: "for comparison", measured: "4 ms", bound: "", kept: true },
				],
			},
		],
	};

	it("reads what was written", () => {
		expect(parsePage(renderPage(page))).toEqual(page);
	});

	it.each([
		["a page without a date", "# Benchmarks\n"],
		["a row with too few cells", renderPage(page).replace(" | ≤ 2 ms | ok", "")],
	])("reports %s", (_what, text) => {
		expect(() => parsePage(text)).toThrow(RangeError);
	});

	it.each([
		["It takes about 50 seconds.", false],
		["It is 3 times faster.", false],
		["It is 3 × as large.", false],
		["It takes about [50 s](bench.md) to launch.", true],
		["Each call takes up to 8 seconds.", true],
		["The price is at most 0.8 × the bid.", true],
		["It is faster.", true],
	])("understands %s", (text, isFine) => {
		expect(unproven(text).length === 0).toBe(isFine);
	});
});
