import {
	CreateTagsCommand,
	DescribeImagesCommand,
	DescribeInstancesCommand,
	type DescribeInstancesCommandInput,
	DescribeSpotInstanceRequestsCommand,
	DescribeSpotPriceHistoryCommand,
	DescribeSubnetsCommand,
	DescribeVpcsCommand,
	EC2Client,
	paginateDescribeInstances,
	paginateDescribeSpotPriceHistory,
	RunInstancesCommand,
	type RunInstancesCommandInput,
	TerminateInstancesCommand,
} from "@aws-sdk/client-ec2";
import { afterEach, describe, expect, it } from "vitest";
import { Ec2Endpoint } from "./endpoint.ts";
import { closeAll, closeLater, codeOf, launch, now, refusalOf, setting, spot, until } from "./setting.ts";
import { createWorld, threeZoneRegions } from "./world.ts";

afterEach(closeAll);

describe("the protocol", () => {
	it("needs nothing but environment variables", async () => {
		const { endpoint } = await setting();
		const before = { ...process.env };
		Object.assign(process.env, endpoint.environment, { AWS_REGION: "us-east-1" });
		const client = new EC2Client();
		closeLater({ close: () => client.destroy() });
		await client.send(new DescribeInstancesCommand()).finally(() => {
			process.env = before;
		});
		expect(endpoint.journal.calls()).toMatchObject([{ region: "us-east-1", outcome: "ok" }]);
	});

	it("serves each region by the credential scope", async () => {
		const { client, connect, endpoint } = await setting();
		await client.send(launch());
		const east = await connect("us-east-1").send(new DescribeInstancesCommand());
		const west = await client.send(new DescribeInstancesCommand());
		expect(east.Reservations).toEqual([]);
		expect(west.Reservations).toHaveLength(1);
		expect(endpoint.journal.counts()).toEqual({
			"us-west-2": { RunInstances: 1, DescribeInstances: 1 },
			"us-east-1": { DescribeInstances: 1 },
		});
	});

	it("refuses a region that the world does not have", async () => {
		const { connect } = await setting();
		const call = connect("eu-west-1").send(new DescribeInstancesCommand());
		expect(await refusalOf(call)).toMatchObject({ code: "AuthFailure", status: 401 });
	});

	it("refuses an unknown parameter and keeps it in the journal", async () => {
		const { client, endpoint, world } = await setting();
		expect(await refusalOf(client.send(launch({ DisableApiTermination: true })))).toMatchObject({
			code: "UnknownParameter",
			status: 400,
			message: "The parameter DisableApiTermination is not recognized",
		});
		expect(endpoint.journal.calls()).toMatchObject([
			{ outcome: "UnknownParameter", flat: { DisableApiTermination: "true" }, zone: "us-west-2a" },
		]);
		expect(world.instances()).toEqual([]);
	});

	it("refuses an unknown action", async () => {
		const { client } = await setting();
		expect(await codeOf(client.send(new DescribeVpcsCommand()))).toBe("InvalidAction");
	});

	it("refuses a duplicate parameter", async () => {
		const { endpoint } = await setting();
		const response = await fetch(endpoint.url, {
			method: "POST",
			headers: {
				authorization: "AWS4-HMAC-SHA256 Credential=a/20231114/us-west-2/ec2/aws4_request, SignedHeaders=host",
			},
			body: "Action=DescribeSubnets&Version=2016-11-15&SubnetId.1=a&SubnetId.1=b",
		});
		expect(response.status).toBe(400);
		expect(await response.text()).toContain("<Code>MalformedQueryString</Code>");
	});

	it("returns any text unchanged", async () => {
		const { client } = await setting();
		const value = `a & <b> "c" 'd' é\t😀`;
		await client.send(
			launch({ TagSpecifications: [{ ResourceType: "instance", Tags: [{ Key: "k", Value: value }] }] }),
		);
		const { Reservations } = await client.send(new DescribeInstancesCommand());
		expect(Reservations?.[0]?.Instances?.[0]?.Tags).toEqual([{ Key: "k", Value: value }]);
	});
});

describe("DescribeInstances", () => {
	const instances = [
		{ instanceId: "i-1", mozType: "bld", name: "bld-1", age: 60 },
		{ instanceId: "i-2", mozType: "bld", name: "bld-2", state: "pending", lifecycle: "spot" },
		{ instanceId: "i-3", mozType: "tst", name: "tst-1", state: "terminated" },
		{ instanceId: "i-4" },
	] as const;

	async function ids(client: EC2Client, input: DescribeInstancesCommandInput) {
		const { Reservations = [] } = await client.send(new DescribeInstancesCommand(input));
		return Reservations.flatMap((each) => each.Instances ?? []).map((each) => each.InstanceId);
	}

	it.each([
		["state", [{ Name: "instance-state-name", Values: ["pending", "running"] }], ["i-1", "i-2", "i-4"]],
		["tag", [{ Name: "tag:moz-type", Values: ["bld"] }], ["i-1", "i-2"]],
		["tag with wildcards", [{ Name: "tag:Name", Values: ["b?d-*"] }], ["i-1", "i-2"]],
		["tag with an escaped wildcard", [{ Name: "tag:Name", Values: ["bld-\\*"] }], []],
		["tag key", [{ Name: "tag-key", Values: ["moz-type"] }], ["i-1", "i-2", "i-3"]],
		["lifecycle", [{ Name: "instance-lifecycle", Values: ["spot"] }], ["i-2"]],
		[
			"both of two filters",
			[
				{ Name: "tag:moz-type", Values: ["bld", "tst"] },
				{ Name: "instance-state-name", Values: ["terminated"] },
			],
			["i-3"],
		],
	])("filters by %s", async (_, Filters, expected) => {
		const { connect } = await setting(
			{},
			{ regions: threeZoneRegions(["us-west-2"], { region: () => ({ instances }) }) },
		);
		expect(await ids(connect("us-west-2"), { Filters })).toEqual(expected);
	});

	it("refuses an unknown filter", async () => {
		const { client } = await setting();
		const Filters = [{ Name: "state-name", Values: ["running"] }];
		expect(await codeOf(client.send(new DescribeInstancesCommand({ Filters })))).toBe("InvalidParameterValue");
	});

	it("returns instances by id and refuses unknown ids", async () => {
		const { client, world } = await setting();
		world.addInstance({ region: "us-west-2", instanceId: "i-9", age: 30, lifecycle: "spot", mozType: "bld" });
		const { Reservations } = await client.send(new DescribeInstancesCommand({ InstanceIds: ["i-9"] }));
		expect(Reservations?.[0]?.Instances?.[0]).toMatchObject({
			InstanceId: "i-9",
			InstanceLifecycle: "spot",
			State: { Code: 16, Name: "running" },
			LaunchTime: new Date((now - 30) * 1000),
			Placement: { AvailabilityZone: "us-west-2a" },
			Tags: [{ Key: "moz-type", Value: "bld" }],
		});
		expect(await codeOf(client.send(new DescribeInstancesCommand({ InstanceIds: ["i-0"] })))).toBe(
			"InvalidInstanceID.NotFound",
		);
	});

	it("returns each instance once in all pages of a listing", async () => {
		const { client, endpoint } = await setting();
		await client.send(launch({ MaxCount: 13 }));
		const found: (string | undefined)[] = [];
		for await (const page of paginateDescribeInstances({ client, pageSize: 5 }, {})) {
			found.push(...(page.Reservations ?? []).flatMap((each) => each.Instances ?? []).map((each) => each.InstanceId));
		}
		expect(new Set(found).size).toBe(13);
		expect(endpoint.journal.calls("DescribeInstances")).toHaveLength(3);
	});

	it.each([4, 1001])("refuses pages of %i", async (MaxResults) => {
		const { client } = await setting();
		expect(await codeOf(client.send(new DescribeInstancesCommand({ MaxResults })))).toBe("InvalidParameterValue");
	});

	it("refuses the combination of ids and a page size", async () => {
		const { client, world } = await setting();
		world.addInstance({ region: "us-west-2", instanceId: "i-1" });
		const call = client.send(new DescribeInstancesCommand({ MaxResults: 5, InstanceIds: ["i-1"] }));
		expect(await codeOf(call)).toBe("InvalidParameterCombination");
	});

	it("refuses the token of another listing", async () => {
		const { client } = await setting();
		await client.send(launch({ MaxCount: 6 }));
		const { NextToken } = await client.send(new DescribeInstancesCommand({ MaxResults: 5 }));
		const Filters = [{ Name: "tag-key", Values: ["Name"] }];
		const call = client.send(new DescribeInstancesCommand({ MaxResults: 5, Filters, NextToken }));
		expect(await codeOf(call)).toBe("InvalidParameterValue");
	});

	it("returns an empty first page with a token if the option is set", async () => {
		const { client, world } = await setting({}, {}, { emptyPages: true });
		world.addInstance({ region: "us-west-2" });
		const input = { MaxResults: 5, Filters: [{ Name: "instance-state-name", Values: ["running"] }] };
		const first = await client.send(new DescribeInstancesCommand(input));
		expect(first.Reservations).toEqual([]);
		const second = await client.send(new DescribeInstancesCommand({ ...input, NextToken: first.NextToken }));
		expect(second.Reservations).toHaveLength(1);
		expect(second.NextToken).toBeUndefined();
	});
});

describe("DescribeSubnets", () => {
	it("returns subnets by id with their free addresses", async () => {
		const { client, world } = await setting();
		world.setFreeAddresses("us-west-2", "subnet-us-west-2b", 7);
		const call = new DescribeSubnetsCommand({ SubnetIds: ["subnet-us-west-2b"] });
		expect((await client.send(call)).Subnets).toMatchObject([
			{ SubnetId: "subnet-us-west-2b", AvailabilityZone: "us-west-2b", AvailableIpAddressCount: 7 },
		]);
	});

	it("filters by zone", async () => {
		const { client } = await setting();
		const Filters = [{ Name: "availability-zone", Values: ["us-west-2a", "us-west-2c"] }];
		expect((await client.send(new DescribeSubnetsCommand({ Filters }))).Subnets).toHaveLength(2);
	});

	it("refuses an unknown id", async () => {
		const { client } = await setting();
		expect(await codeOf(client.send(new DescribeSubnetsCommand({ SubnetIds: ["subnet-0"] })))).toBe(
			"InvalidSubnetID.NotFound",
		);
	});
});

describe("DescribeImages", () => {
	const images = [
		{ imageId: "ami-1", mozType: "bld", name: "spot-bld-1", createdAt: now - 20 },
		{ imageId: "ami-2", mozType: "bld", name: "spot-bld-2", createdAt: now - 10 },
		{ imageId: "ami-3", mozType: "bld", name: "bld-3", state: "pending" },
		{ imageId: "ami-4", mozType: "bld", name: "spot-bld-4", own: false },
	] as const;

	it("returns own images by tags with wildcards, in pages", async () => {
		const { client } = await setting({ images });
		const input = {
			Owners: ["self"],
			MaxResults: 1,
			Filters: [
				{ Name: "tag:moz-type", Values: ["bld"] },
				{ Name: "tag:Name", Values: ["spot-*"] },
				{ Name: "state", Values: ["available"] },
			],
		};
		const first = await client.send(new DescribeImagesCommand(input));
		const second = await client.send(new DescribeImagesCommand({ ...input, NextToken: first.NextToken }));
		expect(second.NextToken).toBeUndefined();
		expect([...(first.Images ?? []), ...(second.Images ?? [])]).toMatchObject([
			{ ImageId: "ami-1", CreationDate: new Date((now - 20) * 1000).toISOString(), State: "available" },
			{
				ImageId: "ami-2",
				RootDeviceName: "/dev/sda1",
				BlockDeviceMappings: [{ DeviceName: "/dev/sda1", Ebs: { VolumeSize: 8, VolumeType: "gp3" } }],
			},
		]);
	});

	it("refuses an unknown id", async () => {
		const { client } = await setting({ images });
		expect(await codeOf(client.send(new DescribeImagesCommand({ ImageIds: ["ami-9"] })))).toBe("InvalidAMIID.NotFound");
	});
});

describe("DescribeSpotPriceHistory", () => {
	const spotPrices = [
		{
			instanceType: "c6i.xlarge",
			availabilityZone: "us-west-2a",
			price: [
				{ at: now - 7200, price: 0.09 },
				{ at: now - 3600, price: 0.07 },
				{ at: now - 60, price: 0.08 },
			],
		},
		{ instanceType: "c6i.xlarge", availabilityZone: "us-west-2a", price: 0.3, product: "Windows" },
		{ instanceType: "m6i.large", price: 0.05 },
	];

	it("returns the price in force at the start and later ones", async () => {
		const { client } = await setting({ spotPrices });
		const { SpotPriceHistory } = await client.send(
			new DescribeSpotPriceHistoryCommand({
				InstanceTypes: ["c6i.xlarge"],
				ProductDescriptions: ["Linux/UNIX"],
				StartTime: new Date((now - 600) * 1000),
			}),
		);
		expect(SpotPriceHistory?.map(({ SpotPrice, Timestamp }) => [SpotPrice, Timestamp])).toEqual([
			["0.080000", new Date((now - 60) * 1000)],
			["0.070000", new Date((now - 3600) * 1000)],
		]);
	});

	it("returns the price in force in every zone if the history starts now", async () => {
		const { client, world } = await setting({ spotPrices });
		world.setSpotPrice("us-west-2", "m6i.large", 0.06, "us-west-2b");
		const { SpotPriceHistory } = await client.send(
			new DescribeSpotPriceHistoryCommand({
				InstanceTypes: ["m6i.large", "c6i.xlarge"],
				ProductDescriptions: ["Linux/UNIX (Amazon VPC)"],
				StartTime: new Date(now * 1000),
			}),
		);
		const prices = SpotPriceHistory?.map((each) => `${each.AvailabilityZone} ${each.InstanceType} ${each.SpotPrice}`);
		expect(prices?.sort()).toEqual([
			"us-west-2a c6i.xlarge 0.080000",
			"us-west-2a m6i.large 0.050000",
			"us-west-2b m6i.large 0.060000",
			"us-west-2c m6i.large 0.050000",
		]);
	});

	it("returns the prices of every product unless one is named", async () => {
		const { client } = await setting({ spotPrices });
		const { SpotPriceHistory } = await client.send(
			new DescribeSpotPriceHistoryCommand({ AvailabilityZone: "us-west-2a", StartTime: new Date(now * 1000) }),
		);
		expect(new Set(SpotPriceHistory?.map((each) => each.ProductDescription))).toEqual(
			new Set(["Linux/UNIX", "Windows"]),
		);
	});

	it("returns pages, the last one with an empty token", async () => {
		const { client, endpoint } = await setting({ spotPrices });
		let count = 0;
		let last: string | undefined;
		for await (const page of paginateDescribeSpotPriceHistory({ client, pageSize: 4 }, {})) {
			count += page.SpotPriceHistory?.length ?? 0;
			last = page.NextToken;
		}
		expect(count).toBe(7);
		expect(last).toBe("");
		expect(endpoint.journal.calls()).toHaveLength(2);
	});
});

describe("DescribeSpotInstanceRequests", () => {
	it("filters by EC2 instance type, time, state, and status", async () => {
		const { client, world } = await setting();
		await client.send(launch({ ...spot, MaxCount: 2 }));
		world.addSpotRequest("us-west-2", {
			availabilityZone: "us-west-2b",
			instanceType: "c6i.xlarge",
			statusCode: "capacity-not-available",
		});
		world.addSpotRequest("us-west-2", {
			availabilityZone: "us-west-2b",
			instanceType: "m6i.large",
			statusCode: "capacity-not-available",
			createdAt: now - 86_400,
		});
		const found = async (Name: string, ...Values: string[]) =>
			(await client.send(new DescribeSpotInstanceRequestsCommand({ Filters: [{ Name, Values }] })))
				.SpotInstanceRequests;
		expect(await found("launch.instance-type", "c6i.xlarge")).toHaveLength(3);
		expect(await found("create-time", `${new Date(now * 1000).toISOString().slice(0, 10)}*`)).toHaveLength(3);
		expect(await found("state", "active")).toHaveLength(2);
		expect(await found("status-code", "fulfilled", "price-too-low")).toMatchObject([
			{
				LaunchedAvailabilityZone: "us-west-2a",
				LaunchSpecification: { InstanceType: "c6i.xlarge", ImageId: "ami-1" },
				CreateTime: new Date(now * 1000),
				Status: { Code: "fulfilled" },
			},
			{ State: "active" },
		]);
		expect((await found("status-code", "capacity-*"))?.[0]?.LaunchSpecification?.Placement).toEqual({
			AvailabilityZone: "us-west-2b",
		});
	});

	it("returns pages", async () => {
		const { client } = await setting();
		await client.send(launch({ ...spot, MaxCount: 6 }));
		const first = await client.send(new DescribeSpotInstanceRequestsCommand({ MaxResults: 5 }));
		const second = await client.send(
			new DescribeSpotInstanceRequestsCommand({ MaxResults: 5, NextToken: first.NextToken }),
		);
		expect([first.SpotInstanceRequests?.length, second.SpotInstanceRequests?.length]).toEqual([5, 1]);
	});
});

describe("RunInstances", () => {
	it("launches with every parameter it supports", async () => {
		const { client, world } = await setting({
			images: [{ imageId: "ami-1" }],
			securityGroups: ["sg-1"],
			keyPairs: ["key"],
			instanceProfiles: ["builder"],
			instanceTypes: ["c6i.xlarge"],
		});
		const tags = (ResourceType: "instance" | "volume" | "spot-instances-request") => ({
			ResourceType,
			Tags: [{ Key: "Name", Value: ResourceType }],
		});
		const { SubnetId: _, ...input } = launch().input;
		const { Instances, ReservationId } = await client.send(
			new RunInstancesCommand({
				...input,
				...spot,
				InstanceMarketOptions: {
					MarketType: "spot",
					SpotOptions: { MaxPrice: "0.25", SpotInstanceType: "one-time", InstanceInterruptionBehavior: "terminate" },
				},
				KeyName: "key",
				NetworkInterfaces: [
					{
						DeviceIndex: 0,
						SubnetId: "subnet-us-west-2c",
						Groups: ["sg-1"],
						AssociatePublicIpAddress: true,
						DeleteOnTermination: true,
					},
				],
				IamInstanceProfile: { Name: "builder" },
				BlockDeviceMappings: [
					{
						DeviceName: "/dev/sda1",
						Ebs: {
							VolumeSize: 60,
							VolumeType: "gp3",
							Iops: 3000,
							Throughput: 125,
							Encrypted: true,
							DeleteOnTermination: true,
						},
					},
					{ DeviceName: "/dev/sdb", VirtualName: "ephemeral0" },
					{ DeviceName: "/dev/sdc", NoDevice: "" },
				],
				InstanceInitiatedShutdownBehavior: "terminate",
				MetadataOptions: {
					HttpTokens: "required",
					HttpEndpoint: "enabled",
					HttpPutResponseHopLimit: 2,
					InstanceMetadataTags: "enabled",
				},
				TagSpecifications: [tags("instance"), tags("volume"), tags("spot-instances-request")],
				UserData: Buffer.from("#!/bin/sh\n").toString("base64"),
				ClientToken: "token",
				EbsOptimized: true,
				Placement: { AvailabilityZone: "us-west-2c" },
			}),
		);
		expect(ReservationId).toMatch(/^r-/);
		const instanceId = Instances?.[0]?.InstanceId;
		expect(Instances).toMatchObject([
			{
				ImageId: "ami-1",
				InstanceType: "c6i.xlarge",
				InstanceLifecycle: "spot",
				State: { Code: 0, Name: "pending" },
				LaunchTime: new Date(now * 1000),
				Placement: { AvailabilityZone: "us-west-2c" },
				SubnetId: "subnet-us-west-2c",
				Tags: [{ Key: "Name", Value: "instance" }],
				ClientToken: "token",
				KeyName: "key",
				SecurityGroups: [{ GroupId: "sg-1" }],
				MetadataOptions: { HttpTokens: "required", InstanceMetadataTags: "enabled" },
			},
		]);
		expect(world.instances("us-west-2")).toMatchObject([
			{
				instanceId,
				lifecycle: "spot",
				maxPrice: 0.25,
				volumeTags: { Name: "volume" },
				publicAddress: true,
				shutdownBehavior: "terminate",
				blockDevices: [{ ebs: { volumeSize: 60, iops: 3000 } }, { virtualName: "ephemeral0" }, { noDevice: true }],
			},
		]);
		expect(world.spotRequests("us-west-2")).toMatchObject([
			{ instanceId, statusCode: "fulfilled", tags: { Name: "spot-instances-request" } },
		]);
		expect(Instances?.[0]?.SpotInstanceRequestId).toBe(world.spotRequests()[0]?.spotInstanceRequestId);
		expect(world.region("us-west-2").subnets.get("subnet-us-west-2c")?.freeAddresses).toBe(99);
	});

	it("omits the lifecycle of an on-demand instance", async () => {
		const { client } = await setting();
		const { Instances } = await client.send(launch());
		expect(Instances?.[0]?.InstanceLifecycle).toBeUndefined();
		expect(Instances?.[0]?.SpotInstanceRequestId).toBeUndefined();
	});

	it("launches as many as capacity allows", async () => {
		const { client, world } = await setting();
		world.setCapacity("us-west-2a", "c6i.xlarge", "on-demand", 3);
		expect((await client.send(launch({ MaxCount: 10 }))).Instances).toHaveLength(3);
		expect((await client.send(launch({ ...spot, MaxCount: 10 }))).Instances).toHaveLength(10);
	});

	it("launches as many as addresses allow, then none", async () => {
		const { client, world } = await setting();
		world.setFreeAddresses("us-west-2", "subnet-us-west-2a", 2);
		expect((await client.send(launch({ MaxCount: 10 }))).Instances).toHaveLength(2);
		expect(await refusalOf(client.send(launch()))).toMatchObject({
			code: "InsufficientFreeAddressesInSubnet",
			status: 400,
		});
	});

	it("answers 500 for missing capacity and names the zones that have some", async () => {
		const { client, world } = await setting();
		world.setCapacity("us-west-2a", "c6i.xlarge", "on-demand", 0);
		expect(await refusalOf(client.send(launch()))).toEqual({
			code: "InsufficientInstanceCapacity",
			status: 500,
			message:
				"We currently do not have sufficient c6i.xlarge capacity in the Availability Zone you requested (us-west-2a). Our system will be working on provisioning additional capacity. You can currently get c6i.xlarge capacity by not specifying an Availability Zone in your request or choosing us-west-2b, us-west-2c.",
		});
		world.setCapacity("us-west-2a", "c6i.xlarge", "spot", 0);
		expect(await refusalOf(client.send(launch(spot)))).toMatchObject({
			code: "InsufficientInstanceCapacity",
			status: 500,
		});
	});

	it("launches nothing below the minimum", async () => {
		const { client, world } = await setting({}, { defaultCapacity: 2 });
		expect(await codeOf(client.send(launch({ MinCount: 3, MaxCount: 3 })))).toBe("InsufficientInstanceCapacity");
		expect(world.instances()).toEqual([]);
		expect(world.capacity("us-west-2a", "c6i.xlarge", "on-demand")).toBe(2);
	});

	it("returns the address and the capacity of a terminated instance", async () => {
		const { client, world } = await setting({}, { defaultCapacity: 1 });
		const { Instances } = await client.send(launch(spot));
		expect(await codeOf(client.send(launch(spot)))).toBe("InsufficientInstanceCapacity");
		world.terminate(Instances?.[0]?.InstanceId ?? "");
		expect((await client.send(launch(spot))).Instances).toHaveLength(1);
		expect(world.region("us-west-2").subnets.get("subnet-us-west-2a")?.freeAddresses).toBe(99);
		expect(world.spotRequests().map(({ state }) => state)).toEqual(["closed", "active"]);
	});

	it("refuses a maximum price below the market price", async () => {
		const { client } = await setting({ spotPrices: [{ instanceType: "c6i.xlarge", price: 0.07 }] });
		const at = (MaxPrice: string) =>
			client.send(launch({ InstanceMarketOptions: { MarketType: "spot", SpotOptions: { MaxPrice } } }));
		expect(await refusalOf(at("0.0699"))).toMatchObject({ code: "SpotMaxPriceTooLow", status: 400 });
		expect((await at("0.07")).Instances).toHaveLength(1);
	});

	it("resolves an image parameter", async () => {
		const { client } = await setting({ parameters: { "/images/bld": "ami-7" } });
		const { Instances } = await client.send(launch({ ImageId: "resolve:ssm:/images/bld" }));
		expect(Instances?.[0]?.ImageId).toBe("ami-7");
		expect(await codeOf(client.send(launch({ ImageId: "resolve:ssm:/other" })))).toBe("InvalidParameterValue");
	});

	const tagged = (...keys: string[]): Partial<RunInstancesCommandInput> => ({
		TagSpecifications: [{ ResourceType: "instance", Tags: keys.map((Key) => ({ Key, Value: "v" })) }],
	});
	const enabled = { MetadataOptions: { InstanceMetadataTags: "enabled" } } as const;
	const spotTags: Partial<RunInstancesCommandInput> = {
		TagSpecifications: [{ ResourceType: "spot-instances-request", Tags: [{ Key: "a", Value: "b" }] }],
	};
	const device = (Ebs: object) => ({ BlockDeviceMappings: [{ DeviceName: "/dev/sda1", Ebs }] });

	it.each<[string, Partial<RunInstancesCommandInput>, string]>([
		["an unknown image", { ImageId: "ami-9" }, "InvalidAMIID.NotFound"],
		["an image that is not available", { ImageId: "ami-2" }, "InvalidAMIID.Unavailable"],
		["an unknown EC2 instance type", { InstanceType: "m6i.large" }, "InvalidParameterValue"],
		["an unknown subnet", { SubnetId: "subnet-9" }, "InvalidSubnetID.NotFound"],
		["an unknown security group", { SecurityGroupIds: ["sg-9"] }, "InvalidGroup.NotFound"],
		["an unknown key pair", { KeyName: "other" }, "InvalidKeyPair.NotFound"],
		["an unknown profile", { IamInstanceProfile: { Name: "other" } }, "InvalidParameterValue"],
		["a subnet beside an interface", { NetworkInterfaces: [{ DeviceIndex: 0 }] }, "InvalidParameterCombination"],
		["another zone than the subnet's", { Placement: { AvailabilityZone: "us-west-2b" } }, "InvalidParameterValue"],
		["a maximum below the minimum", { MinCount: 2 }, "InvalidParameterCombination"],
		["a token that is too long", { ClientToken: "x".repeat(65) }, "InvalidParameterValue"],
		["too many tags", tagged(...Array.from({ length: 51 }, (_, index) => `k${index}`)), "TagLimitExceeded"],
		["a reserved tag", tagged("aws:x"), "InvalidParameterValue"],
		["a tag twice", tagged("a", "a"), "InvalidParameterValue"],
		["a tag that the metadata cannot show", { ...tagged("a/b"), ...enabled }, "InvalidParameterValue"],
		["tags of a spot request on demand", spotTags, "InvalidParameterValue"],
		[
			"spot options on demand",
			{ InstanceMarketOptions: { SpotOptions: { MaxPrice: "1" } } },
			"InvalidParameterCombination",
		],
		["Iops of gp2", device({ VolumeType: "gp2", Iops: 100 }), "InvalidParameterCombination"],
		["throughput of io2", device({ VolumeType: "io2", Throughput: 125 }), "InvalidParameterCombination"],
		["user data that is too long", { UserData: Buffer.alloc(16_385).toString("base64") }, "InvalidParameterValue"],
		["user data that is not base64", { UserData: "#!/bin/sh" }, "InvalidUserData.Malformed"],
		["a tag with a slash if the metadata shows no tags", tagged("a/b"), "none"],
		["user data of 16 KB", { UserData: Buffer.alloc(16_384).toString("base64") }, "none"],
	])("answers %s", async (_, input, code) => {
		const { client, world } = await setting({
			images: [{ imageId: "ami-1" }, { imageId: "ami-2", state: "pending" }],
			instanceTypes: ["c6i.xlarge"],
			securityGroups: ["sg-1"],
			keyPairs: ["key"],
			instanceProfiles: ["builder"],
		});
		const call = client.send(launch(input));
		if (code === "none") await expect(call).resolves.toBeDefined();
		else expect(await refusalOf(call)).toMatchObject({ code, status: 400 });
		expect(world.instances()).toHaveLength(code === "none" ? 1 : 0);
	});

	describe("with a client token", () => {
		it("returns the same reservation for the same call", async () => {
			const { client, world } = await setting();
			const first = await client.send(launch({ ClientToken: "t", MaxCount: 3 }));
			world.settle();
			const second = await client.send(launch({ ClientToken: "t", MaxCount: 3 }));
			expect(second.ReservationId).toBe(first.ReservationId);
			expect(second.Instances?.map((each) => each.State?.Name)).toEqual(["running", "running", "running"]);
			expect(world.instances()).toHaveLength(3);
		});

		it("refuses other parameters in the same zone", async () => {
			const { client } = await setting();
			await client.send(launch({ ClientToken: "t" }));
			expect(await refusalOf(client.send(launch({ ClientToken: "t", MaxCount: 2 })))).toMatchObject({
				code: "IdempotentParameterMismatch",
				status: 400,
			});
		});

		it("keeps the tokens of zones and regions separate", async () => {
			const { client, connect, world } = await setting();
			await client.send(launch({ ClientToken: "t" }));
			await client.send(launch({ ClientToken: "t", SubnetId: "subnet-us-west-2b" }));
			await connect("us-east-1").send(launch({ ClientToken: "t", SubnetId: "subnet-us-east-1a" }));
			expect(world.instances()).toHaveLength(3);
		});

		it("leaves the token of a refused call free", async () => {
			const { client, world } = await setting();
			world.setCapacity("us-west-2a", "c6i.xlarge", "on-demand", 0);
			await refusalOf(client.send(launch({ ClientToken: "t" })));
			world.setCapacity("us-west-2a", "c6i.xlarge", "on-demand", 5);
			expect((await client.send(launch({ ClientToken: "t", MaxCount: 2 }))).Instances).toHaveLength(2);
		});

		it("refuses it after its instance was terminated", async () => {
			const { client, world } = await setting();
			const { Instances } = await client.send(launch({ ClientToken: "t" }));
			world.terminate(Instances?.[0]?.InstanceId ?? "");
			expect(await codeOf(client.send(launch({ ClientToken: "t" })))).toBe("IdempotentInstanceTerminated");
		});
	});
});

describe("CreateTags", () => {
	it("adds and replaces tags", async () => {
		const { client, world } = await setting();
		world.addInstance({ region: "us-west-2", instanceId: "i-1", name: "old", mozType: "bld" });
		await client.send(new CreateTagsCommand({ Resources: ["i-1"], Tags: [{ Key: "Name", Value: "new" }] }));
		expect(world.instances()[0]?.tags).toEqual({ Name: "new", "moz-type": "bld" });
	});

	it("tags nothing if one id is unknown", async () => {
		const { client, world } = await setting();
		world.addInstance({ region: "us-west-2", instanceId: "i-1" });
		const call = client.send(new CreateTagsCommand({ Resources: ["i-1", "i-2"], Tags: [{ Key: "a", Value: "b" }] }));
		expect(await codeOf(call)).toBe("InvalidInstanceID.NotFound");
		expect(world.instances()[0]?.tags).toEqual({});
	});
});

describe("TerminateInstances", () => {
	it("shuts down at once and terminates when the world settles", async () => {
		const { client, world } = await setting();
		world.addInstance({ region: "us-west-2", instanceId: "i-1" });
		const { TerminatingInstances } = await client.send(new TerminateInstancesCommand({ InstanceIds: ["i-1"] }));
		expect(TerminatingInstances).toMatchObject([
			{ InstanceId: "i-1", CurrentState: { Name: "shutting-down" }, PreviousState: { Name: "running" } },
		]);
		expect(world.live()).toEqual([]);
		world.settle();
		expect(world.instances()).toMatchObject([{ instanceId: "i-1", state: "terminated" }]);
	});
});

describe("the world", () => {
	it("has a clock that only steps move", async () => {
		const { client, world } = await setting({}, { launchState: "running" });
		await client.send(launch());
		world.advance(600);
		await client.send(launch());
		expect(world.instances().map(({ launchedAt, state }) => [launchedAt - now, state])).toEqual([
			[0, "running"],
			[600, "running"],
		]);
		world.ageInstances(1000);
		expect(world.instances().map(({ launchedAt }) => launchedAt - now)).toEqual([-1000, -400]);
	});

	it("outlives an endpoint", async () => {
		const { client, endpoint, world } = await setting();
		await client.send(launch());
		await endpoint.close();
		const next = await Ec2Endpoint.start(world);
		closeLater(next);
		expect(world.instances()).toHaveLength(1);
		expect(next.journal.calls()).toEqual([]);
	});

	it("has many regions", () => {
		const world = createWorld({ regions: threeZoneRegions(12) });
		expect(world.region("ap-southeast-2").zones).toEqual(["ap-southeast-2a", "ap-southeast-2b", "ap-southeast-2c"]);
		expect(() => threeZoneRegions(100)).toThrow(RangeError);
	});
});

describe("faults", () => {
	it("refuse with an error the given number of times", async () => {
		const { client, endpoint } = await setting();
		const fault = endpoint.faults.add({
			action: "DescribeInstances",
			times: 2,
			error: { status: 403, code: "UnauthorizedOperation", message: "No" },
		});
		const call = () => client.send(new DescribeInstancesCommand());
		expect(await refusalOf(call())).toEqual({ code: "UnauthorizedOperation", status: 403, message: "No" });
		await client.send(new DescribeSubnetsCommand());
		expect(await codeOf(call())).toBe("UnauthorizedOperation");
		await call();
		expect(fault.hits).toBe(2);
		expect(endpoint.journal.calls().map(({ outcome }) => outcome)).toEqual([
			"UnauthorizedOperation",
			"ok",
			"UnauthorizedOperation",
			"ok",
		]);
	});

	it("match launches by region, zone, EC2 instance type, and lifecycle", async () => {
		const { client, connect, endpoint } = await setting();
		endpoint.faults.add({
			region: "us-west-2",
			zone: "us-west-2a",
			instanceType: "c6i.xlarge",
			lifecycle: "spot",
			error: { code: "MaxSpotInstanceCountExceeded" },
		});
		await client.send(launch());
		await client.send(launch({ ...spot, SubnetId: "subnet-us-west-2b" }));
		await client.send(launch({ ...spot, InstanceType: "m6i.large" }));
		await connect("us-east-1").send(launch({ ...spot, SubnetId: "subnet-us-east-1a" }));
		await client.send(new DescribeInstancesCommand());
		expect(await codeOf(client.send(launch(spot)))).toBe("MaxSpotInstanceCountExceeded");
	});

	it("throttle, and the SDK retries", async () => {
		const { connect, endpoint } = await setting();
		endpoint.faults.add({ throttle: true, times: 1 });
		await connect("us-west-2", 2).send(new DescribeInstancesCommand());
		expect(endpoint.journal.calls().map(({ outcome }) => outcome)).toEqual(["RequestLimitExceeded", "ok"]);
	});

	it("delay the answer of a call that took effect", async () => {
		const { client, endpoint, world } = await setting();
		endpoint.faults.add({ action: "RunInstances", delay: 3_600_000 });
		const abort = new AbortController();
		const call = client.send(launch(), { abortSignal: abort.signal });
		await until(() => world.instances().length === 1);
		abort.abort();
		await expect(call).rejects.toThrow();
		await until(() => endpoint.journal.calls()[0]?.outcome !== null);
		expect(endpoint.journal.calls()).toMatchObject([{ outcome: "aborted" }]);
		endpoint.faults.clear();
		endpoint.faults.add({ delay: 1, times: 1 });
		expect((await client.send(launch())).Instances).toHaveLength(1);
	});

	it("hold a call until it is released", async () => {
		const { client, endpoint, world } = await setting();
		const fault = endpoint.faults.add({ hold: true });
		const call = client.send(launch());
		await until(() => fault.held === 1);
		expect(world.instances()).toEqual([]);
		expect(endpoint.journal.calls()).toMatchObject([{ outcome: null, finishedAt: null }]);
		fault.release();
		expect((await call).Instances).toHaveLength(1);
		await client.send(new DescribeInstancesCommand());
	});

	it("hold a call until the endpoint closes", async () => {
		const { client, endpoint } = await setting();
		const fault = endpoint.faults.add({ hold: true });
		const call = client.send(new DescribeInstancesCommand());
		const failed = expect(call).rejects.toThrow();
		await until(() => fault.held === 1);
		await endpoint.close();
		await failed;
	});

	it("reset the connection before the call takes effect", async () => {
		const { client, endpoint, world } = await setting();
		endpoint.faults.add({ reset: "before", times: 1 });
		await expect(client.send(launch())).rejects.toThrow(/ECONNRESET|socket hang up/);
		expect(world.instances()).toEqual([]);
		expect(endpoint.journal.calls()).toMatchObject([{ outcome: "reset-before" }]);
	});

	it("reset the connection after the effect, so that a retry with the token finds the launch", async () => {
		const { connect, endpoint, world } = await setting();
		endpoint.faults.add({ action: "RunInstances", reset: "after", times: 1 });
		const { Instances } = await connect("us-west-2", 2).send(launch({ MaxCount: 4 }));
		expect(Instances).toHaveLength(4);
		expect(world.instances()).toHaveLength(4);
		expect(endpoint.journal.calls().map(({ outcome }) => outcome)).toEqual(["reset-after", "ok"]);
	});
});

describe("the journal", () => {
	it("keeps the parameters both nested and as sent", async () => {
		const { client, endpoint } = await setting();
		await client.send(
			new DescribeInstancesCommand({ Filters: [{ Name: "tag:a", Values: ["b", "c"] }], MaxResults: 5 }),
		);
		expect(endpoint.journal.calls("DescribeInstances")).toMatchObject([
			{
				sequence: 1,
				region: "us-west-2",
				action: "DescribeInstances",
				parameters: { Filter: [{ Name: "tag:a", Value: ["b", "c"] }], MaxResults: "5" },
				flat: { "Filter.1.Name": "tag:a", "Filter.1.Value.1": "b", "Filter.1.Value.2": "c", MaxResults: "5" },
				zone: null,
				outcome: "ok",
			},
		]);
		const [call] = endpoint.journal.calls();
		expect(call?.parameters).not.toHaveProperty("Action");
		expect(call?.finishedAt).toBeGreaterThanOrEqual(call?.startedAt ?? Number.POSITIVE_INFINITY);
	});

	it("counts consecutive round trips, not concurrent ones", async () => {
		const { client, endpoint } = await setting();
		const fault = endpoint.faults.add({ action: "DescribeSubnets", hold: true });
		const held = [1, 2, 3].map(() => client.send(new DescribeSubnetsCommand()));
		await until(() => fault.held === 3);
		fault.release();
		await Promise.all(held);
		expect(endpoint.journal.rounds()).toBe(1);
		await client.send(new DescribeInstancesCommand());
		await client.send(new DescribeInstancesCommand());
		expect(endpoint.journal.rounds()).toBe(3);
		expect(endpoint.journal.rounds(endpoint.journal.calls("DescribeInstances"))).toBe(2);
		endpoint.journal.clear();
		expect(endpoint.journal.rounds()).toBe(0);
	});

	it("adds the latency to every answer", async () => {
		const { client, endpoint } = await setting({}, {}, { latency: 20 });
		await Promise.all([1, 2, 3].map(() => client.send(new DescribeSubnetsCommand())));
		for (const { startedAt, finishedAt } of endpoint.journal.calls()) {
			// A timer may fire a fraction of a millisecond early by the finer clock.
			expect((finishedAt ?? 0) - startedAt).toBeGreaterThan(18);
		}
	});
});
