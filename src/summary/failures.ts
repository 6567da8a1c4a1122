/** What went wrong, and what to do about it. */

import { isStarved } from "../core/report/fail-on.ts";
import type { Report } from "../core/report/report.ts";
import { escapeMarkdown, escapeMessage } from "./escape.ts";
import type { Section } from "./section.ts";
import { count, number } from "./words.ts";

/** Failures that are told one by one. */
const MOST_FAILURES = 50;

export function failuresSection(report: Report): Section | null {
	const { failures } = report;
	const stalled = report.pools.filter(isStarved);
	if (failures.length === 0 && stalled.length === 0) return null;
	const lines = [
		...failures.map(({ stage, region, code, message }) => {
			const where = region === null ? stage : `${stage} in ${region}`;
			return `- **${escapeMarkdown(where)}**, ${escapeMarkdown(code)}: ${escapeMessage(message)}`;
		}),
		...stalled.map(
			({ mozType, shortfall }) =>
				`- **${escapeMarkdown(mozType)}**: ${number(shortfall)} needed, none could be launched; what stood in the way is told under Why.`,
		),
	];
	const rest = lines.length - MOST_FAILURES;
	const tail = rest > 0 ? `And ${count(rest, "failure")} more in the JSON report.` : "";
	return {
		worth: "failures",
		name: "failures",
		head: "### What went wrong\n",
		rows: lines.slice(0, MOST_FAILURES),
		tail,
	};
}
