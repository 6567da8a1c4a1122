/** EC2 calls and stage timings of the run. */
import type { Report } from "../core/report/report.ts";
import { escapeMarkdown } from "./escape.ts";
import { count, number } from "./format.ts";
import { table } from "./markdown-table.ts";
import { fold, type Section } from "./section.ts";

export function runSection({ apiCalls, timings }: Report): Section | null {
	const regions = Object.entries(apiCalls).toSorted(([a], [b]) => (a < b ? -1 : 1));
	const actions = [...new Set(regions.flatMap(([, calls]) => Object.keys(calls)))].toSorted();
	const total = regions.flatMap(([, calls]) => Object.values(calls)).reduce((sum, calls) => sum + calls, 0);
	if (total === 0 && timings.length === 0) return null;
	const seconds = timings.reduce((sum, timing) => sum + timing.seconds, 0);
	const times = table(
		["Stage", "Seconds"],
		timings.map(({ stage, seconds }) => [escapeMarkdown(stage), seconds.toFixed(3)]),
	);
	const timesTable = [times.head, ...times.rows].join("\n");
	const title = `${seconds.toFixed(1)} seconds and ${count(total, "EC2 call")}`;
	const section = { importance: "run", name: "stage timings and EC2 calls" } as const;
	if (total === 0) return fold(title, { ...section, ...times });
	const calls = table(
		["Region", ...actions.map((action) => escapeMarkdown(action))],
		regions.map(([region, byAction]) => [
			escapeMarkdown(region),
			...actions.map((action) => (byAction[action] === undefined ? "" : number(byAction[action]))),
		]),
	);
	const head = timings.length === 0 ? calls.head : `${timesTable}\n\nCalls include retries and pages:\n\n${calls.head}`;
	return fold(title, { ...section, head, rows: calls.rows });
}
