import { describe, expect, it } from "vitest";
import type { SpotRequest } from "../../../src/core/model/facts.ts";
import { RegionIndex } from "../../../src/core/plan/region-index.ts";
import { NOW, region, spotRule } from "../facts.ts";

const image = (imageId: string, createdAt: number, deprecated = false) => ({
	imageId,
	mozType: "bld",
	createdAt,
	deprecated,
	devices: [],
});
const imagesOf = (...images: ReturnType<typeof image>[]) =>
	new RegionIndex(region("us-west-2", { images })).images("bld").map(({ imageId }) => imageId);

describe("images", () => {
	it("are ordered by age, the newest first, ties by ID, the highest first", () => {
		expect(imagesOf(image("ami-1", 5), image("ami-3", 5), image("ami-2", 5), image("ami-0", 9))).toEqual([
			"ami-0",
			"ami-3",
			"ami-2",
			"ami-1",
		]);
	});

	it("that are deprecated serve only if a type has no others", () => {
		expect(imagesOf(image("ami-old", 1), image("ami-new", 9, true))).toEqual(["ami-old"]);
		expect(imagesOf(image("ami-old", 1, true), image("ami-new", 9, true))).toEqual(["ami-new", "ami-old"]);
	});

	it("are none for another type", () => {
		expect(new RegionIndex(region("us-west-2", { images: [image("ami-1", 1)] })).images("tst")).toEqual([]);
	});
});

it("subnets have the most free addresses first, ties by ID, each once", () => {
	const subnets = [
		["s-3", 5],
		["s-1", 5],
		["s-2", 9],
		["s-4", 1],
	].map(([id, free]) => ({ subnetId: String(id), availabilityZone: "us-west-2a", freeAddresses: Number(free) }));
	const index = new RegionIndex(region("us-west-2", { subnets }));
	expect(index.subnets(["s-1", "s-3", "s-2", "s-3", "s-9"]).map(({ subnetId }) => subnetId)).toEqual([
		"s-2",
		"s-1",
		"s-3",
	]);
	expect(index.missingSubnets(["s-1", "s-9", "s-8", "s-9"])).toEqual(["s-9", "s-8"]);
});

describe("the spot price", () => {
	const price = (value: number, overrides = {}) => ({
		availabilityZone: "us-west-2a",
		instanceType: "c6i.xlarge",
		productDescription: "Linux/UNIX",
		price: value,
		...overrides,
	});
	const index = new RegionIndex(
		region("us-west-2", {
			spotPrices: [
				price(0.05),
				price(0.07),
				price(0.06),
				price(1, { availabilityZone: "us-west-2b" }),
				price(2, { instanceType: "m6i.xlarge" }),
				price(3, { productDescription: "Windows" }),
			],
		}),
	);

	it("is that of the zone, the EC2 instance type, and the product, the highest if there are several", () => {
		expect(index.spotPrice(spotRule(), "us-west-2a")).toBe(0.07);
		expect(index.spotPrice(spotRule(), "us-west-2b")).toBe(1);
		expect(index.spotPrice(spotRule({ instanceType: "m6i.xlarge" }), "us-west-2a")).toBe(2);
		expect(index.spotPrice(spotRule({ productDescription: "Windows" }), "us-west-2a")).toBe(3);
	});

	it("is null if EC2 returned none", () => {
		expect(index.spotPrice(spotRule(), "us-west-2c")).toBeNull();
	});
});

describe("recent spot requests", () => {
	const recentOf = (spotRequests: readonly SpotRequest[]) =>
		new RegionIndex(region("us-west-2", { spotRequests })).recentRequests("c6i.xlarge", "us-west-2a", NOW);

	it.each([
		["marked-for-termination", 1],
		["not-marked-for-termination", 0],
		["marked-for-termination-check", 0],
		["not-instance-terminated-no-capacity", 0],
		["instance-terminated-by-user", 0],
		["instance-terminated-by-user-limit", 1],
		["instance-stopped-by-schedule", 0],
		["instance-stopped-by-schedule-limit", 1],
	])("with the status code %s, which is compared as a whole, include %i reclaims", (statusCode, reclaimed) => {
		const place = { availabilityZone: "us-west-2a", instanceType: "c6i.xlarge" };
		expect(recentOf([{ ...place, createdAt: NOW - 60, statusAt: NOW - 5, statusCode }])).toMatchObject({ reclaimed });
	});

	it("are those of the last 15 minutes for the EC2 instance type in the zone, the failed ones apart", () => {
		const request = (statusCode: string, age = 60, overrides = {}) => ({
			availabilityZone: "us-west-2a",
			instanceType: "c6i.xlarge",
			createdAt: NOW - age,
			statusAt: NOW - age,
			statusCode,
			...overrides,
		});
		const index = new RegionIndex(
			region("us-west-2", {
				spotRequests: [
					request("fulfilled"),
					request("capacity-not-available", 899),
					request("price-too-low", 900),
					request("price-too-low", 60, { availabilityZone: "us-west-2b" }),
					request("price-too-low", 60, { instanceType: "m6i.xlarge" }),
				],
			}),
		);
		expect(index.recentRequests("c6i.xlarge", "us-west-2a", NOW)).toMatchObject({ all: 2, failed: 1 });
		expect(index.recentRequests("c6i.xlarge", "us-west-2c", NOW)).toMatchObject({ all: 0, failed: 0 });
	});

	it("include a reclaim without a time, but no other status without one", () => {
		const request = {
			availabilityZone: "us-west-2a",
			instanceType: "c6i.xlarge",
			createdAt: NOW - 3600,
			statusAt: null,
		};
		const codes = ["instance-terminated-no-capacity", "instance-terminated-by-user", "fulfilled"];
		expect(recentOf(codes.map((statusCode) => ({ ...request, statusCode })))).toEqual({
			all: 0,
			failed: 0,
			reclaimed: 1,
		});
	});
});
