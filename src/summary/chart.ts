/** The picture: one bar per type, its length what is pending, its colours what became of it. */
import type { Report, ReportedPool } from "../core/report/report.ts";
import { firstCharacters } from "../core/report/visible.ts";
import type { Section } from "./section.ts";
import { number } from "./words.ts";

/** Types that have a bar. */
const MOST_BARS = 12;
const LONGEST_LABEL = 20;
/** What Mermaid takes for nothing else within quotes. */
const UNSAFE = /[^\p{L}\p{M}\p{N} ._/+-]/gu;
const COLOURS = { covered: "#6e7781", launched: "#0969da", short: "#cf222e" };

/**
 * A Mermaid chart. Its bars of one type lie on one another, the last in front: drawn are all, all but what is short, and
 * what is covered, so that each colour is as long as what it stands for.
 */
export function chartSection({ pools, mode }: Report): Section | null {
	if (pools.length === 0) return null;
	const sum = (some: readonly ReportedPool[], key: "pending" | "launched" | "shortfall") =>
		some.reduce((total, pool) => total + pool[key], 0);
	const types = [...Map.groupBy(pools, ({ mozType }) => mozType)]
		.map(([mozType, some]) => {
			const pending = sum(some, "pending");
			const short = sum(some, "shortfall");
			return { mozType, pending, short, covered: pending - short - sum(some, "launched") };
		})
		.toSorted((a, b) => b.pending - a.pending || (a.mozType < b.mozType ? -1 : 1));
	const bars = types.slice(0, MOST_BARS);
	const launched = mode === "dry-run" ? "would be launched" : "launched";
	const options = {
		themeVariables: {
			xyChart: {
				backgroundColor: "transparent",
				plotColorPalette: `${COLOURS.short}, ${COLOURS.launched}, ${COLOURS.covered}`,
			},
		},
		xyChart: {
			chartOrientation: "horizontal",
			// As wide as a phone: where Mermaid has to shrink a chart, it cuts off the labels.
			width: 340,
			height: 40 + 26 * bars.length,
			titleFontSize: 12,
			xAxis: { labelFontSize: 12, showTick: false },
			// Labels on this axis would push its zero inwards, and nothing would be drawn as something.
			yAxis: { showLabel: false, showTick: false, showAxisLine: false },
		},
	};
	const list = (of: (bar: (typeof bars)[number]) => number | string) => `[${bars.map(of).join(", ")}]`;
	const labels = labelsOf(bars);
	const lines = [
		"```mermaid",
		`%%{init: ${JSON.stringify(options)}}%%`,
		"xychart-beta",
		`  title "Pending: covered (grey), ${launched} (blue), short (red)"`,
		`  x-axis ${list((bar) => `"${labels.get(bar) ?? ""}"`)}`,
		`  y-axis 0 --> ${Math.max(...bars.map(({ pending }) => pending))}`,
		`  bar ${list(({ pending }) => pending)}`,
		`  bar ${list(({ pending, short }) => pending - short)}`,
		`  bar ${list(({ covered }) => covered)}`,
		"```",
	];
	const rest = types.length - bars.length;
	const tail = rest > 0 ? `The ${bars.length} types with most pending; ${number(rest)} more are in the table.` : "";
	return { worth: "chart", name: "the chart", head: lines.join("\n"), rows: [], tail };
}

/** The types' names with what is pending, each different from the others: Mermaid draws equal ones as one. */
function labelsOf<T extends { readonly mozType: string; readonly pending: number }>(
	bars: readonly T[],
): ReadonlyMap<T, string> {
	const labels = new Map<T, string>();
	const taken = new Set<string>();
	for (const bar of bars) {
		const name = firstCharacters(bar.mozType, LONGEST_LABEL).replace(UNSAFE, "?");
		let label = `${name}: ${bar.pending}`;
		for (let copy = 2; taken.has(label); copy += 1) label = `${name} (${copy}): ${bar.pending}`;
		taken.add(label);
		labels.set(bar, label);
	}
	return labels;
}
