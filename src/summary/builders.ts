/** Builders with their types, and builders that no pattern matches. */
import type { Report, ReportedBuilder } from "../core/report/report.ts";
import { escapeMarkdown } from "./escape.ts";
import { count, number, reasonWords, workers } from "./format.ts";
import { table } from "./markdown-table.ts";
import { fold, type Section } from "./section.ts";

/** Unmatched builders listed by name. */
const MOST_UNMATCHED = 20;
/** The same for builders that map to a type. */
const MOST_MATCHED = 100;

export function unmatchedSection({ pending }: Report): Section | null {
	const builders = pending.builders.filter(({ mozType }) => mozType === null);
	if (builders.length === 0) return null;
	const rows = builders
		.slice(0, MOST_UNMATCHED)
		.map(({ builder, count, reason }) => [
			escapeMarkdown(builder),
			number(count),
			reasonWords(reason ?? "unmatched", "launch"),
		]);
	const title = `${count(builders.length, "unmatched builder")}: no pattern in <code>buildermap</code> matches; nothing is launched for ${builders.length === 1 ? "its" : "their"} ${pending.unmatched === 1 ? "request" : `${number(pending.unmatched)} requests`}`;
	return fold(title, {
		importance: "unmatched",
		name: "unmatched builders",
		...table(["Builder", "Pending", "Why"], rows),
		tail: rest(builders, MOST_UNMATCHED),
	});
}

/** Leads from a builder's name to the type that explains it on this page. */
export function buildersSection({ pending }: Report): Section | null {
	const builders = pending.builders.filter(({ mozType }) => mozType !== null);
	if (builders.length === 0) return null;
	const rows = builders
		.slice(0, MOST_MATCHED)
		.map(({ builder, count, mozType, slaveset, reason }) => [
			escapeMarkdown(builder),
			number(count),
			escapeMarkdown(mozType ?? ""),
			slaveset === null ? "" : escapeMarkdown(workers(slaveset)),
			reason === null ? "" : reasonWords(reason, "launch"),
		]);
	const header = ["Builder", "Pending", "Type", "Bound to workers", "Not assigned"];
	return fold(
		builders.length === 1 ? "1 builder and its type" : `${number(builders.length)} builders and their types`,
		{
			importance: "builders",
			name: "builders with their types",
			...table(header, rows),
			tail: rest(builders, MOST_MATCHED),
		},
	);
}

function rest(builders: readonly ReportedBuilder[], shown: number): string {
	const others = builders.slice(shown);
	if (others.length === 0) return "";
	const requests = others.reduce((sum, { count }) => sum + count, 0);
	return `${count(others.length, "more builder")} with ${count(requests, "request")}.`;
}
