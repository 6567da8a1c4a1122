/** Places that had no capacity, and those that were not asked. */
import type { Report } from "../core/report/report.ts";
import { escapeMarkdown, escapeMessage } from "./escape.ts";
import { fold, type Section } from "./section.ts";
import { table } from "./table.ts";
import { count, number, reasonWords } from "./words.ts";

/** Zones that are named in the title. */
const MOST_ZONES = 6;

export function refusalsSection({ refusals }: Report): Section | null {
	if (refusals.length === 0) return null;
	const header = ["Zone", "EC2 instance type", "Lifecycle", "Asked for", "Type", "Answer"];
	const rows = refusals.map(({ availabilityZone, instanceType, lifecycle, wanted, mozType, code }) => [
		escapeMarkdown(availabilityZone),
		escapeMarkdown(instanceType),
		lifecycle,
		number(wanted),
		escapeMarkdown(mozType),
		escapeMarkdown(code),
	]);
	const zones = [...new Set(refusals.map(({ availabilityZone }) => availabilityZone))].toSorted();
	const rest = zones.length - MOST_ZONES;
	const named = [
		...zones.slice(0, MOST_ZONES).map((zone) => escapeMarkdown(zone)),
		...(rest > 0 ? [`${rest} more`] : []),
	];
	const title = `${count(refusals.length, "place")} gave less than was asked for: ${named.join(", ")}`;
	return fold(title, { worth: "refusals", name: "places that gave less", ...table(header, rows) });
}

export function exclusionsSection({ exclusions }: Report): Section | null {
	if (exclusions.length === 0) return null;
	const header = ["Type", "Lifecycle", "Why", "In words"];
	const rows = exclusions.map(({ mozType, lifecycle, code, message }) => [
		escapeMarkdown(mozType),
		lifecycle,
		reasonWords(code, "launch"),
		escapeMessage(message),
	]);
	const title = `${count(exclusions.length, "place")} not asked`;
	return fold(title, { worth: "exclusions", name: "places that were not asked", ...table(header, rows) });
}
