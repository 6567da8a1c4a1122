/** Report → job summary. */
import type { Report, ReportedTick } from "../core/report/report.ts";
import { buildersSection, unmatchedSection } from "./builders.ts";
import { runSection } from "./calls-and-timings.ts";
import { chartSection } from "./chart.ts";
import { deathsSection } from "./deaths.ts";
import { failuresSection } from "./failures.ts";
import { firstBuildsSection, neverConnectedSection } from "./first-builds.ts";
import { account, facts, headline, notes } from "./headline.ts";
import { launchesSection } from "./launches.ts";
import { exclusionsSection, refusalsSection } from "./placements.ts";
import { cutToSize, type Section } from "./section.ts";
import { shortageSection } from "./shortage.ts";
import { spotPoolsSection } from "./spot-pools.ts";
import { typesSection } from "./types-table.ts";
import { healedSection, placesSection, ticksSection, timelineSection, waitsSection, watchHeadline } from "./watch.ts";
import { accountingSection, whySections } from "./why.ts";

/** Bytes. GitHub accepts 1 MiB from a step and drops a longer summary; the margin is for masked secrets. */
export const MOST_BYTES = 1_000_000;

/**
 * The job summary as GitHub-flavored Markdown, made from the report alone: what needs a person first, then why, then
 * folded details. It does not end with a line break.
 */
export function summarize(report: Report): string {
	const { ticks } = report;
	if (ticks !== null)
		return page([`## ${watchHeadline(report, ticks)}`, ...notes(report)], watchSections(report, ticks));
	const sections: readonly (Section | null)[] = [
		failuresSection(report),
		shortageSection(report),
		deathsSection(report),
		neverConnectedSection(report),
		figuresSection(report),
		typesSection(report),
		chartSection(report),
		...whySections(report),
		accountingSection(report, account(report)),
		firstBuildsSection(report),
		launchesSection(report),
		spotPoolsSection(report),
		refusalsSection(report),
		exclusionsSection(report),
		unmatchedSection(report),
		buildersSection(report),
		runSection(report),
	];
	return page([`## ${headline(report)}`, ...notes(report)], sections);
}

/** Of a run that watched: the run, then why its last tick decided as it did. */
function watchSections(report: Report, ticks: readonly ReportedTick[]): readonly (Section | null)[] {
	const standing = { ...report, failures: report.failures.filter(({ healed }) => healed !== true) };
	return [
		failuresSection(standing),
		...((ticks.at(-1)?.shortfall ?? 0) > 0 ? [shortageSection(report)] : []),
		deathsSection(report),
		neverConnectedSection(report),
		waitsSection(report.waits),
		placesSection(report),
		timelineSection(ticks),
		...whySections(report),
		accountingSection(report, account(report)),
		firstBuildsSection(report),
		ticksSection(ticks),
		launchesSection(report),
		spotPoolsSection(report),
		healedSection(report),
		refusalsSection(report),
		exclusionsSection(report),
		unmatchedSection(report),
		buildersSection(report),
		runSection(report),
	];
}

/** @param top the headline and the notes */
function page(top: readonly string[], sections: readonly (Section | null)[]): string {
	const topBytes = Buffer.byteLength(top.join("\n\n"));
	const { parts, cuts } = cutToSize(
		sections.filter((section) => section !== null),
		MOST_BYTES - topBytes,
	);
	const note = `Summary truncated; omitted: ${cuts.join("; ")}. Full data is in the JSON report.`;
	return [...top, ...(cuts.length === 0 ? [] : [note]), ...parts].join("\n\n");
}

function figuresSection(report: Report): Section | null {
	const figures = facts(report);
	return figures === "" ? null : { importance: "figures", name: "the figures", head: figures, rows: [], tail: "" };
}
