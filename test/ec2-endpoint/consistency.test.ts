/**
 * New instances that are not known everywhere yet: "Eventual consistency" in the EC2 Developer Guide. It promises no
 * bound, so the numbers here are the tests' own.
 */
import { CreateTagsCommand, DescribeInstancesCommand, type EC2Client } from "@aws-sdk/client-ec2";
import { afterEach, expect, it } from "vitest";
import type { Setting } from "./setting.ts";
import { closeAll, codeOf, launch, setting } from "./setting.ts";

afterEach(closeAll);

const TAGS = [{ Key: "Name", Value: "a" }];

async function launched({ client }: Setting, count = 1): Promise<string[]> {
	const TagSpecifications = [{ ResourceType: "instance" as const, Tags: [{ Key: "moz-type", Value: "bld" }] }];
	const { Instances = [] } = await client.send(launch({ MaxCount: count, TagSpecifications }));
	return Instances.flatMap(({ InstanceId }) => InstanceId ?? []);
}

const name = (client: EC2Client, Resources: string[]) => client.send(new CreateTagsCommand({ Resources, Tags: TAGS }));

it("CreateTags does not know an instance for so many calls that name it", async () => {
	const site = await setting({ consistency: { untaggable: { calls: 2 } } });
	const [first = "", second = ""] = await launched(site, 2);
	expect(await codeOf(name(site.client, [first]))).toBe("InvalidInstanceID.NotFound");
	expect(await codeOf(name(site.client, [first, second]))).toBe("InvalidInstanceID.NotFound");
	await name(site.client, [first]);
	expect(await codeOf(name(site.client, [second]))).toBe("InvalidInstanceID.NotFound");
	await name(site.client, [second]);
	expect(site.world.instances().map(({ tags }) => tags["Name"])).toEqual(["a", "a"]);
});

it("CreateTags does not know an instance for so many seconds, and knows the ones that were there before", async () => {
	const site = await setting({ consistency: { untaggable: { seconds: 30 } } });
	site.world.addInstance({ region: "us-west-2", instanceId: "i-1" });
	await name(site.client, ["i-1"]);
	const ids = await launched(site);
	site.world.advance(29);
	expect(await codeOf(name(site.client, ids))).toBe("InvalidInstanceID.NotFound");
	site.world.advance(1);
	await name(site.client, ids);
});

it("DescribeInstances omits an instance for so many seconds, even by its id", async () => {
	const site = await setting({ consistency: { unlisted: 10 } });
	const InstanceIds = await launched(site);
	const { client, world } = site;
	world.advance(9);
	expect((await client.send(new DescribeInstancesCommand({}))).Reservations).toEqual([]);
	expect(await codeOf(client.send(new DescribeInstancesCommand({ InstanceIds })))).toBe("InvalidInstanceID.NotFound");
	world.advance(1);
	expect((await client.send(new DescribeInstancesCommand({ InstanceIds }))).Reservations).toHaveLength(1);
});

it("DescribeInstances shows an instance without its tags for so many seconds", async () => {
	const site = await setting({ consistency: { untagged: 10 } });
	await launched(site);
	const tagged = async () => {
		const Filters = [{ Name: "tag:moz-type", Values: ["bld"] }];
		return (await site.client.send(new DescribeInstancesCommand({ Filters }))).Reservations ?? [];
	};
	expect(await tagged()).toEqual([]);
	const { Reservations } = await site.client.send(new DescribeInstancesCommand({}));
	expect(Reservations?.[0]?.Instances?.[0]?.Tags ?? []).toEqual([]);
	site.world.advance(10);
	expect(await tagged()).toHaveLength(1);
});
