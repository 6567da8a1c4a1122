/**
 * `DryRun` of `RunInstances` in the EC2 API Reference: `DryRunOperation` if the caller has the permissions, else
 * `UnauthorizedOperation`. The status of 412, and that missing resources are reported as by a real call, are observed,
 * not documented. That capacity, quotas, and prices are not checked is unsure.
 */
import { CreateTagsCommand, DescribeSubnetsCommand, type RunInstancesCommandInput } from "@aws-sdk/client-ec2";
import { afterEach, expect, it } from "vitest";
import { EC2_ERRORS } from "./errors.ts";
import { closeAll, codeOf, launch, refusalOf, setting, spot } from "./setting.ts";

afterEach(closeAll);

const dryRun = (overrides: Partial<RunInstancesCommandInput> = {}) => launch({ DryRun: true, ...overrides });

it("answers 412 DryRunOperation, launches nothing, and leaves the token free", async () => {
	const { client, world } = await setting({ quotas: { instances: 1 } }, { defaultCapacity: 1 });
	expect(await refusalOf(client.send(dryRun({ ClientToken: "t", MaxCount: 9 })))).toEqual({
		code: "DryRunOperation",
		status: 412,
		message: "Request would have succeeded, but DryRun flag is set.",
	});
	expect(world.instances()).toEqual([]);
	expect((await client.send(launch({ ClientToken: "t" }))).Instances).toHaveLength(1);
});

it.each<[Partial<RunInstancesCommandInput>, string]>([
	[{ ImageId: "ami-9" }, "InvalidAMIID.NotFound"],
	[{ SecurityGroupIds: ["sg-9"] }, "InvalidGroup.NotFound"],
	[{ KeyName: "other" }, "InvalidKeyPair.NotFound"],
	[{ IamInstanceProfile: { Name: "other" } }, "InvalidParameterValue"],
	[{ SubnetId: "subnet-9" }, "InvalidSubnetID.NotFound"],
])("of %j answers %s", async (overrides, code) => {
	const { client } = await setting({
		images: [{ imageId: "ami-1" }],
		securityGroups: ["sg-1"],
		keyPairs: ["key"],
		instanceProfiles: ["builder"],
	});
	expect(await codeOf(client.send(dryRun(overrides)))).toBe(code);
});

it("answers UnauthorizedOperation if a fault denies the lifecycle", async () => {
	const { client, endpoint } = await setting();
	endpoint.faults.add({ action: "RunInstances", lifecycle: "spot", error: EC2_ERRORS.unauthorized });
	expect(await codeOf(client.send(dryRun(spot)))).toBe("UnauthorizedOperation");
	expect(await codeOf(client.send(dryRun()))).toBe("DryRunOperation");
});

it("has no effect in other actions", async () => {
	const { client, world } = await setting();
	world.addInstance({ region: "us-west-2", instanceId: "i-1" });
	const tags = new CreateTagsCommand({ DryRun: true, Resources: ["i-1"], Tags: [{ Key: "a", Value: "b" }] });
	expect(await codeOf(client.send(tags))).toBe("DryRunOperation");
	expect(world.instances()[0]?.tags).toEqual({});
	expect(await codeOf(client.send(new DescribeSubnetsCommand({ DryRun: true })))).toBe("DryRunOperation");
});
