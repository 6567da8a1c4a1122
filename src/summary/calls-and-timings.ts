/** EC2 calls and stage timings of the run. */
import type { Report } from "../core/report/report.ts";
import { escapeMarkdown } from "./escape.ts";
import { count, number } from "./format.ts";
import { table } from "./markdown-table.ts";
import { fold, type Section } from "./section.ts";

export function callsSection({ apiCalls }: Report): Section | null {
	const regions = Object.entries(apiCalls).toSorted(([a], [b]) => (a < b ? -1 : 1));
	const actions = [...new Set(regions.flatMap(([, calls]) => Object.keys(calls)))].toSorted();
	const total = regions.flatMap(([, calls]) => Object.values(calls)).reduce((sum, calls) => sum + calls, 0);
	if (total === 0) return null;
	const rows = regions.map(([region, calls]) => [
		escapeMarkdown(region),
		...actions.map((action) => (calls[action] === undefined ? "" : number(calls[action]))),
	]);
	return fold(`${count(total, "EC2 call")}, including retries and pages`, {
		importance: "run",
		name: "regions with EC2 calls",
		...table(["Region", ...actions.map((action) => escapeMarkdown(action))], rows),
	});
}

export function timingsSection({ timings }: Report): Section | null {
	if (timings.length === 0) return null;
	const rows = timings.map(({ stage, seconds }) => [escapeMarkdown(stage), seconds.toFixed(3)]);
	const total = timings.reduce((sum, { seconds }) => sum + seconds, 0);
	return fold(`${total.toFixed(1)} seconds, by stage`, {
		importance: "run",
		name: "stage timings",
		...table(["Stage", "Seconds"], rows),
	});
}
