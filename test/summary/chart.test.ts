/** The chart is what Mermaid reads, whatever the types are called. */
import fc from "fast-check";
import { JSDOM } from "jsdom";
import { beforeAll, describe, expect, it, vi } from "vitest";
import type { ReportedPool } from "../../src/core/report/report.ts";
import { barChart } from "../../src/summary/bar-chart.ts";
import { chartSection } from "../../src/summary/chart.ts";
import { report, reportedPool } from "../core/reports.ts";
import { hostileText } from "./arbitrary-report.ts";

let parse: (text: string) => Promise<unknown>;
beforeAll(async () => {
	// Mermaid is made for a browser.
	const { window } = new JSDOM("");
	vi.stubGlobal("window", window);
	vi.stubGlobal("document", window.document);
	const { default: mermaid } = await import("mermaid");
	parse = (text) => mermaid.parse(text);
	return () => vi.unstubAllGlobals();
});

const chart = (pools: readonly ReportedPool[]) => chartSection(report({ pools }));
const linesOf = (pools: readonly ReportedPool[]) => (chart(pools)?.head ?? "").split("\n").map((line) => line.trim());
const pool = (mozType: string, pending: number, launched = 0, shortfall = 0) =>
	reportedPool({ mozType, pending, launched, shortfall });

describe("the chart", () => {
	it("stacks three bars per type: pending, pending without short, and covered in front", () => {
		const lines = linesOf([pool("bld", 17, 8, 2), pool("tst", 40), pool("bld", 3, 3)]);
		expect(lines).toContain('x-axis ["tst: 40", "bld: 20"]');
		expect(lines.filter((line) => line.startsWith("bar"))).toEqual(["bar [40, 20]", "bar [40, 18]", "bar [40, 7]"]);
		expect(lines).toContain("y-axis 0 --> 40");
	});

	it("gives types different labels if their names differ only in special characters or at the end", () => {
		const long = "x".repeat(40);
		const lines = linesOf([pool("a|b", 3), pool("a]b", 3), pool(`${long}1`, 2), pool(`${long}2`, 2)]);
		const cut = `${"x".repeat(19)}?`;
		expect(lines).toContain(`x-axis ["a?b: 3", "a?b (2): 3", "${cut}: 2", "${cut} (2): 2"]`);
	});

	it("shows the twelve types with the most pending requests and counts the rest", () => {
		const section = chart(Array.from({ length: 20 }, (_, index) => pool(`t-${index}`, index + 1)));
		expect(section?.head.match(/x-axis .*/)?.[0].match(/"/g)).toHaveLength(24);
		expect(section?.tail).toBe("The 12 types with the most pending requests; 8 more are in the table.");
	});

	it("is missing if no pool was planned", () => {
		expect(chart([])).toBeNull();
	});

	it("parses as Mermaid for any type name", async () => {
		await expect(parse('xychart-beta\n  x-axis ["a"b"]\n  bar [1]')).rejects.toThrow("Parse error");
		const types = fc.array(hostileText, { minLength: 1, maxLength: 14 });
		await fc.assert(
			fc.asyncProperty(types, async (names) => {
				const text = linesOf(names.map((name, index) => pool(name, index + 1)))
					.slice(1, -1)
					.join("\n");
				expect(await parse(text)).toMatchObject({
					diagramType: "xychart",
					// What was asked for, and nothing that a name would smuggle in.
					config: { xyChart: { chartOrientation: "horizontal", width: 280, plotReservedSpacePercent: 30 } },
				});
				expect(text.match(/%%/g)).toHaveLength(2);
			}),
		);
	});

	it("parses as Mermaid if every bar has the length 0", async () => {
		const series = [{ color: "#000000", values: [0, 0] }];
		const lines = barChart({ title: "Waits (gray: current)", labels: ["1: 12.5 min", "2: never"], series }).split("\n");
		expect(await parse(lines.slice(1, -1).join("\n"))).toMatchObject({ diagramType: "xychart" });
	});
});
