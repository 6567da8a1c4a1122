import { Ec2Error, invalidValue } from "../errors.ts";
import type { Parameters } from "../parameters.ts";
import type { PricePoint, WorldSpotRequest } from "../world.ts";
import { tagSet, timestamp } from "../xml.ts";
import { type Action, listing } from "./action.ts";
import { type FilterValues, filterItems } from "./filters.ts";
import { paginate } from "./paging.ts";

interface Price {
	readonly availabilityZone: string;
	readonly instanceType: string;
	readonly product: string;
	readonly price: string;
	readonly at: number;
}

const priceFilters: FilterValues<Price & { readonly tags?: Readonly<Record<string, string>> }> = {
	"availability-zone": ({ availabilityZone }) => availabilityZone,
	"instance-type": ({ instanceType }) => instanceType,
	"product-description": ({ product }) => product,
	"spot-price": ({ price }) => price,
	timestamp: ({ at }) => timestamp(at),
};

function time(parameters: Parameters, name: string): number | null {
	const value = parameters.text(name);
	if (value === undefined) return null;
	const milliseconds = Date.parse(value);
	if (Number.isNaN(milliseconds)) throw invalidValue(`Invalid value '${value}' for ${name}`);
	return milliseconds / 1000;
}

/** The price in force at the start, and the changes up to the end. */
function within(points: readonly PricePoint[], start: number, end: number): readonly PricePoint[] {
	const inForce = points.findLast(({ at }) => at <= start);
	const later = points.filter(({ at }) => at > start && at <= end);
	return inForce === undefined ? later : [inForce, ...later];
}

export const describeSpotPriceHistory: Action = {
	parameters: new Set([
		"InstanceType.#",
		"ProductDescription.#",
		"StartTime",
		"EndTime",
		"AvailabilityZone",
		...listing,
	]),
	perform(call) {
		const { world, region, parameters } = call;
		const types = parameters.strings("InstanceType");
		// EC2 accepts the older names of a product.
		const products = parameters.strings("ProductDescription").map((name) => name.replace(" (Amazon VPC)", ""));
		const zone = parameters.text("AvailabilityZone");
		if (zone !== undefined && !region.zones.includes(zone)) {
			throw invalidValue(`Invalid availability zone: [${zone}]`);
		}
		// Without a start, EC2 returns all that it has. The world's clock may be ahead of the caller's or behind it.
		const start = time(parameters, "StartTime") ?? Number.NEGATIVE_INFINITY;
		const end = time(parameters, "EndTime") ?? Number.POSITIVE_INFINITY;
		const prices = [...region.prices.values()]
			.filter(
				(history) =>
					(types.length === 0 || types.includes(history.instanceType)) &&
					(products.length === 0 || products.includes(history.product)) &&
					(zone === undefined || zone === history.availabilityZone),
			)
			.flatMap(({ availabilityZone, instanceType, product, points }) =>
				within(points, start, Math.min(end, Math.max(world.now(), start))).map(({ at, price }) => ({
					availabilityZone,
					instanceType,
					product,
					price: price.toFixed(6),
					at,
				})),
			)
			.sort((a, b) => b.at - a.at);
		const found = filterItems(parameters, prices, priceFilters);
		const rules = { action: "DescribeSpotPriceHistory", minimum: 1, maximum: 1000, unasked: 1000 };
		const { items, nextToken } = paginate(call, found, rules);
		return {
			spotPriceHistorySet: items.map(({ availabilityZone, instanceType, product, price, at }) => ({
				instanceType,
				productDescription: product,
				spotPrice: price,
				timestamp: timestamp(at),
				availabilityZone,
			})),
			// The last page of this action has an empty token; that of other actions has none.
			nextToken: nextToken ?? "",
		};
	},
};

const requestFilters: FilterValues<WorldSpotRequest> = {
	"create-time": ({ createdAt }) => timestamp(createdAt),
	"launch.instance-type": ({ instanceType }) => instanceType,
	"launch.image-id": ({ imageId }) => imageId,
	"launched-availability-zone": ({ instanceId, availabilityZone }) => (instanceId === null ? null : availabilityZone),
	"instance-id": ({ instanceId }) => instanceId,
	"spot-instance-request-id": ({ spotInstanceRequestId }) => spotInstanceRequestId,
	state: ({ state }) => state,
	"status-code": ({ statusCode }) => statusCode,
};

export const describeSpotInstanceRequests: Action = {
	parameters: new Set(["SpotInstanceRequestId.#", ...listing]),
	perform(call) {
		const { region, parameters } = call;
		const ids = parameters.strings("SpotInstanceRequestId");
		const unknown = ids.find((id) => !region.spotRequests.has(id));
		if (unknown !== undefined) {
			const message = `The spot instance request ID '${unknown}' does not exist`;
			throw new Ec2Error("InvalidSpotInstanceRequestID.NotFound", message);
		}
		const all = [...region.spotRequests.values()].filter(
			({ spotInstanceRequestId }) => ids.length === 0 || ids.includes(spotInstanceRequestId),
		);
		const found = filterItems(parameters, all, requestFilters);
		const rules = {
			action: "DescribeSpotInstanceRequests",
			minimum: 5,
			maximum: 1000,
			ids: "SpotInstanceRequestId",
		};
		const { items, nextToken } = paginate(call, found, rules);
		return {
			spotInstanceRequestSet: items.map((request) => ({
				spotInstanceRequestId: request.spotInstanceRequestId,
				spotPrice: request.maxPrice?.toFixed(6),
				type: "one-time",
				state: request.state,
				status: {
					code: request.statusCode,
					updateTime: request.statusAt === null ? undefined : timestamp(request.statusAt),
					message: request.statusCode,
				},
				launchSpecification: {
					imageId: request.imageId,
					instanceType: request.instanceType,
					placement: { availabilityZone: request.availabilityZone },
				},
				instanceId: request.instanceId,
				createTime: timestamp(request.createdAt),
				productDescription: "Linux/UNIX",
				// A request without an instance has only the zone that it requested.
				launchedAvailabilityZone: request.instanceId === null ? null : request.availabilityZone,
				tagSet: Object.keys(request.tags).length === 0 ? null : tagSet(request.tags),
				instanceInterruptionBehavior: "terminate",
			})),
			nextToken,
		};
	},
};
