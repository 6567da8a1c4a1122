/** Report → job summary. */
import type { Report } from "../core/report/report.ts";
import { buildersSection, unmatchedSection } from "./builders.ts";
import { chartSection } from "./chart.ts";
import { failuresSection } from "./failures.ts";
import { account, facts, headline, notes } from "./headline.ts";
import { launchesSection } from "./launches.ts";
import { exclusionsSection, refusalsSection } from "./places.ts";
import { callsSection, timingsSection } from "./run.ts";
import { cutToSize, type Section } from "./section.ts";
import { typesSection } from "./types.ts";
import { accountingSection, whySections } from "./why.ts";

/** Bytes. GitHub takes 1 MiB from a step and drops what is longer; the rest is room for what hides secrets. */
export const MOST_BYTES = 1_000_000;

/**
 * The job summary as GitHub-flavoured Markdown: what needs a person first, then why, then folded detail. Nothing but the
 * report decides it. No line break ends it.
 */
export function summarise(report: Report): string {
	const sections: readonly (Section | null)[] = [
		failuresSection(report),
		figuresSection(report),
		typesSection(report),
		chartSection(report),
		...whySections(report),
		accountingSection(report, account(report)),
		launchesSection(report),
		refusalsSection(report),
		exclusionsSection(report),
		unmatchedSection(report),
		buildersSection(report),
		callsSection(report),
		timingsSection(report),
	];
	const top = [`## ${headline(report)}`, ...notes(report)];
	const topBytes = Buffer.byteLength(top.join("\n\n"));
	const { parts, cuts } = cutToSize(
		sections.filter((section) => section !== null),
		MOST_BYTES - topBytes,
	);
	const note = `Too long for a job summary, so this is left out: ${cuts.join("; ")}. The JSON report has everything.`;
	return [...top, ...(cuts.length === 0 ? [] : [note]), ...parts].join("\n\n");
}

function figuresSection(report: Report): Section | null {
	const figures = facts(report);
	return figures === "" ? null : { worth: "figures", name: "the figures", head: figures, rows: [], tail: "" };
}
