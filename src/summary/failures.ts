/** Failures, and what to do about them. */

import { isStarved } from "../core/report/fail-on.ts";
import type { Report } from "../core/report/report.ts";
import { escapeMarkdown, escapeMessage } from "./escape.ts";
import { count, number } from "./format.ts";
import type { Section } from "./section.ts";

/** Failures listed one by one. */
const MOST_FAILURES = 50;

export function failuresSection(report: Report): Section | null {
	const { failures } = report;
	const starved = report.pools.filter(isStarved);
	if (failures.length === 0 && starved.length === 0) return null;
	const lines = [
		...failures.map(({ stage, region, code, message }) => {
			const where = region === null ? stage : `${stage} in ${region}`;
			return `- **${escapeMarkdown(where)}**, ${escapeMarkdown(code)}: ${escapeMessage(message)}`;
		}),
		...starved.map(
			({ mozType, shortfall }) =>
				`- **${escapeMarkdown(mozType)}**: ${number(shortfall)} needed, 0 launched. See **Why** below.`,
		),
	];
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
