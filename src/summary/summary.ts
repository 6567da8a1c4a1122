/** Report → job summary. */

import type { Report, ReportedPool, ReportedReason } from "../core/report.ts";
import { escapeMarkdown } from "./escape.ts";
import { lateness } from "./lateness.ts";
import { table } from "./table.ts";

/** Unmatched builders that are listed by name. */
const MOST_UNMATCHED = 20;

/** The job summary as GitHub-flavoured Markdown; nothing but the report decides it. */
export function summarise(report: Report): string {
	const sections = [
		`## ${headline(report)}`,
		report.mode === "dry-run" ? "Dry run: everything was read and decided; nothing was launched." : "",
		report.lockedBy === null ? "" : `The lock is held by ${escapeWhole(report.lockedBy)}.`,
		lateness(report),
		hidden(report),
		launchTable(report),
		why(report),
		failures(report),
		unmatched(report),
		refusals(report),
	];
	return `${sections.filter((section) => section !== "").join("\n\n")}\n`;
}

function headline({ mode, pending, pools, failures, lockedBy }: Report): string {
	if (lockedBy !== null) return "⏸️ Another run is at work; this one read and launched nothing";
	if (failures.some(({ stage }) => stage === "pending")) return "❌ The scheduler database could not be read";
	const launched = sum(pools, "launched");
	const shortfall = sum(pools, "shortfall");
	if (pending.total === 0) return "✅ Nothing is pending";
	const requests = count(pending.matched, "pending build request");
	if (pending.matched === 0) return `✅ Nothing that runs on AWS is pending (${pending.unmatched} other)`;
	const broken = failures.some(({ stage }) => stage !== "mapping");
	const state = broken ? "❌" : shortfall > 0 ? "⚠️" : "✅";
	const verb = mode === "dry-run" ? "Would launch" : "Launched";
	const short = shortfall > 0 ? `; ${shortfall} short` : "";
	const errors = broken ? `; ${count(failures.length, "failure")}` : "";
	if (launched === 0 && shortfall === 0 && !broken) return `${state} ${requests}, all covered by instances that run`;
	return `${state} ${verb} ${count(launched, "instance")} for ${requests}${short}${errors}`;
}

function hidden({ pending }: Report): string {
	if (pending.hidden === 0) return "";
	return `Not counted: ${count(pending.hidden, "more build request")} outside the age window (\`pending.min_age\`, \`pending.max_age\`).`;
}

function launchTable({ pools, launches, regions }: Report): string {
	if (pools.length === 0) return "";
	const types = [...new Set(pools.map(({ mozType }) => mozType))].toSorted();
	const rows = types.map((mozType) => row(escapeMarkdown(mozType), (pool) => pool.mozType === mozType));
	if (types.length > 1) rows.push(row("**Total**", () => true));
	const header = ["Type", "Pending", "Running", "Fresh", "Needed", ...regions, "Launched", "Short"];
	return table(header, rows);

	function row(title: string, picks: (pool: { readonly mozType: string }) => boolean): readonly string[] {
		const some = pools.filter(picks);
		const inRegion = (region: string) => launches.filter((launch) => picks(launch) && launch.region === region).length;
		const numbers = [
			sum(some, "pending"),
			total(some, "running"),
			total(some, "fresh"),
			sum(some, "needed"),
			...regions.map(inRegion),
			sum(some, "launched"),
			sum(some, "shortfall"),
		];
		return [title, ...numbers.map(String)];
	}
}

function why({ pools }: Report): string {
	if (pools.length === 0) return "";
	const lines = pools.flatMap(({ mozType, slaveset, pending, reasons }) => {
		const name = slaveset === null ? mozType : `${mozType} (${slaveset.join(", ")})`;
		const words = ({ code }: ReportedReason) => code.replaceAll("-", " ");
		const parts = reasons.map((reason) => `${reason.count} ${words(reason)}`);
		const unserved = reasons.filter(({ code }) => code !== "launched" && !code.startsWith("covered-"));
		return [
			`- **${escapeMarkdown(name)}**: ${pending} pending = ${parts.join(" + ")}`,
			...unserved.map((reason) => `  - ${words(reason)}: ${escapeWhole(reason.message)}`),
		];
	});
	return `### Why\n\n${lines.join("\n")}`;
}

function failures({ failures }: Report): string {
	if (failures.length === 0) return "";
	const lines = failures.map(
		({ stage, code, message }) => `- **${stage}**, ${escapeMarkdown(code)}: ${escapeWhole(message)}`,
	);
	return `### Failures\n\n${lines.join("\n")}`;
}

function refusals({ refusals }: Report): string {
	if (refusals.length === 0) return "";
	const header = ["Type", "Lifecycle", "EC2 instance type", "Zone", "Asked for", "Answer"];
	const rows = refusals.map(({ mozType, lifecycle, instanceType, availabilityZone, wanted, code }) =>
		[mozType, lifecycle, instanceType, availabilityZone, String(wanted), code].map(escapeMarkdown),
	);
	const title = `${count(refusals.length, "place")} gave less than was asked for`;
	return `<details>\n<summary>${title}</summary>\n\n${table(header, rows)}\n\n</details>`;
}

function unmatched({ pending }: Report): string {
	const builders = pending.builders.filter(({ mozType }) => mozType === null);
	if (builders.length === 0) return "";
	const rows = builders.slice(0, MOST_UNMATCHED).map(({ builder, count }) => [escapeMarkdown(builder), String(count)]);
	const rest = builders.length - MOST_UNMATCHED;
	const more = rest > 0 ? `\n\nAnd ${count(rest, "builder")} more.` : "";
	const intro = "No pattern of `buildermap` matches these builders, so nothing is launched for them.";
	return `### Unmatched builders\n\n${intro}\n\n${table(["Builder", "Pending"], rows)}${more}`;
}

/** Messages may be long: they are what to do. */
function escapeWhole(message: string): string {
	return (
		message
			.match(/.{1,150}/gsu)
			?.map(escapeMarkdown)
			.join("") ?? ""
	);
}

function sum(pools: readonly ReportedPool[], key: "pending" | "needed" | "launched" | "shortfall"): number {
	return pools.reduce((result, pool) => result + pool[key], 0);
}

function total(pools: readonly ReportedPool[], key: "running" | "fresh"): number {
	return pools.reduce((result, pool) => result + pool[key].spot + pool[key].onDemand, 0);
}

function count(number: number, noun: string): string {
	return `${number} ${noun}${number === 1 ? "" : "s"}`;
}
