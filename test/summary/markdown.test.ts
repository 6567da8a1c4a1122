/** The page keeps its shape, whatever the report holds: parsed back as GitHub-flavoured Markdown, and linted. */
import fc from "fast-check";
import { lint } from "markdownlint/sync";
import type { Nodes, Root, Table } from "mdast";
import { fromMarkdown } from "mdast-util-from-markdown";
import { gfmFromMarkdown } from "mdast-util-gfm";
import { toString as textOf } from "mdast-util-to-string";
import { gfm } from "micromark-extension-gfm";
import { describe, expect, it } from "vitest";
import { visible } from "../../src/core/report/visible.ts";
import { escapeMarkdown, escapeMessage } from "../../src/summary/escape.ts";
import { summarize } from "../../src/summary/summary.ts";
import { report } from "../core/reports.ts";
import { hostileText, someReport } from "./arbitrary-report.ts";
import { largeReport } from "./large-report.ts";

const parse = (markdown: string): Root =>
	fromMarkdown(markdown, { extensions: [gfm()], mdastExtensions: [gfmFromMarkdown()] });
const all = (node: Nodes): readonly Nodes[] => [node, ...("children" in node ? node.children.flatMap(all) : [])];
const tables = (root: Root): readonly Table[] => all(root).filter((node) => node.type === "table");

/** Rules that a job summary cannot hold. */
const RULES = {
	default: true,
	// The page of the run has the heading of first rank.
	MD041: { level: 2 },
	// GitHub folds by these elements; Markdown has no such element. Their titles contain `code`.
	MD033: { allowed_elements: ["details", "summary", "code"] },
	// A row of a table and a point of a list are one line each.
	MD013: false,
	// Cells beyond the widest that columns are padded to stand out.
	MD060: false,
};
const faults = (markdown: string) =>
	lint({ strings: { page: `${markdown}\n` }, config: RULES })["page"]?.map(
		({ ruleNames, lineNumber, errorDetail }) => `${ruleNames[0]} ${lineNumber} ${errorDetail}`,
	);

const NOT_ON_A_PAGE: ReadonlySet<string> = new Set([
	"image",
	"imageReference",
	"linkReference",
	"definition",
	"footnoteReference",
	"footnoteDefinition",
]);
const FOLD = /^(<!-- -->|<details>\n<summary>([^<>]|<\/?code>|<!-- -->)*<\/summary>|<\/details>)$/;
const CONSOLE = "https://us-west-2.console.aws.amazon.com/ec2/home?region=us-west-2#";
/** Keys and inputs that the page names. */
const OWN_CODE =
	/^(pending\.m\w+|spot\.(rules|limits)|ondemand\.limits(\.global)?|max-launches|timeout|on_demand_price|bid_price|subnet_ids|launch_template)$/;

/** Everything on the page that does something: what a reader of the source wrote, never a text of the report. */
function holdsItsShape(page: string): void {
	const root = parse(page);
	// One assertion per kind: a page has thousands of nodes.
	const nodes = all(root);
	const ofType = <T extends Nodes["type"]>(type: T) =>
		nodes.filter((node): node is Extract<Nodes, { type: T }> => node.type === type);
	expect(nodes.filter(({ type }) => NOT_ON_A_PAGE.has(type))).toEqual([]);
	expect(ofType("html").filter(({ value }) => !FOLD.test(value))).toEqual([]);
	expect(ofType("link").filter(({ url }) => !url.startsWith(CONSOLE))).toEqual([]);
	expect(
		ofType("heading").filter((node) => node.depth !== 2 && !["Why", "What went wrong"].includes(textOf(node))),
	).toEqual([]);
	expect(ofType("code").filter(({ lang }) => lang !== "mermaid")).toEqual([]);
	expect(ofType("inlineCode").filter(({ value }) => !OWN_CODE.test(value))).toEqual([]);
	const opened = page.match(/^<details>$/gm)?.length ?? 0;
	expect(page.match(/^<\/details>$/gm)?.length ?? 0).toBe(opened);
	for (const { children } of tables(root)) {
		expect(new Set(children.map((row) => row.children.length)).size).toBe(1);
	}
	expect(root.children.filter(({ type }) => type === "heading").length).toBeLessThanOrEqual(3);
	expect(page).toBe(page.toWellFormed());
	expect(Buffer.byteLength(page)).toBeLessThanOrEqual(1024 * 1024);
}

describe("whatever the report holds", () => {
	it("the page keeps its shape: no element, link, heading, code or row but its own", () => {
		fc.assert(fc.property(someReport.map(summarize), holdsItsShape), { numRuns: 30 });
	});

	it("passes the Markdown linter", () => {
		const isClean = (page: string) => {
			expect(faults(page)).toEqual([]);
		};
		// Rules look at the elements of a page, not at its texts, so that a few pages have all there is.
		fc.assert(fc.property(someReport.map(summarize), isClean), { numRuns: 15 });
	});

	it("passes the linter with many pools, most of them folded", () => {
		expect(faults(summarize(largeReport({ pools: 40, regions: 20, unmatched: 30, launches: 400 })))).toEqual([]);
	});

	it("shows the beginning of a name, with invisible characters spelled out", () => {
		fc.assert(
			fc.property(hostileText, (text) => {
				const builders = [{ builder: `x${text}x`, count: 1, mozType: null, slaveset: null, reason: "unmatched" }];
				const pending = { ...report().pending, total: 1, unmatched: 1, builders };
				const cell = tables(parse(summarize(report({ pending })))).at(-1)?.children[1]?.children[0];
				const shown = cell === undefined ? "" : textOf(cell, { includeHtml: false });
				const whole = visible(`x${text}x`);
				expect(shown.endsWith("…") ? shown.slice(0, -1) : `${shown}`).toBe(
					shown.endsWith("…") ? whole.slice(0, shown.length - 1) : whole,
				);
				expect(shown.length).toBeGreaterThanOrEqual(Math.min(whole.length, 200));
			}),
		);
	});

	it("escapes text for Markdown and HTML, in lines and in cells", () => {
		fc.assert(
			fc.property(hostileText, (text) => {
				for (const escaped of [escapeMarkdown(text), escapeMessage(text)]) {
					const [paragraph, ...rest] = parse(`x${escaped}x`).children;
					expect(rest).toEqual([]);
					const parts = paragraph?.type === "paragraph" ? paragraph.children : [];
					expect(new Set(parts.map((part) => (part.type === "html" ? part.value : part.type)))).toEqual(
						new Set(escaped.includes("<!-- -->") ? ["text", "<!-- -->"] : ["text"]),
					);
					expect(escaped.replaceAll("<!-- -->", "")).not.toMatch(/[<>|\n\r]/);
				}
			}),
		);
	});
});

it("never cuts through a character", () => {
	const name = `${"a".repeat(199)}😀😀`;
	expect(escapeMarkdown(name)).toBe(`${"a".repeat(199)}…`);
	expect(escapeMarkdown(`${"a".repeat(198)}😀😀😀`)).toBe(`${"a".repeat(198)}😀…`);
	expect(escapeMarkdown("😀".repeat(200))).toBe("😀".repeat(200));
});
