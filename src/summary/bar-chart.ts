/** A Mermaid chart of horizontal bars. */

export const BLUE = "#0969da";
export const GRAY = "#6e7781";

/** The bars of a label overlap, those of the last series in front. */
export interface BarChart {
	readonly title: string;
	/** Unique, since Mermaid merges bars with equal labels, and without characters that it interprets. */
	readonly labels: readonly string[];
	/** The first one has the longest bars. */
	readonly series: readonly { readonly color: string; readonly values: readonly number[] }[];
}

/** The chart as a block of Markdown. */
export function barChart({ title, labels, series }: BarChart): string {
	const options = {
		themeVariables: {
			xyChart: { backgroundColor: "transparent", plotColorPalette: series.map(({ color }) => color).join(", ") },
		},
		xyChart: {
			chartOrientation: "horizontal",
			// Fits a phone 360 pixels wide, because Mermaid cuts off the labels of a chart that it must shrink.
			width: 280,
			height: 40 + 26 * labels.length,
			// Share of the width kept for the bars, in percent. Mermaid drops all labels if one doesn't fit into the rest,
			// and accepts no less than 30.
			plotReservedSpacePercent: 30,
			titleFontSize: 12,
			xAxis: { labelFontSize: 12, showTick: false },
			// Labels on this axis would move its zero inward, so that 0 would have a visible bar.
			yAxis: { showLabel: false, showTick: false, showAxisLine: false },
		},
	};
	return [
		"```mermaid",
		`%%{init: ${JSON.stringify(options)}}%%`,
		"xychart-beta",
		`  title "${title}"`,
		`  x-axis [${labels.map((label) => `"${label}"`).join(", ")}]`,
		`  y-axis 0 --> ${Math.max(1, ...(series[0]?.values ?? []))}`,
		...series.map(({ values }) => `  bar [${values.join(", ")}]`),
		"```",
	].join("\n");
}
