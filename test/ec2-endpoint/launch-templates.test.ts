/**
 * Launch templates. Sources: `LaunchTemplate` of `RunInstances` and `DescribeLaunchTemplateVersions` in the EC2 API
 * Reference; "Launch instances from a launch template" in the EC2 User Guide. Parameters of the request override those
 * of the template. Unsure: that interfaces are merged by device index and block devices by name, that tags are combined,
 * and the code for two interfaces with one device index.
 */
import {
	DescribeLaunchTemplateVersionsCommand,
	RunInstancesCommand,
	type RunInstancesCommandInput,
} from "@aws-sdk/client-ec2";
import { afterEach, describe, expect, it } from "vitest";
import { closeAll, codeOf, launch, refusalOf, type Setting, setting, spot } from "./setting.ts";

afterEach(closeAll);

const LaunchTemplate = { LaunchTemplateId: "lt-1" };

function withTemplate(data: Readonly<Record<string, string>>): Promise<Setting> {
	return setting({ launchTemplates: [{ launchTemplateId: "lt-1", versions: [{ data }] }] });
}

/** A launch as the action makes it: by a network interface, and with neither subnet nor groups of the instance. */
function byInterface(overrides: Partial<RunInstancesCommandInput> = {}): RunInstancesCommand {
	const { SubnetId: _, ...input } = launch().input;
	const NetworkInterfaces = [{ DeviceIndex: 0, SubnetId: "subnet-us-west-2b", Groups: ["sg-request"] }];
	return new RunInstancesCommand({ ...input, NetworkInterfaces, LaunchTemplate, ...overrides });
}

describe("RunInstances", () => {
	it("takes from the template only what the request lacks", async () => {
		const { client, world } = await withTemplate({
			InstanceType: "m6i.large",
			KeyName: "template",
			UserData: "AAAA",
			"SecurityGroupId.1": "sg-a",
			"SecurityGroupId.2": "sg-b",
			"IamInstanceProfile.Arn": "arn:aws:iam::123456789012:instance-profile/template",
		});
		const overrides = { KeyName: "request", SecurityGroupIds: ["sg-c"], IamInstanceProfile: { Name: "request" } };
		await client.send(launch({ LaunchTemplate, ...overrides }));
		const { InstanceType: _, ...input } = launch().input;
		await client.send(new RunInstancesCommand({ ...input, LaunchTemplate }));
		expect(world.instances()).toMatchObject([
			{
				instanceType: "c6i.xlarge",
				keyName: "request",
				userData: "AAAA",
				securityGroupIds: ["sg-c"],
				instanceProfile: "request",
			},
			{ instanceType: "m6i.large", keyName: "template", securityGroupIds: ["sg-a", "sg-b"] },
		]);
	});

	it("launches spot if only the template requests it, and matches faults by the merged request", async () => {
		const { client, endpoint, world } = await withTemplate({
			"InstanceMarketOptions.MarketType": "spot",
			"InstanceMarketOptions.SpotOptions.MaxPrice": "0.5",
		});
		await client.send(launch({ LaunchTemplate }));
		await client.send(launch({ LaunchTemplate, ...spot }));
		expect(world.instances().map(({ lifecycle, maxPrice }) => [lifecycle, maxPrice])).toEqual([
			["spot", 0.5],
			["spot", null],
		]);
		endpoint.faults.add({ lifecycle: "spot", error: { code: "MaxSpotInstanceCountExceeded" } });
		expect(await codeOf(client.send(launch({ LaunchTemplate })))).toBe("MaxSpotInstanceCountExceeded");
		await client.send(launch());
	});

	it("refuses security groups of the template beside an interface of the request", async () => {
		const { client, world } = await withTemplate({ "SecurityGroupId.1": "sg-template" });
		expect(await refusalOf(client.send(byInterface()))).toEqual({
			code: "InvalidParameterCombination",
			status: 400,
			message: "Network interfaces and an instance-level security groups may not be specified on the same request",
		});
		expect(world.instances()).toEqual([]);
	});

	it("refuses a subnet of the request beside an interface of the template, and the other way round", async () => {
		const ofTemplate = await withTemplate({ "NetworkInterface.1.DeviceIndex": "0" });
		expect(await codeOf(ofTemplate.client.send(launch({ LaunchTemplate })))).toBe("InvalidParameterCombination");
		const ofRequest = await withTemplate({ SubnetId: "subnet-us-west-2a" });
		expect(await codeOf(ofRequest.client.send(byInterface()))).toBe("InvalidParameterCombination");
	});

	it("merges interfaces with the same device index", async () => {
		const { client, world } = await withTemplate({
			"NetworkInterface.1.DeviceIndex": "0",
			"NetworkInterface.1.AssociatePublicIpAddress": "true",
			"NetworkInterface.1.SecurityGroupId.1": "sg-template",
			"NetworkInterface.1.SecurityGroupId.2": "sg-template-2",
		});
		await client.send(byInterface());
		expect(world.instances()).toMatchObject([
			{ subnetId: "subnet-us-west-2b", publicAddress: true, securityGroupIds: ["sg-request"] },
		]);
	});

	it("adds an interface with another device index, and refuses two with the same", async () => {
		const two = await withTemplate({
			"NetworkInterface.1.DeviceIndex": "1",
			"NetworkInterface.1.AssociatePublicIpAddress": "true",
		});
		const { message, code } = await refusalOf(
			two.client.send(
				byInterface({
					NetworkInterfaces: [{ DeviceIndex: 0, SubnetId: "subnet-us-west-2b", AssociatePublicIpAddress: true }],
				}),
			),
		);
		expect([code, message]).toEqual([
			"InvalidParameterCombination",
			"The associatePublicIPAddress parameter cannot be specified when launching with multiple network interfaces.",
		]);
		const same = await withTemplate({
			"NetworkInterface.1.DeviceIndex": "0",
			"NetworkInterface.2.DeviceIndex": "0",
		});
		expect(await refusalOf(same.client.send(byInterface()))).toMatchObject({
			code: "InvalidParameterValue",
			message: "Each network interface requires a unique device index.",
		});
	});

	it.each<[string, Partial<RunInstancesCommandInput>, string]>([
		[
			"two tags with one key",
			{
				TagSpecifications: [{ ResourceType: "instance", Tags: ["1", "2"].map((Value) => ({ Key: "a", Value })) }],
			},
			"InvalidParameterValue",
		],
		[
			"two devices with one name",
			{ BlockDeviceMappings: ["1", "2"].map((n) => ({ DeviceName: "/dev/sdb", VirtualName: `ephemeral${n}` })) },
			"InvalidBlockDeviceMapping",
		],
	])("still refuses %s in the request", async (_, overrides, code) => {
		const { client } = await withTemplate({ KeyName: "template" });
		expect(await codeOf(client.send(launch({ LaunchTemplate, ...overrides })))).toBe(code);
	});

	it("combines tags by resource and key, and block devices by name", async () => {
		const { client, world } = await withTemplate({
			"TagSpecification.1.ResourceType": "instance",
			"TagSpecification.1.Tag.1.Key": "a",
			"TagSpecification.1.Tag.1.Value": "template",
			"TagSpecification.1.Tag.2.Key": "b",
			"TagSpecification.1.Tag.2.Value": "template",
			"TagSpecification.2.ResourceType": "volume",
			"TagSpecification.2.Tag.1.Key": "c",
			"TagSpecification.2.Tag.1.Value": "template",
			"BlockDeviceMapping.1.DeviceName": "/dev/sda1",
			"BlockDeviceMapping.1.Ebs.VolumeSize": "8",
			"BlockDeviceMapping.2.DeviceName": "/dev/sdb",
			"BlockDeviceMapping.2.VirtualName": "ephemeral0",
		});
		await client.send(
			launch({
				LaunchTemplate,
				TagSpecifications: [{ ResourceType: "instance", Tags: [{ Key: "a", Value: "request" }] }],
				BlockDeviceMappings: [{ DeviceName: "/dev/sda1", Ebs: { VolumeSize: 60 } }],
			}),
		);
		expect(world.instances()).toMatchObject([
			{
				tags: { a: "request", b: "template" },
				volumeTags: { c: "template" },
				blockDevices: [
					{ deviceName: "/dev/sda1", ebs: { volumeSize: 60 } },
					{ deviceName: "/dev/sdb", virtualName: "ephemeral0" },
				],
			},
		]);
	});

	it.each([
		[
			"tags of a spot request on demand",
			{ "TagSpecification.1.ResourceType": "spot-instances-request", "TagSpecification.1.Tag.1.Key": "a" },
		],
		[
			"tag keys that the metadata cannot show",
			{
				"MetadataOptions.InstanceMetadataTags": "enabled",
				"TagSpecification.1.ResourceType": "instance",
				"TagSpecification.1.Tag.1.Key": "a/b",
			},
		],
	])("refuses %s of a template", async (_, data) => {
		const { client, world } = await withTemplate(data);
		expect(await codeOf(client.send(launch({ LaunchTemplate })))).toBe("InvalidParameterValue");
		expect(world.instances()).toEqual([]);
	});

	it.each([
		[{ LaunchTemplateId: "lt-9" }, "InvalidLaunchTemplateId.NotFound"],
		[{ LaunchTemplateName: "other" }, "InvalidLaunchTemplateName.NotFoundException"],
		[{ LaunchTemplateId: "lt-1", Version: "9" }, "InvalidLaunchTemplateId.VersionNotFound"],
		[{ LaunchTemplateId: "lt-1", LaunchTemplateName: "lt-1" }, "InvalidParameterCombination"],
	])("refuses the template %j with %s", async (template, code) => {
		const { client } = await withTemplate({});
		expect(await codeOf(client.send(launch({ LaunchTemplate: template })))).toBe(code);
	});

	it("takes the default version unless one is named", async () => {
		const versions = ["a", "b", "c"].map((KeyName) => ({ data: { KeyName } }));
		const launchTemplates = [{ launchTemplateId: "lt-1", name: "named", defaultVersion: 2, versions }];
		const { client, world } = await setting({ launchTemplates });
		for (const Version of [undefined, "$Default", "$Latest", "1"]) {
			await client.send(launch({ LaunchTemplate: { LaunchTemplateName: "named", Version } }));
		}
		expect(world.instances().map(({ keyName }) => keyName)).toEqual(["b", "b", "c", "a"]);
	});
});

describe("DescribeLaunchTemplateVersions", () => {
	it("returns the data of the requested version", async () => {
		const { client } = await withTemplate({
			ImageId: "ami-1",
			EbsOptimized: "true",
			"InstanceMarketOptions.MarketType": "spot",
			"InstanceMarketOptions.SpotOptions.MaxPrice": "0.5",
			"SecurityGroupId.1": "sg-1",
			"NetworkInterface.1.DeviceIndex": "0",
			"NetworkInterface.1.AssociatePublicIpAddress": "true",
			"NetworkInterface.1.SecurityGroupId.1": "sg-2",
			"NetworkInterface.1.SecurityGroupId.2": "sg-3",
			"TagSpecification.1.ResourceType": "instance",
			"TagSpecification.1.Tag.1.Key": "a",
			"TagSpecification.1.Tag.1.Value": "b",
			"MetadataOptions.InstanceMetadataTags": "enabled",
			"IamInstanceProfile.Name": "builder",
			"BlockDeviceMapping.1.DeviceName": "/dev/sda1",
			"BlockDeviceMapping.1.Ebs.VolumeSize": "8",
		});
		const command = new DescribeLaunchTemplateVersionsCommand({ LaunchTemplateId: "lt-1", Versions: ["$Default"] });
		expect((await client.send(command)).LaunchTemplateVersions).toMatchObject([
			{
				LaunchTemplateId: "lt-1",
				VersionNumber: 1,
				DefaultVersion: true,
				LaunchTemplateData: {
					ImageId: "ami-1",
					EbsOptimized: true,
					InstanceMarketOptions: { MarketType: "spot", SpotOptions: { MaxPrice: "0.5" } },
					SecurityGroupIds: ["sg-1"],
					NetworkInterfaces: [{ DeviceIndex: 0, AssociatePublicIpAddress: true, Groups: ["sg-2", "sg-3"] }],
					TagSpecifications: [{ ResourceType: "instance", Tags: [{ Key: "a", Value: "b" }] }],
					MetadataOptions: { InstanceMetadataTags: "enabled" },
					IamInstanceProfile: { Name: "builder" },
					BlockDeviceMappings: [{ DeviceName: "/dev/sda1", Ebs: { VolumeSize: 8 } }],
				},
			},
		]);
	});

	it("returns all versions in pages and refuses an unknown template", async () => {
		const versions = ["a", "b", "c"].map((KeyName) => ({ data: { KeyName } }));
		const { client } = await setting({ launchTemplates: [{ launchTemplateId: "lt-1", versions }] });
		const input = { LaunchTemplateId: "lt-1", MaxResults: 2 };
		const first = await client.send(new DescribeLaunchTemplateVersionsCommand(input));
		const second = await client.send(
			new DescribeLaunchTemplateVersionsCommand({ ...input, NextToken: first.NextToken }),
		);
		expect(
			[first, second].map(({ LaunchTemplateVersions }) =>
				LaunchTemplateVersions?.map(({ LaunchTemplateData }) => LaunchTemplateData?.KeyName),
			),
		).toEqual([["a", "b"], ["c"]]);
		const unknown = new DescribeLaunchTemplateVersionsCommand({ LaunchTemplateId: "lt-9" });
		expect(await codeOf(client.send(unknown))).toBe("InvalidLaunchTemplateId.NotFound");
	});
});
