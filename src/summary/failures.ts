/** Failures, and what to do about them. */

import type { Report, ReportedFailure } from "../core/report/report.ts";
import { escapeMarkdown, escapeMessage } from "./escape.ts";
import { count, number } from "./format.ts";
import type { Section } from "./section.ts";

/** Failures listed one by one. */
const MOST_FAILURES = 50;

/** Failures that differ at most in their regions: once, with all of their regions. */
function describe(alike: readonly ReportedFailure[]): string {
	const [first] = alike;
	if (first === undefined) return "";
	const { stage, code, message } = first;
	const regions = [...new Set(alike.flatMap(({ region }) => region ?? []))];
	const where = regions.length === 0 ? stage : `${stage} in ${regions.join(", ")}`;
	// Many messages contain the code already.
	const which = message.includes(code) ? "" : `, ${escapeMarkdown(code)}`;
	const times = alike.length > Math.max(1, regions.length) ? ` (${number(alike.length)} times)` : "";
	return `**${escapeMarkdown(where)}**${which}: ${escapeMessage(message)}${times}`;
}

export function failuresSection({ failures }: Report): Section | null {
	if (failures.length === 0) return null;
	const alike = Map.groupBy(failures, ({ stage, region, code, message }) =>
		JSON.stringify([stage, code, region === null ? message : message.replaceAll(region, "\0")]),
	);
	const lines = [...alike.values()].map((some) => `- ${describe(some)}`);
	const rest = lines.length - MOST_FAILURES;
	const tail = rest > 0 ? `${count(rest, "more failure")} in the JSON report.` : "";
	return {
		importance: "failures",
		name: "failures",
		head: "### What went wrong\n",
		rows: lines.slice(0, MOST_FAILURES),
		tail,
	};
}
