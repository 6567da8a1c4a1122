// @vitest-environment jsdom
/** The picture, read by the program that draws it on GitHub. */
import fc from "fast-check";
import mermaid from "mermaid";
import { describe, expect, it } from "vitest";
import { chartSection } from "../../src/summary/chart.ts";
import { report, reportedPool } from "../core/reports.ts";
import { hostileText } from "./arbitrary-report.ts";

const chart = (pools: readonly Parameters<typeof reportedPool>[0][]) =>
	chartSection(report({ pools: pools.map((pool) => reportedPool(pool)) }));
/** The chart without the fence. */
const source = (head: string) => head.replace(/^```mermaid\n|\n```$/g, "");

describe("the chart", () => {
	it("is as long as what is pending, with what is covered, launched and short apart", () => {
		const section = chart([
			{ mozType: "bld", pending: 17, launched: 8, shortfall: 2 },
			{ mozType: "bld", slaveset: ["w"], pending: 3, launched: 3 },
			{ mozType: "tst", pending: 40, shortfall: 40 },
		]);
		expect(section?.head).toMatch(/x-axis \["tst: 40", "bld: 20"\]\n {2}y-axis 0 --> 40\n/);
		// One on another: all, all but what is short, what is covered.
		expect(section?.head).toMatch(/bar \[40, 20\]\n {2}bar \[0, 18\]\n {2}bar \[0, 7\]\n/);
	});

	it("is left out where nothing was planned", () => {
		expect(chart([])).toBeNull();
	});

	it("has the types with most pending, and says of how many more it has not", () => {
		const pools = Array.from({ length: 20 }, (_, index) => ({ mozType: `type-${index}`, pending: index + 1 }));
		const section = chart(pools);
		expect(section?.head).toContain('"type-19: 20"');
		expect(section?.head).not.toContain("type-7:");
		expect(section?.tail).toBe("The 12 types with most pending; 8 more are in the table.");
	});

	it("is drawn, whatever the types are called", async () => {
		await fc.assert(
			fc.asyncProperty(fc.array(hostileText, { minLength: 1, maxLength: 4 }), async (names) => {
				const section = chart(names.map((mozType) => ({ mozType, pending: 2, launched: 1, shortfall: 1 })));
				expect(await mermaid.parse(source(section?.head ?? ""))).toMatchObject({ diagramType: "xychart" });
				expect(section?.head.match(/```/g)).toHaveLength(2);
			}),
			{ numRuns: 50 },
		);
	});
});
