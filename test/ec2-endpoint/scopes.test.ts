/** Refusals and how far they reach. Codes: "Error codes for the Amazon EC2 API" in the EC2 API Reference. */
import { DescribeSubnetsCommand, RunInstancesCommand, type RunInstancesCommandInput } from "@aws-sdk/client-ec2";
import { afterEach, describe, expect, it } from "vitest";
import { EC2_ERRORS } from "./errors.ts";
import type { Fault } from "./faults.ts";
import { closeAll, codeOf, launch, refusalOf, setting, spot } from "./setting.ts";

afterEach(closeAll);

const elsewhere: Partial<RunInstancesCommandInput> = { SubnetId: "subnet-us-west-2b" };

describe("a fault with EC2's words refuses", () => {
	it.each<[string, Fault, Partial<RunInstancesCommandInput>, Partial<RunInstancesCommandInput> | "other region"]>([
		["one region", { region: "us-west-2", error: EC2_ERRORS.pendingVerification }, spot, "other region"],
		["spot in every region", { lifecycle: "spot", error: EC2_ERRORS.noSpotServiceRole }, spot, {}],
		["spot requests", { lifecycle: "spot", error: EC2_ERRORS.unauthorized }, spot, {}],
		["one subnet", { subnet: "subnet-us-west-2a", error: EC2_ERRORS.unauthorized }, {}, elsewhere],
		[
			"one EC2 instance type",
			{ instanceType: "c6i.xlarge", error: EC2_ERRORS.unsupportedConfiguration },
			{},
			{ InstanceType: "c7i.xlarge" },
		],
		["one zone", { zone: "us-west-2a", error: EC2_ERRORS.constrainedZone }, {}, elsewhere],
	])("%s, and nothing else", async (_, fault, refused, allowed) => {
		const { client, connect, endpoint } = await setting();
		endpoint.faults.add({ action: "RunInstances", ...fault });
		const { code, status = 400, message } = { status: undefined, ...("error" in fault ? fault.error : { code: "" }) };
		expect(await refusalOf(client.send(launch(refused)))).toEqual({ code, status, message });
		const other =
			allowed === "other region"
				? connect("us-east-1").send(launch({ ...refused, SubnetId: "subnet-us-east-1a" }))
				: client.send(launch(allowed));
		expect((await other).Instances).toHaveLength(1);
	});

	it("one subnet of a network interface", async () => {
		const { client, endpoint } = await setting();
		endpoint.faults.add({ subnet: "subnet-us-west-2a", error: EC2_ERRORS.unauthorized });
		const { SubnetId: _, ...input } = launch().input;
		const on = (SubnetId: string) =>
			client.send(new RunInstancesCommand({ ...input, NetworkInterfaces: [{ DeviceIndex: 0, SubnetId }] }));
		expect(await codeOf(on("subnet-us-west-2a"))).toBe("UnauthorizedOperation");
		expect((await on("subnet-us-west-2b")).Instances).toHaveLength(1);
	});
});

describe("the world refuses", () => {
	it("an image of another architecture", async () => {
		const { client } = await setting({ images: [{ imageId: "ami-1", architecture: "arm64" }] });
		expect(await refusalOf(client.send(launch()))).toMatchObject({
			code: "InvalidParameterValue",
			status: 400,
			message: expect.stringMatching(
				/^The architecture 'x86_64' of the specified instance type does not match the architecture 'arm64' of the specified AMI\./,
			),
		});
		const { Instances } = await client.send(launch({ InstanceType: "c7gd.xlarge" }));
		expect(Instances?.[0]?.Architecture).toBe("arm64");
	});

	it("an EC2 instance type that the region does not have", async () => {
		const { client } = await setting({ instanceTypes: ["c6i.xlarge"] });
		expect(await refusalOf(client.send(launch({ InstanceType: "m6i.large" })))).toMatchObject({
			code: "InvalidParameterValue",
			message: "Invalid value 'm6i.large' for InstanceType.",
		});
	});

	it("an EC2 instance type that the zone does not have, and names the zones that do", async () => {
		const { client } = await setting({ zoneLacks: { "us-west-2a": { instanceTypes: ["c6i.xlarge"] } } });
		expect(await refusalOf(client.send(launch()))).toEqual({
			code: "Unsupported",
			status: 400,
			message:
				"Your requested instance type (c6i.xlarge) is not supported in your requested Availability Zone (us-west-2a). Please retry your request by not specifying an Availability Zone or choosing us-west-2b, us-west-2c.",
		});
		expect((await client.send(launch(elsewhere))).Instances).toHaveLength(1);
		expect((await client.send(launch({ InstanceType: "c7i.xlarge" }))).Instances).toHaveLength(1);
	});

	// The code is documented; that launches and not only volumes answer it is unsure.
	it("a volume type that the zone does not have", async () => {
		const { client } = await setting({ zoneLacks: { "us-west-2a": { volumeTypes: ["io2"] } } });
		const device = (VolumeType: "io2" | "gp3") => ({
			BlockDeviceMappings: [{ DeviceName: "/dev/sdb", Ebs: { VolumeType, VolumeSize: 10, Iops: 3000 } }],
		});
		expect(await codeOf(client.send(launch(device("io2"))))).toBe("VolumeTypeNotAvailableInZone");
		expect((await client.send(launch(device("gp3")))).Instances).toHaveLength(1);
		expect((await client.send(launch({ ...device("io2"), ...elsewhere }))).Instances).toHaveLength(1);
	});

	it("a subnet that is gone, which a filtered listing omits without a word", async () => {
		const { client, world } = await setting();
		world.region("us-west-2").subnets.delete("subnet-us-west-2a");
		expect(await codeOf(client.send(launch()))).toBe("InvalidSubnetID.NotFound");
		const Filters = [{ Name: "subnet-id", Values: ["subnet-us-west-2a", "subnet-us-west-2b"] }];
		const { Subnets } = await client.send(new DescribeSubnetsCommand({ Filters }));
		expect(Subnets?.map(({ SubnetId }) => SubnetId)).toEqual(["subnet-us-west-2b"]);
	});
});
