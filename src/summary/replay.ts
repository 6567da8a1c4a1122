/** The report of a replay → job summary. */

import { inWords, waitInWords } from "../core/report/duration.ts";
import type {
	ReplayedSetting,
	ReplayOutcome,
	ReplayReport,
	ReplayWaits,
	Timing,
} from "../core/report/replay-report.ts";
import { BLUE, barChart, GRAY } from "./bar-chart.ts";
import { escapeMarkdown } from "./escape.ts";
import { count, number } from "./format.ts";
import { table } from "./markdown-table.ts";

/** Instance types that are listed. GitHub drops a summary of more than 1 MiB. */
const MOST_TYPES = 100;
/** Settings in the table and the chart. */
const MOST_SETTINGS = 12;

const TIMING_WORDS: Readonly<Record<Timing, string>> = {
	exact: "every 5 min",
	late: "late, as on GitHub",
	watch: "watch",
};

/** The advice, then what it rests on, as GitHub-flavored Markdown. */
export function summarizeReplay(report: ReplayReport): string {
	const { from, until, requests, advice } = report;
	const days = `${from.slice(0, 10)} to ${until.slice(0, 10)}`;
	return [
		`## Replay of ${count(requests.replayed, "build request")}, ${days}`,
		`**${advice}**`,
		...validationOf(report),
		...typesOf(report),
		...settingsOf(report),
		...caveatsOf(report),
	].join("\n\n");
}

function validationOf({ validation, settings }: ReplayReport): readonly string[] {
	const current = settings.find(({ isCurrent }) => isCurrent);
	if (validation === null || current === undefined) return [];
	const { total, types } = validation;
	const figures = `median ${wait(total.simulated.p50)} simulated and ${wait(total.real.p50)} real, 95th percentile ${wait(total.simulated.p95)} simulated and ${wait(total.real.p95)} real`;
	const consequence = total.simulated.p95 === null ? "" : ", so the advice is weak";
	const verdict = total.differs
		? `⚠️ The simulation of the current settings differs from the real waits by more than a quarter${consequence} (${figures}).`
		: `The simulation of the current settings agrees with the real waits (${figures}).`;
	const others = types.filter(({ differs }) => differs).map(({ mozType }) => escapeMarkdown(mozType));
	const weak = others.length === 0 ? "" : ` It differs for ${listed(others)}.`;
	const timing =
		total.simulated.p50 === null ? "" : ` Of the timings, ticks **${TIMING_WORDS[current.timing]}** fit best.`;
	return [`${verdict}${weak}${timing}`];
}

function listed(names: readonly string[]): string {
	const rest = names.length - MOST_SETTINGS;
	return rest > 0 ? `${names.slice(0, MOST_SETTINGS).join(", ")}, and ${number(rest)} more` : names.join(", ");
}

const MEASURES = ["p50", "p95", "p99", "Longest", "Machine-hours", "Launched", "Never used", "USD"];

function typesOf({ validation, settings }: ReplayReport): readonly string[] {
	const current = settings.find(({ isCurrent }) => isCurrent);
	if (validation === null || current === undefined) return [];
	const advised = settings.find(({ isAdvised }) => isAdvised);
	const outcomeOf = (setting: ReplayedSetting, mozType: string) =>
		setting.types.find((one) => one.mozType === mozType) ?? setting.total;
	const all = validation.types.length > 1 ? [{ mozType: null, ...validation.total }] : [];
	const rows = [...validation.types.slice(0, MOST_TYPES), ...all].flatMap(({ mozType, real }) => {
		const of = (setting: ReplayedSetting) => (mozType === null ? setting.total : outcomeOf(setting, mozType));
		const name = mozType === null ? "all" : escapeMarkdown(mozType);
		return [
			[name, "real", ...waits(real)],
			["", "current, simulated", ...measures(of(current))],
			...(advised === undefined ? [] : [["", "advised, simulated", ...measures(of(advised))]]),
		];
	});
	const { head, rows: lines } = table(["Instance type", "Settings", ...MEASURES], rows);
	const rest = validation.types.length - MOST_TYPES;
	return [
		"### Waits and machines by instance type",
		[head, ...lines].join("\n"),
		...(rest > 0 ? [`${count(rest, "more instance type")} in the JSON report.`] : []),
	];
}

function settingsOf({ settings }: ReplayReport): readonly string[] {
	if (settings.length === 0) return [];
	const shown = shownSettings(settings);
	const rows = shown.map((setting, index) => {
		const { freshInstanceDelay, oldDivisor, scope, timing, total } = setting;
		const { launched, neverUsed, machineHours, cost } = total;
		return [
			`${index + 1}${markOf(setting)}`,
			...[String(freshInstanceDelay), String(oldDivisor), scope, TIMING_WORDS[timing]],
			...[wait(total.p50), wait(total.p95), hours(machineHours), number(launched), number(neverUsed), usd(cost)],
		];
	});
	const { head, rows: lines } = table(
		[
			...["Setting", "fresh_instance_delay", "old_divisor", "scope", "Ticks", "p50", "p95"],
			...["Machine-hours", "Launched", "Never used", "USD"],
		],
		rows,
	);
	return [
		"### Settings that no other beats on both waits and machine-hours",
		[head, ...lines].join("\n"),
		chart(shown),
		`${count(settings.length, "setting")} were simulated. The JSON report has all of them.`,
	];
}

/** The unbeaten settings, the one of fewest machine-hours first, and the current one. Of equal outcomes, one is shown. */
function shownSettings(settings: readonly ReplayedSetting[]): readonly ReplayedSetting[] {
	const current = settings.find(({ isCurrent }) => isCurrent);
	const changes = (one: ReplayedSetting) =>
		(["freshInstanceDelay", "oldDivisor", "scope", "timing"] as const).filter((key) => one[key] !== current?.[key]);
	const isMarked = (one: ReplayedSetting) => one.isCurrent || one.isAdvised;
	const unbeaten = settings
		.filter(({ isUnbeaten }) => isUnbeaten)
		.toSorted((a, b) => a.total.machineHours - b.total.machineHours || changes(a).length - changes(b).length);
	const distinct = unbeaten.filter(
		(one, index) => unbeaten[index - 1]?.total.machineHours !== one.total.machineHours && !isMarked(one),
	);
	return [...settings.filter(isMarked), ...distinct.slice(0, MOST_SETTINGS)].toSorted(
		(a, b) => a.total.machineHours - b.total.machineHours,
	);
}

function markOf({ isCurrent, isAdvised }: ReplayedSetting): string {
	if (isCurrent) return " (current)";
	return isAdvised ? " (advised)" : "";
}

function chart(settings: readonly ReplayedSetting[]): string {
	const seconds = settings.map(({ total }) => total.p95 ?? 0);
	return barChart({
		title: "95th percentile of the waits (gray: current)",
		labels: settings.map((setting, index) => `${index + 1}: ${wait(setting.total.p95)}`),
		series: [
			{ color: BLUE, values: seconds },
			{ color: GRAY, values: seconds.map((value, index) => (settings[index]?.isCurrent === true ? value : 0)) },
		],
	});
}

function caveatsOf({ requests, assumptions, caveats }: ReplayReport): readonly string[] {
	const { unmatched, neverStarted, unfinished, implausible } = requests;
	const { shortestBoot, longestBoot, idleStop, maxLaunches, maxHourlyCost, seeds } = assumptions;
	const ceiling = maxHourlyCost === null ? "" : ` and max-hourly-cost of ${maxHourlyCost} USD`;
	const lines = [
		`Machines start in ${inWords(shortestBoot)} to ${inWords(longestBoot)} and stop after ${inWords(idleStop)} without work. The configuration's limits and max-launches of ${number(maxLaunches)}${ceiling} apply. Each setting was simulated ${seeds === 1 ? "once" : `${seeds} times`}.`,
		`Left out: ${count(unmatched, "request")} of builders that map to no instance type, ${number(neverStarted)} without a build, ${number(unfinished)} without a finished build, and ${number(implausible)} with a build whose times can't be right.`,
		...caveats,
	];
	return ["### What a replay can't know", lines.map((line) => `- ${line}`).join("\n")];
}

function waits({ p50, p95, p99, longest }: ReplayWaits): readonly string[] {
	return [p50, p95, p99, longest].map(wait);
}

function measures(outcome: ReplayOutcome): readonly string[] {
	const { machineHours, launched, neverUsed, cost } = outcome;
	return [...waits(outcome), hours(machineHours), number(launched), number(neverUsed), usd(cost)];
}

/** A request that was never served has no wait. */
function wait(seconds: number | null): string {
	return seconds === null ? "never" : waitInWords(seconds);
}

const HOURS = new Intl.NumberFormat("en-US", { minimumFractionDigits: 1 });

function hours(machineHours: number): string {
	return HOURS.format(machineHours);
}

function usd(cost: number | null): string {
	return cost === null ? "unknown" : cost.toFixed(2);
}
