/** Where spot capacity is asked for, in order. */

import { compareText } from "../../../../../src/core/demand/pool.ts";
import type { RegionFacts, SpotPrice, SpotRequest } from "../../../../../src/core/model/facts.ts";
import type { Region, SpotRule } from "../../../../../src/core/model/policy.ts";

/** A (rule, region, zone) worth a bid. */
export interface SpotChoice {
	readonly rule: SpotRule;
	readonly region: Region;
	readonly availabilityZone: string;
	/** Market price, USD per hour; null: not known. */
	readonly price: number | null;
}

/** A (rule, region, zone) that is left out, and why. */
export interface SpotRejection extends Omit<SpotChoice, "price"> {
	readonly code: "no-price" | "no-capacity";
	readonly message: string;
}

/** A bid is placed where the market asks at most this share of it: closer to the bid, machines are soon outbid. */
const PRICE_SHARE = 0.8;
/** Seconds for which a spot request that went bad speaks against its zone. */
const BAD_REQUEST_WINDOW = 15 * 60;
/** Share of bad requests above which a zone is left out. */
const BAD_REQUEST_SHARE = 0.1;

/**
 * Spot status codes that tell of missing capacity, of a price too low, or of an instance taken back for either.
 * Source: "Spot request status codes" in the EC2 User Guide.
 */
const BAD_STATUS_CODES: ReadonlySet<string> = new Set([
	"capacity-not-available",
	"capacity-oversubscribed",
	"instance-terminated-capacity-oversubscribed",
	"instance-terminated-by-price",
	"instance-terminated-no-capacity",
	"instance-stopped-by-price",
	"instance-stopped-no-capacity",
	"launch-group-constraint",
	"price-too-low",
	"request-canceled-and-instance-running",
	"canceled-before-fulfillment",
	"az-group-constraint",
	"placement-group-constraint",
]);

/**
 * Every rule in every zone that the subnets reach, best first: by market price ÷ performance constant, ties by name, no
 * known price last.
 * @param now seconds since 1970, UTC
 */
export function chooseSpot(args: {
	readonly rules: readonly SpotRule[];
	/** Regions with the zones in which the type has subnets. */
	readonly regions: readonly { readonly facts: RegionFacts; readonly zones: readonly string[] }[];
	readonly now: number;
}): { readonly choices: readonly SpotChoice[]; readonly rejections: readonly SpotRejection[] } {
	const choices: SpotChoice[] = [];
	const rejections: SpotRejection[] = [];
	for (const { facts, zones } of args.regions) {
		for (const availabilityZone of new Set(zones)) {
			for (const rule of args.rules) {
				if (rule.ignoredAzs.includes(availabilityZone)) continue;
				const place = { rule, region: facts.region, availabilityZone };
				const price = priceOf(facts.spotPrices, rule, availabilityZone);
				const went = badShare(facts.spotRequests, rule.instanceType, availabilityZone, args.now);
				if (price !== null && price > PRICE_SHARE * rule.bidPrice) {
					rejections.push({
						...place,
						code: "no-price",
						message: `${rule.instanceType} in ${availabilityZone} costs $${price}, above ${PRICE_SHARE} × the bid of $${rule.bidPrice}`,
					});
				} else if (went.share > BAD_REQUEST_SHARE) {
					rejections.push({
						...place,
						code: "no-capacity",
						message: `${went.bad} of ${went.all} spot requests for ${rule.instanceType} in ${availabilityZone} went bad in the last ${BAD_REQUEST_WINDOW / 60} minutes`,
					});
				} else {
					choices.push({ ...place, price });
				}
			}
		}
	}
	return { choices: choices.toSorted(compareChoices), rejections: rejections.toSorted(comparePlaces) };
}

function compareChoices(a: SpotChoice, b: SpotChoice): number {
	const worth = ({ price, rule }: SpotChoice) => (price === null ? Number.MAX_VALUE : price / rule.performanceConstant);
	return worth(a) - worth(b) || comparePlaces(a, b);
}

function comparePlaces(a: Omit<SpotChoice, "price">, b: Omit<SpotChoice, "price">): number {
	return (
		compareText(a.region, b.region) ||
		compareText(a.availabilityZone, b.availabilityZone) ||
		compareText(a.rule.instanceType, b.rule.instanceType) ||
		a.rule.bidPrice - b.rule.bidPrice ||
		a.rule.performanceConstant - b.rule.performanceConstant
	);
}

function priceOf(prices: readonly SpotPrice[], rule: SpotRule, zone: string): number | null {
	const here = prices.filter(
		(price) =>
			price.instanceType === rule.instanceType &&
			price.productDescription === rule.productDescription &&
			price.availabilityZone === zone,
	);
	// Should EC2 name more than one, the dearest is the safe one.
	return here.length === 0 ? null : Math.max(...here.map((price) => price.price));
}

function badShare(requests: readonly SpotRequest[], instanceType: string, zone: string, now: number) {
	const recent = requests.filter(
		(request) =>
			request.instanceType === instanceType &&
			request.availabilityZone === zone &&
			request.createdAt > now - BAD_REQUEST_WINDOW,
	);
	const bad = recent.filter((request) => BAD_STATUS_CODES.has(request.statusCode)).length;
	return { bad, all: recent.length, share: recent.length === 0 ? 0 : bad / recent.length };
}
