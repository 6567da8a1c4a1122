/** The spot phase of a pool: which EC2 instance types to bid for in which zones, best first. */

import { compareText } from "../demand/pool.ts";
import type { MozType, Region, Role, SpotRule, Spread } from "../model/policy.ts";
import { globalCap, limitsOf, regionCap, subnetCap, tickCap } from "./caps.ts";
import { costCapKeys } from "./cost.ts";
import type { Phase } from "./phase.ts";
import type { PhaseInput, Placement, SkippedPlacement, TypeRegionIndex } from "./placements.ts";
import { type RegionIndex, SPOT_WINDOW } from "./region-index.ts";
import { spotPoolKey } from "./spot-pools.ts";
import { checkTemplates } from "./templates.ts";

/** A (rule, region, zone). */
interface SpotCandidate {
	readonly rule: SpotRule;
	readonly region: Region;
	readonly role: Role;
	readonly availabilityZone: string;
}

/** A candidate worth a bid. */
export interface SpotChoice extends SpotCandidate {
	/** Market price, USD per hour; null: unknown. */
	readonly price: number | null;
	/** Whether EC2 recently reclaimed an instance in its spot pool, so that it is tried last. */
	readonly isReclaimed: boolean;
}

/** A candidate that is skipped, and why. */
export interface SpotRejection extends SpotCandidate {
	readonly code: "no-price" | "no-capacity";
	readonly message: string;
}

/** A bid is made if the market price is at most this share of it: nearer to the bid, instances are soon outbid. */
const PRICE_SHARE = 0.8;
/** Share of failed requests above which a zone is skipped. */
const FAILED_REQUEST_SHARE = 0.1;

export function planSpot(input: PhaseInput): Phase {
	const { policy, type, now } = input;
	const { usable: regions, rejected } = checkTemplates(input.regions, type, policy.typeTag, "spot");
	const { mozType } = type;
	const limits = limitsOf(policy, "spot");
	const isLimited = ({ index }: TypeRegionIndex) => limits.regions[index.region]?.[mozType] !== undefined;
	const limited = regions.filter(isLimited);
	const { choices, rejections } = chooseSpot({
		rules: policy.spotRules[mozType] ?? [],
		regions: limited.map(({ index, subnets }) => ({
			index,
			zones: subnets.map(({ availabilityZone }) => availabilityZone),
		})),
		now,
	});
	const placements = choices.flatMap((choice) => limited.flatMap((region) => placementsFor(choice, region, input)));
	const unlimited = regions.filter((region) => !isLimited(region)).map(({ index }) => skipUnlimited(mozType, index));
	const unsuitable = rejections.map(({ code, message }) => ({ code, message }));
	return {
		lifecycle: "spot",
		disabled: false,
		shares: [{ weight: 1, placements }],
		spread: spreadOver(policy.spotSpread[mozType], mozType, choices),
		skipped: [...input.skipped, ...rejected, ...unsuitable, ...unlimited],
	};
}

/** A binary fraction such as 1.1 × 0.1 is a little off; prices have 6 digits. */
const ROUNDING = 1 + 1e-9;

/** Keys of the spot pools to spread over: the best ones, as far as the premium allows and prices are known. */
function spreadOver(spread: Spread | undefined, mozType: MozType, choices: readonly SpotChoice[]): readonly string[] {
	const [best] = choices;
	if (spread === undefined || best === undefined || best.price === null) return [];
	const most = costPerWork(best) * (1 + spread.premium) * ROUNDING;
	const alike = choices.filter((choice) => choice.isReclaimed === best.isReclaimed && costPerWork(choice) <= most);
	const keys = alike.map((choice) => spotPoolKey(mozType, { ...choice, instanceType: choice.rule.instanceType }));
	return [...new Set(keys)].slice(0, spread.pools);
}

function placementsFor(
	choice: SpotChoice,
	{ index, subnets, images }: TypeRegionIndex,
	input: PhaseInput,
): Placement[] {
	const { rule, region, availabilityZone, price } = choice;
	if (index.region !== region) return [];
	const { policy, type, poolCaps, brake } = input;
	const { mozType } = type;
	const { role } = index;
	const { instanceType } = rule;
	const hasGlobalLimit = limitsOf(policy, "spot").global[mozType] !== undefined;
	const caps = [
		tickCap,
		...(hasGlobalLimit ? [globalCap("spot", mozType)] : []),
		...poolCaps,
		regionCap("spot", region, mozType),
	];
	return subnets
		.filter((subnet) => subnet.availabilityZone === availabilityZone)
		.flatMap(({ subnetId }) =>
			images.map((image) => ({
				lifecycle: "spot",
				region,
				role,
				availabilityZone,
				subnetId,
				instanceType,
				...image,
				maxPrice: rule.bidPrice,
				spotPrice: price,
				onDemandPrice: null,
				caps: [
					...caps,
					subnetCap(subnetId),
					...image.caps,
					...brake.capsAt({ mozType, role, region, instanceType, imageId: image.imageId }),
					...costCapKeys(input, mozType, { spotPrice: price, maxPrice: rule.bidPrice, onDemandPrice: null }),
				],
			})),
		);
}

function skipUnlimited(mozType: string, { region }: RegionIndex): SkippedPlacement {
	return {
		code: "cap-region",
		message: `no spot limit is set for ${mozType} in ${region}, so spot is not used there`,
	};
}

/**
 * Every rule in every zone with a subnet, best first: by market price ÷ performance constant, ties by name, unknown
 * prices last, and after them all spot pools from which EC2 recently reclaimed an instance.
 * @param now seconds since 1970, UTC
 */
export function chooseSpot(args: {
	readonly rules: readonly SpotRule[];
	/** Regions with the zones in which the type has subnets. */
	readonly regions: readonly { readonly index: RegionIndex; readonly zones: readonly string[] }[];
	readonly now: number;
}): { readonly choices: readonly SpotChoice[]; readonly rejections: readonly SpotRejection[] } {
	const candidates = args.regions.flatMap(({ index, zones }) =>
		[...new Set(zones)].flatMap((zone) =>
			args.rules
				.filter(({ ignoredAzs }) => !ignoredAzs.includes(zone))
				.map((rule) => examine(rule, index, zone, args.now)),
		),
	);
	return {
		choices: candidates.flatMap((one) => ("price" in one ? [one] : [])).toSorted(compareChoices),
		rejections: candidates.flatMap((one) => ("code" in one ? [one] : [])).toSorted(compareZones),
	};
}

function examine(
	rule: SpotRule,
	index: RegionIndex,
	availabilityZone: string,
	now: number,
): SpotChoice | SpotRejection {
	const { instanceType, bidPrice } = rule;
	const candidate = { rule, region: index.region, role: index.role, availabilityZone };
	const price = index.spotPrice(rule, availabilityZone);
	if (price !== null && price > PRICE_SHARE * bidPrice) {
		const message = `${instanceType} in ${availabilityZone} costs $${price}, above ${PRICE_SHARE} × the bid of $${bidPrice}`;
		return { ...candidate, code: "no-price", message };
	}
	const { all, failed, reclaimed } = index.recentRequests(instanceType, availabilityZone, now);
	if (failed > FAILED_REQUEST_SHARE * all) {
		const message = `${failed} of ${all} spot requests for ${instanceType} in ${availabilityZone} failed in the last ${SPOT_WINDOW / 60} minutes`;
		return { ...candidate, code: "no-capacity", message };
	}
	return { ...candidate, price, isReclaimed: reclaimed > 0 };
}

function compareChoices(a: SpotChoice, b: SpotChoice): number {
	return Number(a.isReclaimed) - Number(b.isReclaimed) || costPerWork(a) - costPerWork(b) || compareZones(a, b);
}

/** USD per hour of a machine as fast as performance constant 1. */
function costPerWork({ price, rule }: SpotChoice): number {
	return price === null ? Number.MAX_VALUE : price / rule.performanceConstant;
}

function compareZones(a: SpotCandidate, b: SpotCandidate): number {
	return (
		compareText(a.region, b.region) ||
		compareText(a.availabilityZone, b.availabilityZone) ||
		compareText(a.rule.instanceType, b.rule.instanceType) ||
		a.rule.bidPrice - b.rule.bidPrice ||
		a.rule.performanceConstant - b.rule.performanceConstant
	);
}
