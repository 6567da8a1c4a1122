/** The chart: one bar per type, as long as its pending requests, colored by their outcome. */
import type { Report, ReportedPool } from "../core/report/report.ts";
import { firstCharacters } from "../core/report/visible.ts";
import { number } from "./format.ts";
import type { Section } from "./section.ts";

/** Types with a bar. */
const MOST_BARS = 12;
const LONGEST_LABEL = 20;
/** Everything but the characters that Mermaid treats as plain text within quotes. */
const UNSAFE = /[^\p{L}\p{M}\p{N} ._/+-]/gu;
const COLORS = { covered: "#6e7781", launched: "#0969da", short: "#cf222e" };

/**
 * A Mermaid chart. The bars of a type overlap, the last in front: pending, pending without short, and covered. So each
 * color is as long as its share.
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
	const launched = mode === "dry-run" ? "would launch" : "launched";
	const options = {
		themeVariables: {
			xyChart: {
				backgroundColor: "transparent",
				plotColorPalette: `${COLORS.short}, ${COLORS.launched}, ${COLORS.covered}`,
			},
		},
		xyChart: {
			chartOrientation: "horizontal",
			// Fits a phone 360 pixels wide, because Mermaid cuts off the labels of a chart that it must shrink.
			width: 280,
			height: 40 + 26 * bars.length,
			// Share of the width kept for the bars, in percent. Mermaid drops all labels if one doesn't fit into the rest,
			// and accepts no less than 30.
			plotReservedSpacePercent: 30,
			titleFontSize: 12,
			xAxis: { labelFontSize: 12, showTick: false },
			// Labels on this axis would move its zero inward, so that 0 would have a visible bar.
			yAxis: { showLabel: false, showTick: false, showAxisLine: false },
		},
	};
	const list = (of: (bar: (typeof bars)[number]) => number | string) => `[${bars.map(of).join(", ")}]`;
	const labels = labelsOf(bars);
	const lines = [
		"```mermaid",
		`%%{init: ${JSON.stringify(options)}}%%`,
		"xychart-beta",
		`  title "Covered (gray), ${launched} (blue), short (red)"`,
		`  x-axis ${list((bar) => `"${labels.get(bar) ?? ""}"`)}`,
		`  y-axis 0 --> ${Math.max(...bars.map(({ pending }) => pending))}`,
		`  bar ${list(({ pending }) => pending)}`,
		`  bar ${list(({ pending, short }) => pending - short)}`,
		`  bar ${list(({ covered }) => covered)}`,
		"```",
	];
	const rest = types.length - bars.length;
	const tail =
		rest > 0 ? `The ${bars.length} types with the most pending requests; ${number(rest)} more are in the table.` : "";
	return { importance: "chart", name: "the chart", head: lines.join("\n"), rows: [], tail };
}

/** Unique labels, name and pending requests: Mermaid merges bars with equal labels. */
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
