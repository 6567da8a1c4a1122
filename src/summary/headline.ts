/** What a reader must see within five seconds: the state, and what needs a person. */

import { failureReasons } from "../core/report/fail-on.ts";
import type { Report } from "../core/report/report.ts";
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
	const launched = pools.reduce((sum, pool) => sum + pool.launched, 0);
	const shortfall = pools.reduce((sum, pool) => sum + pool.shortfall, 0);
	const requests = count(pending.matched, "pending build request");
	const skipped = pending.matched - pools.reduce((sum, pool) => sum + pool.pending, 0);
	const broken = failureReasons(report, "error").length > 0;
	if (launched + shortfall + skipped + failures.length === 0) {
		return `✅ ${requests}, all covered by running instances`;
	}
	const state = broken ? "❌" : shortfall + skipped + failures.length > 0 ? "⚠️" : "✅";
	const verb = mode === "dry-run" ? "Would launch" : "Launched";
	const short = shortfall > 0 ? `; ${number(shortfall)} short` : "";
	const possible = pools.reduce((sum, pool) => sum + pool.possiblyLaunched, 0);
	const unknown = possible > 0 ? `; up to ${number(possible)} more may have launched` : "";
	const held = skipped > 0 ? `; ${number(skipped)} held back` : "";
	const died = failures.some(({ code }) => code === "died-young") ? "; new instances die everywhere" : "";
	const failed = failures.length > 0 ? `; ${count(failures.length, "failure")}` : "";
	return `${state} ${verb} ${count(launched, "instance")} for ${requests}${short}${unknown}${died}${held}${failed}`;
}

/** Notes without which the rest would be misread. */
export function notes(report: Report): readonly string[] {
	const { mode, lockedBy, pending } = report;
	const outside = `Not counted: ${count(pending.outsideAgeWindow, "more build request")} outside the age window (\`pending.min_age\`, \`pending.max_age\`).`;
	return [
		...(mode === "dry-run" ? ["Dry run: everything was read and planned; nothing was launched."] : []),
		...(lockedBy === null ? [] : [`The lock is held by ${escapeMessage(lockedBy)}.`]),
		lateness(report),
		...(pending.outsideAgeWindow === 0 ? [] : [outside]),
	].filter((note) => note !== "");
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
	const onDemand = launches.filter(({ lifecycle }) => lifecycle === "on-demand").length;
	const unknown = [
		...(onDemand === 0 ? [] : [`${number(onDemand)} on-demand`]),
		...(cost.unpriced === onDemand ? [] : [`${number(cost.unpriced - onDemand)} spot`]),
	];
	const not = unknown.length === 0 ? "" : `not known for ${unknown.join(" and ")}`;
	const priced = launches.length - cost.unpriced;
	if (priced === 0) return `estimated cost: ${not}`;
	const known = `estimated cost: ${cost.usdPerHour.toFixed(2)} USD an hour for ${number(priced)} at the spot prices seen`;
	return not === "" ? known : `${known}, ${not}`;
}
