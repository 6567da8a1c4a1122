/** Why each pool got what it got: the formula filled in, and what stood in the way. */

import type { AppliedCap } from "../core/launch/phase-result.ts";
import { isServed } from "../core/launch/reasons.ts";
import type { Heuristics } from "../core/model/policy.ts";
import { adviceForReason } from "../core/report/advice.ts";
import type { Mode, Report, ReportedPool } from "../core/report/report.ts";
import { escapeMarkdown, escapeMessage } from "./escape.ts";
import { fold, type Section } from "./section.ts";
import { table } from "./table.ts";
import { count, number, reasonWords, sumByCode } from "./words.ts";

/** Pools that stand open; where there are more, those that are served are folded. */
const MOST_OPEN = 12;

/** Those that are short come first. */
export function whySections(report: Report): readonly Section[] {
	const short = report.pools.filter(({ shortfall }) => shortfall > 0);
	const served = report.pools.filter(({ shortfall }) => shortfall === 0);
	const line = (pool: ReportedPool) => whyLine(pool, report);
	const head = "### Why\n";
	if (report.pools.length === 0) return [];
	if (report.pools.length <= MOST_OPEN) {
		return [{ worth: "why", name: "pools", head, rows: [...short, ...served].map(line), tail: "" }];
	}
	const sections: Section[] = [];
	if (short.length > 0) {
		sections.push({ worth: "why", name: "pools that are short", head, rows: short.map(line), tail: "" });
	}
	if (served.length > 0) {
		const rows = served.map(line);
		const title = `Why: ${count(served.length, "pool")} got all that they need`;
		sections.push(fold(title, { worth: "served", name: "pools that are served", head: "", rows }));
	}
	return sections;
}

function whyLine(pool: ReportedPool, { heuristics, mode }: Report): string {
	const { mozType, slaveset, pending, launched, shortfall } = pool;
	const name = slaveset === null ? mozType : `${mozType} (${slaveset.join(", ")})`;
	const parts = heuristics === null ? [] : phaseParts(pool, heuristics, mode);
	if (parts.length === 0) parts.push(`${number(pending)} pending; ${number(launched)} launched`);
	const short = shortfall > 0 ? `; **${number(shortfall)} short**` : "";
	const unserved = pool.reasons.filter(({ code }) => !isServed(code));
	return [
		`- **${escapeMarkdown(name)}** — ${parts.join("; ")}${short}`,
		...unserved.map(
			({ code, count, message }) =>
				`  - ${number(count)} ${reasonWords(code, mode)}: ${escapeMessage(`${message}. ${adviceForReason(code)}`.trim())}`,
		),
	].join("\n");
}

/** The formula of each phase, what held it back, and what it launched. */
function phaseParts({ phases }: ReportedPool, { oldDivisor, scope }: Heuristics, mode: Mode): string[] {
	const told = new Set<string>();
	return phases.map((phase, index) => {
		const { lifecycle, fresh, old, needed } = phase;
		const asked = `${number(phase.count)} ${index === 0 ? "pending" : "left over"}`;
		// Scope `pool` reduces demand once, where it starts.
		const isReduced = index === 0 || scope === "lifecycle";
		const result = phase.count - fresh - Math.floor(old / oldDivisor);
		const formula = `${asked} − (${number(fresh)} fresh + ⌊${number(old)}/${oldDivisor}⌋ old) = ${result < 0 ? `−${number(-result)}, so 0` : number(needed)} needed`;
		// A ceiling over both lifecycles is told once.
		const caps = phase.caps.filter(({ message }) => !told.has(message));
		for (const { message } of caps) told.add(message);
		const got = needed === 0 ? [] : [`${number(phase.launched)} ${reasonWords("launched", mode)}`];
		return `${lifecycle}: ${[isReduced ? formula : asked, ...caps.map(capWords), ...got].join("; ")}`;
	});
}

function capWords({ message, headroom, launched }: AppliedCap): string {
	const own = launched === headroom ? "" : `, of which ${number(launched)} went to this pool`;
	return `${escapeMessage(message)} left ${number(headroom)}${own}`;
}

/** The sums, type by type: each request has one reason. */
export function accountingSection(report: Report, title: string): Section | null {
	const { pools, pending, mode } = report;
	if (pending.total === 0) return null;
	const byType = [...Map.groupBy(pools, ({ mozType }) => mozType)].toSorted(([a], [b]) => (a < b ? -1 : 1));
	const rows = [
		...byType.map(([mozType, some]) => ({
			title: escapeMarkdown(mozType),
			sums: sumByCode(some.flatMap(({ reasons }) => reasons)),
		})),
		...(pending.reasons.length === 0 ? [] : [{ title: "*in no pool*", sums: sumByCode(pending.reasons) }]),
	];
	const codes = [...new Set(rows.flatMap(({ sums }) => [...sums.keys()]))];
	const cells = rows.map(({ title, sums }) => [
		title,
		...codes.map((code) => (sums.has(code) ? number(sums.get(code) ?? 0) : "")),
		number([...sums.values()].reduce((sum, value) => sum + value, 0)),
	]);
	const header = ["Type", ...codes.map((code) => reasonWords(code, mode)), "= Pending"];
	return fold(title, { worth: "accounting", name: "sums of types", ...table(header, cells) });
}
