/** What went wrong, and what to do about it. */
import type { Report } from "../core/report.ts";
import { whyFailed } from "../core/verdict.ts";
import { escapeMarkdown, escapeMessage } from "./escape.ts";
import type { Section } from "./section.ts";
import { count } from "./words.ts";

/** Failures that are told one by one. */
const MOST_FAILURES = 50;

export function failuresSection(report: Report): Section | null {
	const { failures } = report;
	const stalled = whyFailed({ ...report, failures: [] }, "error");
	if (failures.length === 0 && stalled.length === 0) return null;
	const lines = [
		...failures.map(({ stage, region, code, message }) => {
			const where = region === null ? stage : `${stage} in ${region}`;
			return `- **${escapeMarkdown(where)}**, ${escapeMarkdown(code)}: ${escapeMessage(message)}`;
		}),
		...stalled.map((why) => `- ${escapeMessage(why)}`),
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
