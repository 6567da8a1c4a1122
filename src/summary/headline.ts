/** What a reader must see within five seconds: the state, and what needs a person. */

import { failureReasons } from "../core/report/fail-on.ts";
import type { Report, ReportedPool } from "../core/report/report.ts";
import { escapeMessage } from "./escape.ts";
import { count, number, reasonWords, sumByCode, waited } from "./format.ts";
import { lateness } from "./lateness.ts";

/** One sentence. */
export function headline(report: Report): string {
	const { mode, pending, pools, failures, lockedBy } = report;
	if (lockedBy !== null) return "⏸️ Skipped: another run holds the lock";
	if (failures.some(({ stage }) => stage === "pending")) return "❌ The scheduler database could not be read";
	if (pending.total === 0) return "✅ Nothing is pending";
	if (pending.matched === 0)
		return `✅ Nothing to launch: none of the ${count(pending.unmatched, "pending request")} maps to AWS`;
	const sums = outcomes(report);
	const isFlawed = sums.short + sums.heldBack + failures.length > 0;
	const state = failureReasons(report, "error").length > 0 ? "❌" : isFlawed ? "⚠️" : "✅";
	const parts: readonly (readonly [sum: number, what: string])[] = [
		[sums.launched, mode === "dry-run" ? "to launch" : "launched"],
		[sums.covered, "covered"],
		[sums.short, "short"],
		[sums.heldBack, "held back"],
		[pending.unmatched, "unmatched"],
	];
	const shown = parts.filter(([sum, what]) => sum > 0 || (isFlawed && what === parts[0]?.[1]));
	const possible = pools.reduce((sum, pool) => sum + pool.possiblyLaunched, 0);
	const more = [
		...(possible > 0 ? [`up to ${number(possible)} more may have launched`] : []),
		...(failures.some(({ code }) => code === "died-young") ? ["new instances die everywhere"] : []),
		...(failures.length > 0 ? [count(failures.length, "failure")] : []),
	];
	const total = `${mode === "dry-run" ? "Dry run: " : ""}${count(pending.total, "pending request")}`;
	return [`${state} ${total} = ${shown.map(([sum, what]) => `${number(sum)} ${what}`).join(" + ")}`, ...more].join(
		"; ",
	);
}

/** The requests of builders that map to a type, by outcome; they add up to `pending.matched`. */
function outcomes({ pending, pools }: Report) {
	const sum = (of: (pool: ReportedPool) => number) => pools.reduce((total, pool) => total + of(pool), 0);
	const inPools = sum((pool) => pool.pending);
	const launched = sum((pool) => pool.launched);
	const short = sum((pool) => pool.shortfall);
	return { launched, short, covered: inPools - launched - short, heldBack: pending.matched - inPools };
}

/** Notes without which the rest would be misread. */
export function notes(report: Report): readonly string[] {
	const { mode, lockedBy, pending } = report;
	const outside = `Not counted: ${count(pending.outsideAgeWindow, "more build request")} outside the age window (\`pending.min_age\`, \`pending.max_age\`).`;
	return [
		...(mode === "dry-run" ? [dryRunNote(report)] : []),
		...(lockedBy === null ? [] : [lockNote(lockedBy, report)]),
		lateness(report),
		...(pending.outsideAgeWindow === 0 ? [] : [outside]),
	].filter((note) => note !== "");
}

function dryRunNote({ failures, lockedBy }: Report): string {
	const isComplete = lockedBy === null && failures.length === 0;
	return isComplete
		? "Dry run: everything was read and planned; nothing was launched."
		: "Dry run: nothing was launched. Not everything could be read or planned.";
}

function lockNote(lockedBy: string, { lockedSince, startedAt }: Report): string {
	const holder = escapeMessage(lockedBy);
	if (lockedSince === null) return `The lock is held by ${holder}.`;
	return `The lock has been held for ${waited(lockedSince, startedAt)} by ${holder}.`;
}

/** All requests by outcome: `172 pending = 62 launched + 8 covered by running + 102 unmatched`. */
export function account({ mode, pending, pools }: Report): string {
	const sums = sumByCode([...pools.flatMap(({ reasons }) => reasons), ...pending.reasons]);
	const parts = [...sums].map(([code, sum]) => `${number(sum)} ${reasonWords(code, mode)}`);
	return `${number(pending.total)} pending = ${parts.join(" + ")}`;
}

/** The oldest request that runs on AWS, launches by lifecycle, and their cost; empty if there are none. */
export function facts(report: Report): string {
	const { pools, launches, startedAt } = report;
	const oldest = pools.flatMap(({ oldestSubmittedAt }) => oldestSubmittedAt ?? []).toSorted()[0];
	const spot = launches.filter(({ lifecycle }) => lifecycle === "spot").length;
	const parts = [
		...(oldest === undefined ? [] : [`oldest request: ${waited(oldest, startedAt)}`]),
		...(launches.length === 0
			? []
			: [`${number(spot)} spot, ${number(launches.length - spot)} on-demand`, cost(report)]),
	];
	const line = parts.join(" · ");
	return `${line.charAt(0).toUpperCase()}${line.slice(1)}`;
}

function cost({ launches, cost }: Report): string {
	const unpriced = launches.filter((launch) => launch.spotPrice === null && launch.onDemandPrice === null);
	if (unpriced.length === launches.length) return "cost unknown";
	const known = `about ${cost.usdPerHour.toFixed(2)} USD per hour`;
	const spot = unpriced.filter(({ lifecycle }) => lifecycle === "spot").length;
	const onDemand = unpriced.length - spot;
	const unknown = [
		...(onDemand === 0 ? [] : [`${number(onDemand)} on-demand`]),
		...(spot === 0 ? [] : [`${number(spot)} spot`]),
	];
	return unknown.length === 0 ? known : `${known}, plus ${unknown.join(" and ")} without a known price`;
}
