/** A region's facts, arranged for the look-ups that a plan makes for every pool. */

import type { Image, RegionFacts, SpotPrice, SpotRequest, Subnet, TemplateFacts } from "../model/facts.ts";
import type { LaunchTemplate, MozType, Region, Role, SpotRule } from "../model/policy.ts";
import { newestFirst } from "./images.ts";
import { orderSubnets } from "./subnets.ts";

/** Seconds for which a failed spot request counts against its zone, and a reclaimed instance against its spot pool. */
export const SPOT_WINDOW = 15 * 60;

/**
 * Spot status codes of missing capacity, or of too low a price.
 * Source: "Spot request status codes" in the EC2 User Guide.
 */
const FAILED_STATUS_CODES: ReadonlySet<string> = new Set([
	"capacity-not-available",
	"capacity-oversubscribed",
	"launch-group-constraint",
	"price-too-low",
	"request-canceled-and-instance-running",
	"canceled-before-fulfillment",
	"az-group-constraint",
	"placement-group-constraint",
]);

/**
 * Whether a spot status code means that EC2 takes an instance back: it is marked, two minutes before its end, or it
 * ended neither by its owner nor by its schedule.
 * Source: as above.
 */
function isReclaim(statusCode: string): boolean {
	return /^(?:marked-for-(?:termination|stop)$|instance-(?:terminated|stopped)-(?!by-user$|by-schedule$))/.test(
		statusCode,
	);
}

/** Recent spot requests for an EC2 instance type in a zone. */
export interface RecentRequests {
	/** Requests made. */
	readonly all: number;
	/** Those of them that EC2 did not fulfill. */
	readonly failed: number;
	/** Instances that EC2 reclaimed, however long ago they were requested. */
	readonly reclaimed: number;
}

/** Deprecated images serve only if a type has no others. */
function supported(images: readonly Image[]): readonly Image[] {
	const current = images.filter(({ deprecated }) => !deprecated);
	return current.length > 0 ? current : images;
}

export class RegionIndex {
	readonly region: Region;
	readonly role: Role;
	readonly #subnets: ReadonlyMap<string, Subnet>;
	readonly #images: ReadonlyMap<MozType, readonly Image[]>;
	readonly #prices: ReadonlyMap<string, readonly SpotPrice[]>;
	readonly #templates: ReadonlyMap<string, TemplateFacts>;
	readonly #requests: ReadonlyMap<string, readonly SpotRequest[]>;

	constructor({ region, role, subnets, images, spotPrices, spotRequests, templates }: RegionFacts) {
		this.#templates = new Map(templates.map((one) => [`${one.idOrName} ${one.version}`, one]));
		this.region = region;
		this.role = role;
		this.#subnets = new Map(subnets.map((subnet) => [subnet.subnetId, subnet]));
		this.#images = new Map(
			[...Map.groupBy(images, ({ mozType }) => mozType)].map(([type, some]) => [type, newestFirst(supported(some))]),
		);
		this.#prices = Map.groupBy(spotPrices, (price) =>
			[price.instanceType, price.availabilityZone, price.productDescription].join(" "),
		);
		this.#requests = Map.groupBy(spotRequests, (request) => `${request.instanceType} ${request.availabilityZone}`);
	}

	/** The subnets with these IDs, best first. */
	subnets(subnetIds: readonly string[]): readonly Subnet[] {
		return orderSubnets([...new Set(subnetIds)].flatMap((subnetId) => this.#subnets.get(subnetId) ?? []));
	}

	/** What was read of a launch template; null if it was not asked for. */
	template({ idOrName, version }: LaunchTemplate): TemplateFacts | null {
		return this.#templates.get(`${idOrName} ${version}`) ?? null;
	}

	/** Those of these IDs that no subnet has. */
	missingSubnets(subnetIds: readonly string[]): readonly string[] {
		return [...new Set(subnetIds)].filter((subnetId) => !this.#subnets.has(subnetId));
	}

	/** The type's images, newest first. */
	images(mozType: MozType): readonly Image[] {
		return this.#images.get(mozType) ?? [];
	}

	/** The spot price of a rule's EC2 instance type, USD per hour; null if unknown. */
	spotPrice({ instanceType, productDescription }: SpotRule, zone: string): number | null {
		const prices = this.#prices.get([instanceType, zone, productDescription].join(" ")) ?? [];
		// Should EC2 return several, the highest is the safe one.
		return prices.length === 0 ? null : Math.max(...prices.map(({ price }) => price));
	}

	/** @param now seconds since 1970, UTC */
	recentRequests(instanceType: string, zone: string, now: number): RecentRequests {
		const requests = this.#requests.get(`${instanceType} ${zone}`) ?? [];
		const isRecent = (time: number) => time > now - SPOT_WINDOW;
		const made = requests.filter(({ createdAt }) => isRecent(createdAt));
		return {
			all: made.length,
			failed: made.filter(({ statusCode }) => FAILED_STATUS_CODES.has(statusCode)).length,
			// A reclaim at an unknown time may be recent.
			reclaimed: requests.filter(
				({ statusCode, statusAt }) => isReclaim(statusCode) && (statusAt === null || isRecent(statusAt)),
			).length,
		};
	}
}
