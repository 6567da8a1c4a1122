/** Why each pool got what it got: the formula with its numbers, and the reasons for a shortfall. */

import type { AppliedCap } from "../core/launch/phase-result.ts";
import { isServed } from "../core/launch/reasons.ts";
import type { Heuristics } from "../core/model/policy.ts";
import { adviceForReason } from "../core/report/advice.ts";
import type { Mode, Report, ReportedPool } from "../core/report/report.ts";
import { escapeMarkdown, escapeMessage } from "./escape.ts";
import { count, number, poolName, reasonWords, sumByCode } from "./format.ts";
import { table } from "./markdown-table.ts";
import { codesIn, lackOf, withWords } from "./refusal-words.ts";
import { fold, type Section } from "./section.ts";

/** Up to this many pools are shown unfolded; if there are more, the fully served ones are folded. */
const MOST_OPEN = 12;

/** Short pools come first. */
export function whySections(report: Report): readonly Section[] {
	const short = report.pools.filter(({ shortfall }) => shortfall > 0);
	const served = report.pools.filter(({ shortfall }) => shortfall === 0);
	const codes = new Set(report.refusals.map(({ code }) => code));
	const line = (pool: ReportedPool) => whyLine(pool, report, codes);
	const head = "### Why\n";
	if (report.pools.length === 0) return [];
	if (report.pools.length <= MOST_OPEN) {
		return [{ importance: "why", name: "pools", head, rows: [...short, ...served].map(line), tail: "" }];
	}
	const sections: Section[] = [];
	if (short.length > 0) {
		sections.push({ importance: "why", name: "short pools", head, rows: short.map(line), tail: "" });
	}
	if (served.length > 0) {
		const rows = served.map(line);
		const title = `Why: ${count(served.length, "pool")} fully served`;
		sections.push(fold(title, { importance: "served", name: "fully served pools", head: "", rows }));
	}
	return sections;
}

/** @param codes of EC2's refusals */
function whyLine(pool: ReportedPool, { heuristics, mode }: Report, codes: ReadonlySet<string>): string {
	const { pending, launched, shortfall } = pool;
	const parts = heuristics === null ? [] : phaseParts(pool, heuristics, mode);
	if (parts.length === 0) parts.push(`${number(pending)} pending; ${number(launched)} launched`);
	const short = shortfall > 0 ? `; **${number(shortfall)} short**` : "";
	const unserved = pool.reasons.filter(({ code }) => !isServed(code));
	return [
		`- **${escapeMarkdown(poolName(pool))}** — ${parts.join("; ")}${short}`,
		...unserved.map(({ code, count, message }) => {
			const advice = adviceFor(code, message, codes);
			const next = advice === "" ? "" : ` ${escapeMessage(advice)}`;
			return `  - ${number(count)} ${reasonWords(code, mode)}: ${withWords(message, codes)}.${next}`;
		}),
	].join("\n");
}

/** More EC2 instance types don't help if the account's quota is used up. */
function adviceFor(code: string, message: string, codes: ReadonlySet<string>): string {
	const lacks = codesIn(message, codes).map(lackOf);
	const general = adviceForReason(code);
	if (!lacks.includes("quota")) return general;
	const own = "Request a higher quota from AWS, or lower the limits to match it.";
	return lacks.every((lack) => lack === "quota") ? own : `${own} ${general}`;
}

/** The formula of each phase, the caps that applied, and what it launched. */
function phaseParts({ phases }: ReportedPool, { oldDivisor, scope }: Heuristics, mode: Mode): string[] {
	const shown = new Set<string>();
	return phases.map((phase, index) => {
		const { lifecycle, fresh, old, needed } = phase;
		const asked = `${number(phase.count)} ${index === 0 ? "pending" : "remaining"}`;
		// Scope `pool` reduces demand once, where it starts.
		const isReduced = index === 0 || scope === "lifecycle";
		const result = phase.count - fresh - Math.floor(old / oldDivisor);
		const formula = `${asked} − (${number(fresh)} fresh + ⌊${number(old)}/${oldDivisor}⌋ old) = ${result < 0 ? `−${number(-result)}, so 0` : number(needed)} needed`;
		// A cap on both lifecycles is shown once.
		const caps = phase.caps.filter(({ message }) => !shown.has(message));
		for (const { message } of caps) shown.add(message);
		const got = needed === 0 ? [] : [`${number(phase.launched)} ${reasonWords("launched", mode)}`];
		return `${lifecycle}: ${[isReduced ? formula : asked, ...caps.map(capWords), ...got].join("; ")}`;
	});
}

function capWords({ message, headroom, launched }: AppliedCap): string {
	const own = launched === headroom ? "" : `, of which ${number(launched)} went to this pool`;
	return `${escapeMessage(message)} left ${number(headroom)}${own}`;
}

/** The totals by type and reason; each request has one reason. */
export function accountingSection(report: Report, title: string): Section | null {
	const { pools, pending, mode } = report;
	if (pending.total === 0) return null;
	const byType = [...Map.groupBy(pools, ({ mozType }) => mozType)].toSorted(([a], [b]) => (a < b ? -1 : 1));
	const rows = [
		...byType.map(([mozType, some]) => ({
			title: escapeMarkdown(mozType),
			sums: sumByCode(some.flatMap(({ reasons }) => reasons)),
		})),
		...(pending.reasons.length === 0 ? [] : [{ title: "*not assigned*", sums: sumByCode(pending.reasons) }]),
	];
	const codes = [...new Set(rows.flatMap(({ sums }) => [...sums.keys()]))];
	const cells = rows.map(({ title, sums }) => [
		title,
		...codes.map((code) => (sums.has(code) ? number(sums.get(code) ?? 0) : "")),
		number([...sums.values()].reduce((sum, value) => sum + value, 0)),
	]);
	const header = ["Type", ...codes.map((code) => reasonWords(code, mode)), "= Pending"];
	return fold(title, { importance: "accounting", name: "totals by type", ...table(header, cells) });
}
