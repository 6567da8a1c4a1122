/** What a tick says of itself in the log, in plain words: values → lines. */
import type { MappedBuilder } from "../core/demand/demand.ts";
import type { Pool } from "../core/demand/pool.ts";
import type { Outcome } from "../core/launch/launch-run.ts";
import { isServed } from "../core/launch/reasons.ts";
import type { LaunchRequest } from "../core/launch/refusal.ts";
import type { PendingRequests, RegionFacts } from "../core/model/facts.ts";
import type { Plan, PlannedPool } from "../core/plan/plan.ts";
import { inWords } from "../core/report/duration.ts";
import type { Report } from "../core/report/report.ts";
import { shorten } from "../core/report/visible.ts";

/** The most lines of detail at a time. */
const MOST_DETAILS = 500;

/** @param now seconds since 1970, UTC */
export function pendingLines({ builders, outsideAgeWindow }: PendingRequests, now: number): readonly string[] {
	const oldest = Math.min(...builders.map(({ oldestSubmittedAt }) => oldestSubmittedAt));
	return [
		builders.length === 0
			? "No build request is pending."
			: `Pending: ${requestsOf(builders)}; the oldest has waited for ${inWords(Math.max(0, now - oldest))}.`,
		...(outsideAgeWindow === 0 ? [] : [`${outsideAgeWindow} more are outside the age window of the configuration.`]),
	];
}

/** One line per instance type. */
export function mappingLines(builders: readonly MappedBuilder[]): readonly string[] {
	const types = Map.groupBy(builders, ({ mozType }) => mozType);
	return [...types].map(([mozType, some]) =>
		mozType === null
			? `No pattern of buildermap matches ${requestsOf(some)}: nothing is launched for them.`
			: `${mozType}: ${requestsOf(some)}.`,
	);
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

/** The heuristic, one line per pool. */
export function planLines({ pools }: Plan): readonly string[] {
	return pools.map(({ pool, pending, reduction, phases }) => {
		const places = phases.map(
			({ lifecycle, shares }) => `${shares.flatMap(({ placements }) => placements).length} ${lifecycle}`,
		);
		return `${poolName(pool)}: ${pending} pending − ${reduction.byFresh} for fresh instances − ${reduction.byOld} for running ones that become free = ${reduction.need} needed. Places to ask: ${places.join(", ")}.`;
	});
}

/** What the plan is made of: places in the order in which they are asked, what is left out, and the ceilings. */
export function planDetails({ pools, caps }: Plan): string {
	return details([
		...pools.flatMap(placeLines),
		...Object.values(caps).map(({ label, headroom }) => `${label}: leaves ${headroom}`),
	]);
}

function placeLines({ pool, phases }: PlannedPool): readonly string[] {
	return phases.flatMap(({ shares, skipped }) => [
		...shares
			.flatMap(({ placements }) => placements)
			.map(
				({ lifecycle, instanceType, availabilityZone, subnetId, imageId, maxPrice }) =>
					`${poolName(pool)}: ${lifecycle} ${instanceType} in ${availabilityZone}, ${subnetId}, ${imageId}${maxPrice === null ? "" : `, at most ${maxPrice} USD/h`}`,
			),
		...skipped.map(({ message }) => `${poolName(pool)}: ${message}`),
	]);
}

/** What became of each pool. */
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
	const { availabilityZone, instanceType, lifecycle } = placement;
	const what = `${poolName(pool)}: launched ${launched.length} of ${count} ${lifecycle} ${instanceType} in ${availabilityZone}`;
	return refusal === null ? what : `${what} (${refusal.code}: ${refusal.message})`;
}

/** A pool in a few words. */
export function poolName({ mozType, slaveset }: Pool): string {
	return slaveset === null ? mozType : `${mozType} (${shorten(slaveset.join(", "))})`;
}

function requestsOf(builders: readonly { readonly count: number }[]): string {
	const requests = builders.reduce((sum, { count }) => sum + count, 0);
	return `${counted(requests, "build request")} of ${counted(builders.length, "builder")}`;
}

function counted(number: number, noun: string): string {
	return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

/** As one message, so that a log that shows no details gets one line to pass over. */
function details(lines: readonly string[]): string {
	const rest = lines.length - MOST_DETAILS;
	return [...lines.slice(0, MOST_DETAILS), ...(rest > 0 ? [`and ${rest} more`] : [])].join("\n");
}
