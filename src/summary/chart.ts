/** The chart: one bar per type, as long as its pending requests, colored by their outcome. */
import type { Report, ReportedPool } from "../core/report/report.ts";
import { firstCharacters } from "../core/report/visible.ts";
import { BLUE, barChart, GRAY } from "./bar-chart.ts";
import { number } from "./format.ts";
import type { Section } from "./section.ts";

/** Types with a bar. */
const MOST_BARS = 12;
const LONGEST_LABEL = 20;
/** Everything but the characters that Mermaid treats as plain text within quotes. */
const UNSAFE = /[^\p{L}\p{M}\p{N} ._/+-]/gu;
const COLORS = { covered: GRAY, launched: BLUE, short: "#cf222e" };

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
	const labels = labelsOf(bars);
	const head = barChart({
		title: `Covered (gray), ${launched} (blue), short (red)`,
		labels: bars.map((bar) => labels.get(bar) ?? ""),
		series: [
			{ color: COLORS.short, values: bars.map(({ pending }) => pending) },
			{ color: COLORS.launched, values: bars.map(({ pending, short }) => pending - short) },
			{ color: COLORS.covered, values: bars.map(({ covered }) => covered) },
		],
	});
	const rest = types.length - bars.length;
	const tail =
		rest > 0 ? `The ${bars.length} types with the most pending requests; ${number(rest)} more are in the table.` : "";
	return { importance: "chart", name: "the chart", head, rows: [], tail };
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
