/** The lines of a tick in the log. */
import type { MappedBuilder } from "../core/demand/demand.ts";
import type { Pool } from "../core/demand/pool.ts";
import type { Outcome } from "../core/launch/outcome.ts";
import { describePlacement, isServed } from "../core/launch/reasons.ts";
import type { LaunchRequest, Refusal } from "../core/launch/refusal.ts";
import type { PendingRequests, RegionFacts } from "../core/model/facts.ts";
import type { Policy, Region } from "../core/model/policy.ts";
import { needsCallEach, type UserDataTemplate, uses } from "../core/model/user-data.ts";
import type { Plan, PlannedPool } from "../core/plan/plan.ts";
import { inWords, isoTime } from "../core/report/duration.ts";
import type { Report } from "../core/report/report.ts";
import { shorten } from "../core/report/visible.ts";
import { describeAccount, type UnreadAccount } from "../core/supply/accounts.ts";
import type { LockResult } from "./ports.ts";

type Holder = Omit<Extract<LockResult, { kind: "held" }>, "kind">;

/** Maximum number of lines in one message of details. */
const MAX_DETAILS = 500;

/** @param now seconds since 1970, UTC */
export function pendingLines({ builders, outsideAgeWindow }: PendingRequests, now: number): readonly string[] {
	const oldest = Math.min(...builders.map(({ oldestSubmittedAt }) => oldestSubmittedAt));
	return [
		builders.length === 0
			? "No build request is pending."
			: `Pending: ${requestsOf(builders)}. The oldest has waited for ${inWords(Math.max(0, now - oldest))}.`,
		...(outsideAgeWindow === 0 ? [] : [`${outsideAgeWindow} more are outside the configured age window.`]),
	];
}

/** The holder of a lock, and until when it watches. */
export function describeHolder({ by, watch }: Holder): string {
	if (watch === undefined) return by;
	return `${by}, which watches until ${watch.until === null ? "it is stopped" : minuteOf(watch.until)}`;
}

/** `2026-11-27 14:03 UTC`. */
function minuteOf(seconds: number): string {
	return `${isoTime(seconds).slice(0, 16).replace("T", " ")} UTC`;
}

/**
 * Whether the holder should have ended by now, as a warning; null: it should not, or nobody knows.
 * @param timeout seconds, of a tick
 * @param now seconds since 1970, UTC
 */
export function heldTooLong({ by, seconds, watch }: Holder, timeout: number, now: number): string | null {
	const since = seconds === null ? null : now - seconds;
	// A watch finishes the tick that runs when its time is over.
	const ends = watch === undefined ? since : watch.until;
	if (ends === null || now <= ends + timeout) return null;
	const what =
		watch === undefined
			? `The lock has been held by ${by} since ${isoTime(ends)}, longer than the timeout of ${timeout} s.`
			: `The lock is still held by ${by}, which watched until ${minuteOf(ends)}.`;
	return `${what} If that run is over, end its database connection (docs/operations.md, "The lock").`;
}

/** One line per instance type. */
export function mappingLines(builders: readonly MappedBuilder[]): readonly string[] {
	const types = Map.groupBy(builders, ({ mozType }) => mozType);
	return [...types].map(([mozType, some]) =>
		mozType === null
			? `No pattern of buildermap matches ${requestsOf(some)}, so nothing is launched for them.`
			: `${mozType}: ${requestsOf(some)}.`,
	);
}

/** @param builder the bytes of its name */
export function undecodedLine(builder: string, count: number): string {
	return `The name of builder "${shorten(builder)}" is not valid text in the database's encoding, so no pattern can match its ${counted(count, "request")}. Rename the builder.`;
}

/** One line per builder. */
export function mappingDetails(builders: readonly MappedBuilder[]): string {
	return details(
		builders.map(({ builder, count, mozType, slaveset }) => {
			const to = mozType === null ? "no instance type" : poolName({ mozType, slaveset });
			return `"${shorten(builder)}" (${count}) → ${to}`;
		}),
	);
}

export function regionLine({ region, instances, images, subnets, spotPrices }: RegionFacts): string {
	const free = subnets.reduce((sum, { freeAddresses }) => sum + freeAddresses, 0);
	return `${region}: ${instances.length} instances, ${images.length} images, ${spotPrices.length} spot prices, ${free} free addresses in ${subnets.length} subnets.`;
}

export function unreadLine(account: UnreadAccount, code: string): string {
	const except = account.machines === null ? "" : `, except its instances (${account.machines.instances.length})`;
	return `${describeAccount(account)}: could not be read (${code})${except}.`;
}

/** The heuristic, one line per pool. */
export function planLines({ pools }: Plan): readonly string[] {
	return pools.map(({ pool, pending, reduction, phases }) => {
		const placements = phases.map(
			({ lifecycle, shares }) => `${shares.flatMap(({ placements }) => placements).length} ${lifecycle}`,
		);
		return `${poolName(pool)}: ${pending} pending − ${reduction.byFresh} for fresh instances − ${reduction.byOld} for running instances that become free = ${reduction.need} needed. Placements: ${placements.join(", ")}.`;
	});
}

/** Why some spot pools are tried last; one line each. */
export function reclaimLines({ spotPools }: Plan): readonly string[] {
	const lines = spotPools
		.filter(({ reclaimed }) => reclaimed > 0)
		.map(
			({ instanceType, availabilityZone, reclaimed }) =>
				`EC2 reclaimed ${reclaimed} spot ${instanceType} in ${availabilityZone} in the last 15 minutes, so new ones are tried there last.`,
		);
	return [...new Set(lines)];
}

/** Warnings about deprecated images that the plan uses because there are no others, missing subnets, and rejected launch
 * templates. */
export function planWarnings({ pools }: Plan, facts: readonly RegionFacts[]): readonly string[] {
	const deprecated = new Set(
		facts.flatMap(({ region, images }) =>
			images.flatMap(({ imageId, deprecated }) => (deprecated ? [`${region} ${imageId}`] : [])),
		),
	);
	const used = pools.flatMap(({ pool, phases }) =>
		phases
			.flatMap(({ shares }) => shares.flatMap(({ placements }) => placements))
			.filter(({ region, imageId }) => deprecated.has(`${region} ${imageId}`))
			.map(
				({ region, imageId }) =>
					`${pool.mozType}: image ${imageId} in ${region} is deprecated, but no other is available. Register a newer image.`,
			),
	);
	const missing = pools.flatMap(({ phases }) =>
		phases.flatMap(({ skipped }) =>
			skipped.flatMap(({ code, message }) => (code === "no-subnet" || code === "template" ? [message] : [])),
		),
	);
	return [...new Set([...used, ...missing])];
}

/** Details of the plan: placements in the order in which they are tried, skipped placements, and caps. */
export function planDetails({ pools, caps }: Plan): string {
	return details([
		...pools.flatMap(placementLines),
		...Object.values(caps).map(({ label, headroom }) => `${label}: room for ${headroom}`),
	]);
}

function placementLines({ pool, phases }: PlannedPool): readonly string[] {
	return phases.flatMap(({ shares, skipped }) => [
		...shares
			.flatMap(({ placements }) => placements)
			.map((placement) => {
				const { subnetId, imageId, maxPrice } = placement;
				const price = maxPrice === null ? "" : `, up to ${maxPrice} USD/h`;
				return `${poolName(pool)}: ${describePlacement(placement)}, ${subnetId}, ${imageId}${price}`;
			}),
		...skipped.map(({ message }) => `${poolName(pool)}: ${message}`),
	]);
}

/** What EC2 said of a launch without making it. */
export function rehearsalLine({ pool, placement }: LaunchRequest, refusal: Refusal | null): string {
	const what = `${poolName(pool)}: ${describePlacement(placement)}`;
	return refusal === null
		? `${what} would be permitted.`
		: `${what} would be refused (${refusal.code}: ${refusal.message})`;
}

/** The outcome of each pool. */
export function outcomeLines({ mode, pools }: Report): readonly string[] {
	return pools.map(({ needed, launched, shortfall, reasons, ...pool }) => {
		const verb = mode === "dry-run" ? "would be launched" : "launched";
		const unserved = reasons.filter(({ code }) => !isServed(code));
		const why = unserved.map(({ code, count, message }) => `${count} ${code.replaceAll("-", " ")} (${message})`);
		return `${poolName(pool)}: ${launched} of ${needed} needed ${verb}${shortfall === 0 ? "" : `; ${shortfall} short: ${why.join("; ")}`}.`;
	});
}

/** The outcome of one launch request. */
export function launchLine({ pool, placement, count }: LaunchRequest, { launched, refusal }: Outcome): string {
	const what = `${poolName(pool)}: launched ${launched.length} of ${count} ${describePlacement(placement)}`;
	return refusal === null ? what : `${what} (${refusal.code}: ${refusal.message})`;
}

/** Launches of one region that EC2's bucket of calls lets go at once. Source: as in the budget of calls. */
const BURST = 5;
const PER_SECOND = 2;

/**
 * What it cost at least that machines needed a call each, and what would be faster; one line per instance type that waited
 * for EC2's request limit.
 * @param inUse regions
 */
export function oneByOneLines(
	types: Policy["types"],
	inUse: readonly Region[],
	launches: readonly { readonly pool: Pool; readonly placement: { readonly region: Region } }[],
): readonly string[] {
	const byType = Map.groupBy(launches, ({ pool }) => pool.mozType);
	return [...byType].flatMap(([mozType, some]) => {
		const type = types[mozType];
		const alone = some.filter(({ pool }) => needsCallEach(type?.userData ?? null, pool.slaveset !== null));
		const byRegion = Map.groupBy(alone, ({ placement }) => placement.region);
		const [[region, most] = ["", []]] = [...byRegion].toSorted(([, a], [, b]) => b.length - a.length);
		if (type === undefined || most.length <= BURST) return [];
		const seconds = Math.ceil((most.length - BURST) / PER_SECOND);
		const unused = inUse.filter((one) => type.regions[one] !== undefined && !byRegion.has(one));
		const faster = [
			...(keepsSecrets(type.userData)
				? []
				: ["use {names} instead of {hostname} or {fqdn} in the user data, so that one call launches up to 1,000"]),
			...(unused.length === 0
				? []
				: [`launch in ${unused.join(", ")} as well (spot.spread), because the limit is each region's`]),
		].join(", or ");
		const advice = faster === "" ? "" : ` To be faster, ${faster}.`;
		return [
			`${mozType}: ${most.length} instances in ${region} needed a launch call each. EC2's request limit makes that take at least ${seconds} s.${advice}`,
		];
	});
}

/** Whether the user data must not be shared. */
function keepsSecrets(userData: UserDataTemplate | null): boolean {
	return userData !== null && (uses(userData, "password") || uses(userData, "certs"));
}

/** How the log names a pool. */
export function poolName({ mozType, slaveset }: Pool): string {
	return slaveset === null ? mozType : `${mozType} (${shorten(slaveset.join(", "))})`;
}

function requestsOf(builders: readonly { readonly count: number }[]): string {
	const requests = builders.reduce((sum, { count }) => sum + count, 0);
	return `${counted(requests, "build request")} of ${counted(builders.length, "builder")}`;
}

/** `1 request`, `2 requests`. */
export function counted(number: number, noun: string): string {
	return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

/** As one message, so that a log without details discards it at once. */
function details(lines: readonly string[]): string {
	const rest = lines.length - MAX_DETAILS;
	return [...lines.slice(0, MAX_DETAILS), ...(rest > 0 ? [`and ${rest} more`] : [])].join("\n");
}
