/** Placements that returned fewer instances than requested, and placements that were skipped. */
import type { Report } from "../core/report/report.ts";
import { escapeMarkdown, escapeMessage } from "./escape.ts";
import { count, number, reasonWords } from "./format.ts";
import { table } from "./markdown-table.ts";
import { refusalWords } from "./refusal-words.ts";
import { fold, type Section } from "./section.ts";

/** Zones named in the title. */
const MOST_ZONES = 6;

export function refusalsSection({ refusals }: Report): Section | null {
	if (refusals.length === 0) return null;
	const header = ["Zone", "EC2 instance type", "Lifecycle", "Requested", "Type", "Answer"];
	const rows = refusals.map(({ availabilityZone, instanceType, lifecycle, wanted, mozType, code }) => [
		escapeMarkdown(availabilityZone),
		escapeMarkdown(instanceType),
		lifecycle,
		number(wanted),
		escapeMarkdown(mozType),
		refusalWords(code),
	]);
	const zones = [...new Set(refusals.map(({ availabilityZone }) => availabilityZone))].toSorted();
	const rest = zones.length - MOST_ZONES;
	const named = [
		...zones.slice(0, MOST_ZONES).map((zone) => escapeMarkdown(zone)),
		...(rest > 0 ? [`${rest} more`] : []),
	];
	const title = `${count(zones.length, "zone")} returned fewer instances than requested: ${named.join(", ")}`;
	return fold(title, { importance: "refusals", name: "zones that returned fewer instances", ...table(header, rows) });
}

export function exclusionsSection({ exclusions }: Report): Section | null {
	if (exclusions.length === 0) return null;
	const header = ["Type", "Lifecycle", "Why", "Details"];
	const rows = exclusions.map(({ mozType, lifecycle, code, message }) => [
		escapeMarkdown(mozType),
		lifecycle,
		reasonWords(code, "launch"),
		escapeMessage(message),
	]);
	const title = `${count(exclusions.length, "placement")} skipped`;
	return fold(title, { importance: "exclusions", name: "skipped placements", ...table(header, rows) });
}
