/** How long machines take to their first build, and which never connected to Buildbot. */
import { firstBuildsLine, neverConnectedWarning } from "../core/report/first-builds.ts";
import type { Report } from "../core/report/report.ts";
import { escapeMarkdown, escapeMessage } from "./escape.ts";
import { count, number, waited } from "./format.ts";
import { table } from "./markdown-table.ts";
import { fold, type Section } from "./section.ts";

export function firstBuildsSection(report: Report): Section | null {
	const line = firstBuildsLine(report);
	if (line === "") return null;
	return {
		importance: "first-builds",
		name: "the time from launch to first build",
		head: line,
		rows: [],
		tail: "",
	};
}

export function neverConnectedSection({ firstBuilds, finishedAt }: Report): Section | null {
	const groups = firstBuilds?.neverConnected ?? [];
	if (groups.length === 0) return null;
	const warning = neverConnectedWarning(groups, finishedAt);
	const header = ["Type", "Machines", "Last launched", "Zone", "EC2 instance type", "Image"];
	const rows = groups.map((group) => [
		escapeMarkdown(group.mozType),
		number(group.count),
		`${waited(group.launchedAt, finishedAt)} ago`,
		escapeMarkdown(group.availabilityZone),
		escapeMarkdown(group.instanceType),
		escapeMarkdown(group.imageId),
	]);
	const { head, rows: lines } = table(header, rows);
	const total = groups.reduce((sum, group) => sum + group.count, 0);
	const title = `${count(total, "running machine")} never connected to Buildbot`;
	const section = { importance: "deaths", name: "machines that never connected", rows: lines } as const;
	return fold(title, { ...section, head: warning === "" ? head : `⚠️ ${escapeMessage(warning)}\n\n${head}` });
}
