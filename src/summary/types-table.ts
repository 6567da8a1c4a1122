/** The table of types: what each needs, and where it was launched. */
import type { Report, ReportedLaunch, ReportedPool } from "../core/report/report.ts";
import { escapeMarkdown } from "./escape.ts";
import { number, waited } from "./format.ts";
import { table } from "./markdown-table.ts";
import type { Section } from "./section.ts";

/** Types with a row of their own; the others share one. */
const MOST_TYPES = 40;
/** Regions with a column of their own; the others share one. */
const MOST_REGIONS = 6;

/** A row: a type, several, or all of them. */
interface Group {
	readonly title: string;
	readonly pools: readonly ReportedPool[];
	readonly launches: readonly ReportedLaunch[];
}

/** The table; null if no pool was planned. */
export function typesSection(report: Report): Section | null {
	const { pools, launches, startedAt } = report;
	if (pools.length === 0) return null;
	const byRegion = [...Map.groupBy(launches, ({ region }) => region)].toSorted((a, b) => b[1].length - a[1].length);
	const shown = byRegion.slice(0, MOST_REGIONS).map(([region]) => region);
	const others = byRegion.slice(MOST_REGIONS).map(([region]) => region);
	const columns = [...shown.toSorted().map((region) => ({ title: escapeMarkdown(region), regions: [region] }))];
	if (others.length > 0) columns.push({ title: "other regions", regions: others });
	// A phone shows the first columns without scrolling.
	const header = [
		"Type",
		"Short",
		"Launched: spot + on-demand",
		"Pending",
		"Needed",
		"Oldest",
		"Running",
		"Fresh",
		...columns.map(({ title }) => title),
	];
	const rows = groups(report).map(({ title, pools: some, launches: own }) => {
		const sum = (of: (pool: ReportedPool) => number) => number(some.reduce((total, pool) => total + of(pool), 0));
		const oldest = some.flatMap(({ oldestSubmittedAt }) => oldestSubmittedAt ?? []).toSorted()[0];
		return [
			title,
			sum(({ shortfall }) => shortfall),
			own.length === 0 ? "0" : apart(own),
			sum(({ pending }) => pending),
			sum(({ needed }) => needed),
			waited(oldest ?? null, startedAt),
			sum(({ running }) => running.spot + running.onDemand),
			sum(({ fresh }) => fresh.spot + fresh.onDemand),
			...columns.map(({ regions }) => apart(own.filter(({ region }) => regions.includes(region)))),
		];
	});
	const captions = [
		...(others.length === 0 ? [] : [`Other regions: ${others.map(escapeMarkdown).join(", ")}.`]),
		...without(report),
	];
	return { importance: "table", name: "types", ...table(header, rows), tail: captions.join(" ") };
}

/** The types with the largest shortfall, then the most pending requests, by name; then one row for the rest and a total. */
function groups({ pools, launches }: Report): readonly Group[] {
	const launchesOf = Map.groupBy(launches, ({ mozType }) => mozType);
	const types = [...Map.groupBy(pools, ({ mozType }) => mozType)].map(([mozType, some]) => ({
		mozType,
		pools: some,
		launches: launchesOf.get(mozType) ?? [],
		weight: some.reduce((sum, { shortfall, pending }) => sum + shortfall * 1e9 + pending, 0),
	}));
	const byWeight = types.toSorted((a, b) => b.weight - a.weight);
	const own = byWeight
		.slice(0, MOST_TYPES)
		.toSorted((a, b) => (a.mozType < b.mozType ? -1 : 1))
		.map((type) => ({ ...type, title: escapeMarkdown(type.mozType) }));
	const rest = byWeight.slice(MOST_TYPES);
	const together = (title: string, some: typeof rest): Group => ({
		title,
		pools: some.flatMap((type) => type.pools),
		launches: some.flatMap((type) => type.launches),
	});
	return [
		...own,
		...(rest.length === 0 ? [] : [together(`*${number(rest.length)} more*`, rest)]),
		...(types.length === 1 ? [] : [together("**Total**", types)]),
	];
}

function apart(launches: readonly ReportedLaunch[]): string {
	if (launches.length === 0) return "";
	const spot = launches.filter(({ lifecycle }) => lifecycle === "spot").length;
	return `${number(spot)} + ${number(launches.length - spot)}`;
}

function without({ regions, launches }: Report): readonly string[] {
	if (launches.length === 0) return [];
	const used = new Set(launches.map(({ region }) => region));
	const unused = regions.filter((region) => !used.has(region));
	return unused.length === 0 ? [] : [`No launches in ${unused.map(escapeMarkdown).join(", ")}.`];
}
