import { describe, expect, it } from "vitest";
import { regionsFor, skipMissingSubnets, skipUnread } from "../../../src/core/plan/placements.ts";
import { RegionIndex } from "../../../src/core/plan/region-index.ts";
import { NOW, policy, region, typeConfig } from "../facts.ts";

const pool = { mozType: "bld", slaveset: null };
const type = typeConfig("bld", ["us-west-2"]);
const deviceMap = [
	{
		deviceName: "/dev/sda1",
		size: 50,
		ephemeralName: null,
		volumeType: null,
		iops: null,
		deleteOnTermination: true,
		encrypted: null,
		throughput: null,
	},
];
const withDevices = {
	...type,
	regions: Object.fromEntries(Object.entries(type.regions).map(([name, config]) => [name, { ...config, deviceMap }])),
};
const image = (imageId: string, age: number) => ({
	...{ imageId, mozType: "bld", createdAt: NOW - age, deprecated: false },
	devices: [{ deviceName: "/dev/sda1", size: 80 }],
});
const imagesFor = (images: readonly ReturnType<typeof image>[], latestAmiPercentage: number) =>
	regionsFor({
		pool,
		type: withDevices,
		accounts: [new RegionIndex(region("us-west-2", { images }))],
		latestAmiPercentage,
	}).flatMap((one) => one.images.map(({ imageId, devices, caps }) => [imageId, devices.map(({ size }) => size), caps]));

describe("a region in which a type can be launched", () => {
	it("is one that the type is configured in, with its subnets", () => {
		const accounts = ["us-east-1", "us-west-2"].map((name) => new RegionIndex(region(name)));
		const regions = regionsFor({ pool, type, accounts, latestAmiPercentage: 100 });
		expect(regions.map(({ index, subnets }) => [index.region, subnets.map(({ subnetId }) => subnetId)])).toEqual([
			["us-west-2", ["subnet-us-west-2a", "subnet-us-west-2b"]],
		]);
	});

	it("uses the configured image, with the configured devices, if the account has none of the type", () => {
		expect(imagesFor([], 50)).toEqual([["ami-configured", [50], []]]);
	});

	it.each([
		["the only image", [image("ami-1", 1)], 50, [["ami-1", [80], []]]],
		["the newest image at 100 %", [image("ami-1", 1), image("ami-2", 2)], 100, [["ami-1", [80], []]]],
		[
			"the newest and the previous image below that, each with its cap",
			[image("ami-1", 1), image("ami-2", 2), image("ami-3", 3)],
			99,
			[
				["ami-1", [80], ['image/newest/["bld",null]']],
				["ami-2", [80], ['image/previous/["bld",null]']],
			],
		],
	])("uses %s", (_what, images, percentage, expected) => {
		expect(imagesFor(images, percentage)).toEqual(expected);
	});
});

it("only unread accounts of the type in its regions are skips", () => {
	const unread = [
		{ region: "us-west-2", role: null },
		{ region: "us-west-2", role: "arn:other" },
		{ region: "us-east-1", role: null },
	];
	expect(skipUnread(unread, policy(), type)).toEqual([{ code: "error", message: "us-west-2 could not be read" }]);
});

it("a subnet that the account does not have is a skip, with the remedy", () => {
	const other = region("us-west-2", { role: "arn:other", subnets: region("us-west-2").subnets.slice(1) });
	const accounts = [new RegionIndex(other), new RegionIndex(region("us-east-1"))];
	expect(skipMissingSubnets(accounts, type)).toEqual([
		{
			code: "no-subnet",
			message:
				"bld: subnet subnet-us-west-2a does not exist in us-west-2 as arn:other. Correct subnet_ids in the type's file",
		},
	]);
});
