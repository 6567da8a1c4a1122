/** Where the spot machines are, and so how many of them EC2 can take with one reclaim. */

import type { Report, ReportedSpotPool, ReportedSpread } from "../core/report/report.ts";
import { escapeMarkdown } from "./escape.ts";
import { number, price } from "./format.ts";
import { table } from "./markdown-table.ts";
import { fold, type Section } from "./section.ts";

export function spotPoolsSection({ spotPools, spread }: Report): Section | null {
	if (spotPools.length === 0) return null;
	const totals = new Map(
		[...Map.groupBy(spotPools, ({ mozType }) => mozType)].map(([mozType, some]) => [mozType, sum(some)]),
	);
	// A phone shows the first columns without scrolling.
	const header = ["Type", "Machines", "Zone", "EC2 instance type", "New", "Price", "Reclaimed"];
	const rows = spotPools
		.toSorted((a, b) => (a.mozType === b.mozType ? sum([b]) - sum([a]) : a.mozType < b.mozType ? -1 : 1))
		.map((pool) => [
			escapeMarkdown(pool.mozType),
			`${number(sum([pool]))} of ${number(totals.get(pool.mozType) ?? 0)}`,
			escapeMarkdown(pool.availabilityZone),
			escapeMarkdown(pool.instanceType),
			number(pool.launched),
			price(pool.spotPrice),
			pool.reclaimed === 0 ? "" : number(pool.reclaimed),
		]);
	const hasReclaims = spotPools.some(({ reclaimed }) => reclaimed > 0);
	const captions = [
		...(hasReclaims ? ["Pools from which EC2 reclaimed instances in the last 15 minutes are tried last."] : []),
		...(spread.length === 0 ? [] : [costs(spread)]),
	];
	return fold(`Spot machines by pool; ${largest(spotPools)}`, {
		importance: "spot-pools",
		name: "spot pools",
		...table(header, rows),
		tail: captions.join(" "),
	});
}

/** The machines that will be there after the launches. */
function sum(pools: readonly ReportedSpotPool[]): number {
	return pools.reduce((total, { live, launched }) => total + live + launched, 0);
}

/** What one reclaim can take: the machines of all types in the pool. */
function largest(pools: readonly ReportedSpotPool[]): string {
	const all = sum(pools);
	const groups = Map.groupBy(pools, ({ availabilityZone, instanceType, role }) =>
		JSON.stringify([availabilityZone, instanceType, role]),
	);
	const [most = []] = [...groups.values()].toSorted((a, b) => sum(b) - sum(a));
	const [first] = most;
	if (first === undefined || all === 0) return "none is running";
	return `largest pool: ${number(sum(most))} of ${number(all)} in ${escapeMarkdown(first.availabilityZone)}`;
}

function costs(spread: readonly ReportedSpread[]): string {
	const each = spread.map(
		({ mozType, usdPerHour }) => `${escapeMarkdown(mozType)} ${usdPerHour === null ? "unknown" : price(usdPerHour)}`,
	);
	return `Cost of spreading, in USD per hour above the cheapest pool: ${each.join(", ")}.`;
}
