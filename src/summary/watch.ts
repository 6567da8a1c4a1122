/** The summary of a run that watched: the whole run first, then why the last tick decided as it did. */
import { inWords } from "../core/report/duration.ts";
import type { Report, ReportedLaunch, ReportedTick, ReportedWaits } from "../core/report/report.ts";
import { escapeMarkdown, escapeMessage } from "./escape.ts";
import { count, number } from "./format.ts";
import { table } from "./markdown-table.ts";
import { fold, type Section } from "./section.ts";

/** Points of the timeline. Mermaid draws more of them too close to read. */
const MOST_POINTS = 60;
/** Ticks in the fold, the latest. */
const MOST_TICKS = 200;
/** Types and regions with a row or column of their own. */
const MOST_TYPES = 40;
const MOST_REGIONS = 6;

/** One sentence: how long, how many launches, and whether the last tick left something open. */
export function watchHeadline(report: Report, ticks: readonly ReportedTick[]): string {
	const { launches, mode, lockedBy, failures } = report;
	if (lockedBy !== null) return "⏸️ Watched, but another run held the lock";
	const last = ticks.at(-1);
	const open = failures.filter(({ healed }) => healed !== true).length;
	const healed = failures.length - open;
	const short = last?.shortfall ?? 0;
	const possible = ticks.reduce((sum, tick) => sum + tick.possiblyLaunched, 0);
	const verb = mode === "dry-run" ? "would launch" : "launched";
	const state = open > 0 ? "❌" : short + possible > 0 ? "⚠️" : "✅";
	const parts = [
		`${state} Watched for ${inWords(secondsOf(report))}: ${verb} ${count(launches.length, "instance")} in ${count(ticks.length, "tick")}`,
		...(short === 0 ? [] : [`${number(short)} short in the last tick`]),
		...(possible === 0 ? [] : [`up to ${number(possible)} more may have launched`]),
		...(open === 0 ? [] : [count(open, "failure")]),
		...(healed === 0 ? [] : [`${count(healed, "failure")} that later ticks did without`]),
	];
	return parts.join("; ");
}

function secondsOf({ startedAt, finishedAt }: Report): number {
	return Math.max(0, (Date.parse(finishedAt) - Date.parse(startedAt)) / 1000);
}

/** How long requests waited; null: no machine was launched. */
export function waitsSection(waits: ReportedWaits | null): Section | null {
	if (waits === null) return null;
	const { requests, p50, p95, longest } = waits;
	const head = `From request to launch call: half of ${count(requests, "request")} within ${inWords(p50)}, 95 % within ${inWords(p95)}, longest ${inWords(longest)}`;
	return { importance: "figures", name: "the waits", head, rows: [], tail: "" };
}

/** Launches of the run per type and region, as spot + on-demand; null: there are none. */
export function placesSection({ launches }: Report): Section | null {
	if (launches.length === 0) return null;
	const byRegion = bySize(Map.groupBy(launches, ({ region }) => region));
	const columns = [
		...byRegion
			.slice(0, MOST_REGIONS)
			.map(([region]) => ({ title: escapeMarkdown(region), regions: [region] }))
			.toSorted((a, b) => (a.title < b.title ? -1 : 1)),
		...(byRegion.length > MOST_REGIONS
			? [{ title: "other regions", regions: byRegion.slice(MOST_REGIONS).map(([region]) => region) }]
			: []),
	];
	const byType = bySize(Map.groupBy(launches, ({ mozType }) => mozType));
	const rest = byType.slice(MOST_TYPES).flatMap(([, some]) => some);
	const groups = [
		...byType.slice(0, MOST_TYPES).map(([mozType, some]) => ({ title: escapeMarkdown(mozType), some })),
		...(rest.length === 0 ? [] : [{ title: `*${number(byType.length - MOST_TYPES)} more*`, some: rest }]),
		...(byType.length === 1 ? [] : [{ title: "**Total**", some: launches }]),
	];
	const rows = groups.map(({ title, some }) => [
		title,
		number(some.length),
		...columns.map(({ regions }) => apart(some.filter(({ region }) => regions.includes(region)))),
	]);
	const header = ["Type", "Launched", ...columns.map(({ title }) => title)];
	return { importance: "table", name: "types", ...table(header, rows), tail: "Launched by region: spot + on-demand." };
}

function bySize(groups: ReadonlyMap<string, readonly ReportedLaunch[]>) {
	return [...groups].toSorted(([a, some], [b, others]) => others.length - some.length || (a < b ? -1 : 1));
}

function apart(launches: readonly ReportedLaunch[]): string {
	if (launches.length === 0) return "";
	const spot = launches.filter(({ lifecycle }) => lifecycle === "spot").length;
	return `${number(spot)} + ${number(launches.length - spot)}`;
}

/** Pending requests and launches over time; null: fewer than two ticks make no line. */
export function timelineSection(ticks: readonly ReportedTick[]): Section | null {
	if (ticks.length < 2) return null;
	const points = sampled(ticks);
	const options = {
		themeVariables: { xyChart: { backgroundColor: "transparent", plotColorPalette: "#0969da, #6e7781" } },
		xyChart: {
			// Fits a phone 360 pixels wide, because Mermaid shrinks a wider chart with its letters.
			width: 280,
			height: 200,
			titleFontSize: 12,
			xAxis: { labelFontSize: 10, titleFontSize: 10 },
			// Labels on this axis would move its zero inward, so that 0 would have a visible bar.
			yAxis: { showLabel: false, showTick: false, showAxisLine: false },
		},
	};
	const list = (of: (tick: (typeof points)[number]) => number) => `[${points.map(of).join(", ")}]`;
	const most = (of: (tick: (typeof points)[number]) => number) => Math.max(...points.map(of));
	const [mostPending, mostLaunched] = [most(({ pending }) => pending), most(({ launched }) => launched)];
	const first = Date.parse(points[0]?.startedAt ?? "");
	const last = Date.parse(points.at(-1)?.startedAt ?? "");
	const lines = [
		"```mermaid",
		`%%{init: ${JSON.stringify(options)}}%%`,
		"xychart-beta",
		`  title "Pending (gray, up to ${mostPending}), launched (blue, up to ${mostLaunched})"`,
		`  x-axis "Minutes" 0 --> ${Math.max(1, Math.ceil((last - first) / 60_000))}`,
		`  y-axis 0 --> ${Math.max(1, mostPending, mostLaunched)}`,
		`  bar ${list(({ launched }) => launched)}`,
		`  line ${list(({ pending }) => pending)}`,
		"```",
	];
	return { importance: "chart", name: "the timeline", head: lines.join("\n"), rows: [], tail: "" };
}

/** At most {@link MOST_POINTS} points, each for as many ticks: their launches together, and the most that was pending. */
function sampled(ticks: readonly ReportedTick[]): readonly Pick<ReportedTick, "startedAt" | "pending" | "launched">[] {
	const size = Math.ceil(ticks.length / MOST_POINTS);
	return [...Map.groupBy(ticks.entries(), ([index]) => Math.floor(index / size)).values()].map((entries) => {
		const some = entries.map(([, tick]) => tick);
		return {
			startedAt: some[0]?.startedAt ?? "",
			pending: Math.max(...some.map(({ pending }) => pending)),
			launched: some.reduce((sum, { launched }) => sum + launched, 0),
		};
	});
}

/** One row per tick, folded. */
export function ticksSection(ticks: readonly ReportedTick[]): Section {
	const shown = ticks.slice(-MOST_TICKS);
	const rows = shown.map(({ startedAt, pending, needed, launched, shortfall }) => [
		startedAt.slice(0, 19).replace("T", " "),
		...[pending, needed, launched, shortfall].map(number),
	]);
	const title = `${count(ticks.length, "tick")}${shown.length < ticks.length ? `, the last ${number(shown.length)} shown` : ""}`;
	const header = ["Time (UTC)", "Pending", "Needed", "Launched", "Short"];
	return fold(title, { importance: "launches", name: "ticks", ...table(header, rows) });
}

/** Failures that later ticks did without, folded; null: there are none. */
export function healedSection({ failures }: Report): Section | null {
	const healed = failures.filter((failure) => failure.healed === true);
	if (healed.length === 0) return null;
	const rows = healed.map(({ code, message }) => `- ${escapeMarkdown(code)}: ${escapeMessage(message)}`);
	const title = `${count(healed.length, "failure")} that later ticks did without`;
	return fold(title, { importance: "refusals", name: "healed failures", head: "", rows });
}
