/** Failures, and what to do about them. */

import type { Report } from "../core/report/report.ts";
import { escapeMarkdown, escapeMessage } from "./escape.ts";
import { count, number } from "./format.ts";
import type { Section } from "./section.ts";

/** Failures listed one by one. */
const MOST_FAILURES = 50;

export function failuresSection({ failures }: Report): Section | null {
	if (failures.length === 0) return null;
	const texts = failures.map(({ stage, region, code, message }) => {
		const where = region === null ? stage : `${stage} in ${region}`;
		// Many messages contain the code already.
		const which = message.includes(code) ? "" : `, ${escapeMarkdown(code)}`;
		return `**${escapeMarkdown(where)}**${which}: ${escapeMessage(message)}`;
	});
	const lines = [...Map.groupBy(texts, (text) => text)].map(
		([text, { length }]) => `- ${text}${length === 1 ? "" : ` (${number(length)} times)`}`,
	);
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
