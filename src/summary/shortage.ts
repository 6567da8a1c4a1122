/** Why requests are short and what to do, in one line for all pools with the same causes. */

import { isServed } from "../core/launch/reasons.ts";
import type { Lifecycle } from "../core/model/policy.ts";
import type { Report, ReportedPool } from "../core/report/report.ts";
import { escapeMarkdown, escapeMessage } from "./escape.ts";
import { count, number, poolName } from "./format.ts";
import { lackOf } from "./refusal-words.ts";
import type { Section } from "./section.ts";

/** Lines shown; the rest is under Why. */
const MOST_LINES = 6;
/** Pools and limits named in a line. */
const MOST_NAMED = 3;

/** One reason why a pool is short. */
interface Cause {
	/** Equal for causes that need the same remedy. */
	readonly kind: string;
	/** What differs between pools with the same cause: a limit or a zone. */
	readonly details: readonly Detail[];
	readonly describe: (details: readonly Detail[]) => string;
	/** What to do, in the imperative; empty: nothing but wait. */
	readonly remedies: readonly string[];
	/** Whether the next run may find the cause gone. */
	readonly mayPass: boolean;
}

interface Detail {
	readonly mozType: string;
	readonly text: string;
}

export function shortageSection(report: Report): Section | null {
	const answers = answersOf(report);
	const short = report.pools
		.filter(({ shortfall }) => shortfall > 0)
		.map((pool) => ({ pool, causes: causesOf(pool, answers) }));
	if (short.length === 0) return null;
	const groups = [
		...Map.groupBy(short, ({ causes }) => [...new Set(causes.map(({ kind }) => kind))].join(" ")).values(),
	]
		.map((some) => ({ some, total: some.reduce((sum, { pool }) => sum + pool.shortfall, 0) }))
		.toSorted((a, b) => b.total - a.total);
	const rest = groups.slice(MOST_LINES);
	const others = rest.reduce((sum, { total }) => sum + total, 0);
	return {
		importance: "shortage",
		name: "causes of shortfalls",
		head: "",
		// An empty line makes each a paragraph of its own.
		rows: groups.slice(0, MOST_LINES).map(({ some, total }, index) => `${index === 0 ? "" : "\n"}${line(some, total)}`),
		tail: rest.length === 0 ? "" : `${number(others)} more short for other causes. See **Why** below.`,
	};
}

/** What EC2 and the plan answered, by type. */
interface Answers {
	readonly refusals: ReadonlyMap<string, Report["refusals"]>;
	/** Types with a region that could not be read. */
	readonly unread: ReadonlySet<string>;
	/** Types without an on-demand limit. */
	readonly withoutOnDemand: ReadonlySet<string>;
}

function answersOf({ refusals, exclusions }: Report): Answers {
	const disabled = exclusions.filter(({ lifecycle, code }) => lifecycle === "on-demand" && code === "no-rules");
	return {
		refusals: Map.groupBy(refusals, ({ mozType }) => mozType),
		unread: new Set(exclusions.filter(({ code }) => code === "error").map(({ mozType }) => mozType)),
		withoutOnDemand: new Set(disabled.map(({ mozType }) => mozType)),
	};
}

function line(
	some: readonly { readonly pool: ReportedPool; readonly causes: readonly Cause[] }[],
	total: number,
): string {
	const alike = Map.groupBy(
		some.flatMap(({ causes }) => causes),
		({ kind }) => kind,
	);
	const causes = [...alike.values()].flatMap(([first, ...others]) =>
		first === undefined ? [] : [{ ...first, details: [first, ...others].flatMap(({ details }) => details) }],
	);
	const pools = some.map(({ pool }) =>
		some.length === 1 ? escapeMarkdown(poolName(pool)) : `${escapeMarkdown(poolName(pool))} ${number(pool.shortfall)}`,
	);
	const phrases = causes.map(({ details, describe }) => describe(details));
	const why = phrases.length === 2 ? phrases.join(", and ") : inSeries(phrases, "and");
	const remedies = [...new Set(causes.flatMap(({ remedies: own }) => own))];
	if (causes.some(({ mayPass }) => mayPass)) remedies.push("wait for the next run");
	const next = inSeries(remedies, "or");
	const advice = next === "" ? "" : ` ${next.charAt(0).toUpperCase()}${next.slice(1)}.`;
	return `**${number(total)} short** (${firstFew(pools).join(", ")}): ${why}.${advice}`;
}

/** In the order of the phases: what EC2 refused, then the limits that were reached, then the rest. */
function causesOf(pool: ReportedPool, answers: Answers): readonly Cause[] {
	const codes = new Set(pool.reasons.filter(({ code }) => !isServed(code)).map(({ code }) => code));
	const limits = pool.phases.flatMap(({ lifecycle, caps }) =>
		caps
			.filter(({ code }) => code !== "died-young" && code !== "image-share")
			.map(({ code, message }) => limitCause(code, lifecycle, { mozType: pool.mozType, text: message })),
	);
	const refusals = answers.refusals.get(pool.mozType) ?? [];
	const refused = codes.has("no-capacity") ? refusalCauses(refusals) : [];
	const cause = (code: string) => {
		// Without a launch that was refused, the error is that no region could be read.
		if (code === "error" && refusals.length === 0 && answers.unread.has(pool.mozType)) return "unread";
		return code === "timeout" && refusals.some((refusal) => refusal.code === "interrupted") ? "interrupted" : code;
	};
	const others = [...codes]
		.filter((code) => code !== "no-capacity" && !limits.some(({ code: shown }) => shown === code))
		.map((code) => otherCause(cause(code), pool));
	const onDemand = answers.withoutOnDemand.has(pool.mozType) && !codes.has("no-rules") ? [WITHOUT_ON_DEMAND] : [];
	return [...refused, ...others, ...limits, ...onDemand];
}

const WITHOUT_ON_DEMAND: Cause = {
	kind: "without-on-demand",
	details: [],
	describe: () => "on-demand is not used without a limit",
	remedies: ["set an on-demand limit in `ondemand.limits.global`"],
	mayPass: false,
};

/** By what EC2 refused for lack of. Errors have a cause of their own. */
function refusalCauses(refusals: Report["refusals"]): readonly Cause[] {
	const byLack = Map.groupBy(refusals, ({ code }) => lackOf(code));
	const causes = LACKS.flatMap((lack) => {
		const some = byLack.get(lack) ?? [];
		return some.length === 0 ? [] : [lackCause(lack, some)];
	});
	return causes.length > 0 ? causes : [lackCause("capacity", [])];
}

const LACKS = ["capacity", "quota", "price", "address"] as const;

function lackCause(lack: (typeof LACKS)[number], refusals: Report["refusals"]): Cause {
	const lifecycles = [...new Set(refusals.map(({ lifecycle }) => lifecycle))];
	const kind = lifecycles.length === 1 ? `${lifecycles[0]} ` : "";
	const isRegional = lack === "quota";
	const cause = (what: string, ...remedies: readonly string[]): Cause => ({
		kind: `${lack} ${kind}`,
		details: refusals.map(({ mozType, region, availabilityZone }) => ({
			mozType,
			text: isRegional ? region : availabilityZone,
		})),
		describe: (details) => {
			const places = new Set(details.map(({ text }) => text)).size;
			return `${what}${places === 0 ? "" : ` in ${count(places, isRegional ? "region" : "zone")}`}`;
		},
		remedies,
		mayPass: true,
	});
	switch (lack) {
		case "capacity":
			return cause(
				`no ${kind}capacity`,
				kind === "on-demand " ? "add subnets in other zones" : "add EC2 instance types to `spot.rules`",
			);
		case "quota":
			return cause(`the account's ${kind}quota is used up`, "request a higher quota from AWS");
		case "price":
			return cause("the spot price is above the bid", "raise `bid_price`");
		case "address":
			return cause("no free address", "add subnets");
	}
}

function limitCause(code: string, lifecycle: Lifecycle, { mozType, text }: Detail): Cause & { readonly code: string } {
	// A cost ceiling explains itself if it is unknown what live instances cost.
	const isExplained = text.includes(": ");
	const [kind, ...remedies] = limitRemedies(code, lifecycle, isExplained);
	return {
		...{ code, kind, remedies },
		// Without what was live before the launches, which seems to contradict that the limit is used up.
		details: [{ mozType, text: text.replace(/ \([^()]* live\)$/, "") }],
		describe: isExplained ? (limits) => inSeries(firstFew(distinct(limits)), "and") : usedUp,
		mayPass: true,
	};
}

/**
 * Limits that are used up: several of one kind are named once, with what they apply to (`global spot limits used up
 * (bld 40, try 20)`).
 */
function usedUp(limits: readonly Detail[]): string {
	const parsed = limits.flatMap(({ mozType, text }) => {
		const [, what, most, region] = LIMIT.exec(text) ?? [];
		return what === undefined ? [] : [{ mozType, what, named: [...(region === undefined ? [] : [region]), most] }];
	});
	const texts = distinct(limits);
	const types = new Set(limits.map(({ mozType }) => mozType)).size;
	const [what, ...others] = new Set(parsed.map((limit) => limit.what));
	const isOneKind = parsed.length === limits.length && others.length === 0;
	if (what === undefined || !isOneKind || texts.length + types === 2)
		return `${inSeries(firstFew(texts), "and")} used up`;
	const each = parsed.map(({ mozType, named }) => escapeMessage([...(types > 1 ? [mozType] : []), ...named].join(" ")));
	return `${escapeMessage(what)} limits used up (${firstFew([...new Set(each)]).join(", ")})`;
}

/** The limits of types; see `configuredCaps`. */
const LIMIT = /^(.*) limit of (\d+)(?: in (\S+))?$/;

function distinct(details: readonly Detail[]): readonly string[] {
	return [...new Set(details.map(({ text }) => escapeMessage(text)))];
}

function limitRemedies(
	code: string,
	lifecycle: Lifecycle,
	isCostUnknown: boolean,
): readonly [kind: string, ...remedies: string[]] {
	switch (code) {
		case "cap-tick":
			return [code, "raise the input `max-launches`"];
		case "cap-cost":
			return isCostUnknown
				? [`${code} unknown`, "add missing prices to `on_demand_price`"]
				: [code, "raise the cost ceiling"];
		case "no-address":
			return [code, "add subnets"];
		case "no-name":
			return [code, "terminate idle instances", "add names"];
		default:
			return [`${code} ${lifecycle}`, `raise \`${lifecycle === "spot" ? "spot.limits" : "ondemand.limits"}\``];
	}
}

const SEE_FAILURES = "see **What went wrong** above";

/** Causes without a place of their own in the report. */
function otherCause(code: string, { slaveset }: ReportedPool): Cause {
	const [what, mayPass, ...remedies] = OTHERS.get(code) ?? [escapeMarkdown(code.replaceAll("-", " ")), true];
	const isJacuzzi = code === "no-name" && slaveset !== null;
	return {
		kind: isJacuzzi ? "jacuzzi" : code,
		details: [],
		describe: () => (isJacuzzi ? "all workers of the jacuzzi are in use" : what),
		remedies: isJacuzzi ? [] : remedies,
		mayPass,
	};
}

const OTHERS: ReadonlyMap<string, readonly [what: string, mayPass: boolean, ...remedies: string[]]> = new Map([
	[
		"no-price",
		["every spot price is too close to the bid", true, "raise `bid_price`", "add EC2 instance types to `spot.rules`"],
	],
	["no-address", ["no subnet has a free address", true, "terminate idle instances", "add subnets"]],
	["no-name", ["all names are taken", true, "terminate idle instances", "add names"]],
	[
		"no-rules",
		[
			"no limit in the configuration allows a launch",
			false,
			"set `spot.rules` with a spot limit",
			"set `ondemand.limits.global`",
		],
	],
	["no-subnet", ["the configured subnets do not exist", false, "correct `subnet_ids`"]],
	[
		"template",
		["the launch template can't be used", false, "correct it", "correct `launch_template` in the type's file"],
	],
	["died-young", ["new instances die soon after their launch", false, "fix the image", "fix its user data"]],
	["possibly-launched", ["EC2's answer was lost, so they may be running", true]],
	["interrupted", ["the run was stopped", true]],
	["timeout", ["the run ran out of time", true, "raise the input `timeout`"]],
	["error", ["launches failed", false, SEE_FAILURES]],
	["unread", ["no region could be read", false, SEE_FAILURES]],
	["cap-region", ["no region has room under a spot limit", true, "raise `spot.limits`"]],
	[
		"cap-cost",
		["on-demand prices are not configured, as a cost ceiling requires", false, "add them to `on_demand_price`"],
	],
]);

function firstFew(texts: readonly string[]): readonly string[] {
	const rest = texts.length - MOST_NAMED;
	return [...texts.slice(0, MOST_NAMED), ...(rest > 0 ? [`${number(rest)} more`] : [])];
}

/** `a`; `a and b`; `a, b, and c`. */
function inSeries(texts: readonly string[], word: "and" | "or"): string {
	if (texts.length <= 2) return texts.join(` ${word} `);
	return `${texts.slice(0, -1).join(", ")}, ${word} ${texts.at(-1)}`;
}
