/**
 * Token buckets: "Request throttling for the Amazon EC2 API" in the EC2 Developer Guide. That a refused launch takes
 * nothing from the bucket of instances, and that a launch takes what it asked for even if capacity gave less, are unsure.
 */
import { CreateTagsCommand, DescribeSubnetsCommand } from "@aws-sdk/client-ec2";
import { afterEach, expect, it } from "vitest";
import { closeAll, codeOf, launch, refusalOf, setting } from "./setting.ts";

afterEach(closeAll);

const limited = (capacity = Number.POSITIVE_INFINITY) =>
	setting(
		{
			subnets: ["us-west-2a", "us-east-1a"].map((availabilityZone) => ({
				subnetId: `subnet-${availabilityZone}`,
				availabilityZone,
				freeAddresses: 5000,
			})),
		},
		{ rateLimits: true, defaultCapacity: capacity },
	);

async function times(count: number, call: () => Promise<unknown>): Promise<void> {
	await Promise.all(Array.from({ length: count }, call));
}

it("RunInstances has 5 requests and 2 more each second, in each region", async () => {
	const { client, connect, endpoint, world } = await limited();
	const run = () => client.send(launch());
	await times(5, run);
	expect(await refusalOf(run())).toEqual({
		code: "RequestLimitExceeded",
		status: 503,
		message: "Request limit exceeded.",
	});
	await connect("us-east-1").send(launch({ SubnetId: "subnet-us-east-1a" }));
	await client.send(new DescribeSubnetsCommand({}));
	world.advance(1);
	await times(2, run);
	expect(await codeOf(run())).toBe("RequestLimitExceeded");
	expect(endpoint.journal.throttles()).toBe(2);
});

it("launches have 1,000 instances and 2 more each second", async () => {
	const { client, world } = await limited();
	expect(await codeOf(client.send(launch({ MaxCount: 1001 })))).toBe("RequestLimitExceeded");
	await client.send(launch({ MaxCount: 998 }));
	expect(await codeOf(client.send(launch({ MaxCount: 3 })))).toBe("RequestLimitExceeded");
	await client.send(launch({ MaxCount: 2 }));
	world.advance(3);
	expect(world.region("us-west-2").rates?.instances).toBe(6);
});

it("a refused launch takes a request and no instances, and a partial one takes all that it asked for", async () => {
	const { client, world } = await limited(1);
	await client.send(launch({ MaxCount: 400 }));
	expect(world.region("us-west-2").rates?.instances).toBe(600);
	expect(await codeOf(client.send(launch({ MaxCount: 600 })))).toBe("InsufficientInstanceCapacity");
	expect(world.region("us-west-2").rates?.instances).toBe(600);
});

it("CreateTags has 100 requests and 10 more each second", async () => {
	const { client, world } = await limited();
	world.addInstance({ region: "us-west-2", instanceId: "i-1" });
	const tag = () => client.send(new CreateTagsCommand({ Resources: ["i-1"], Tags: [{ Key: "a", Value: "b" }] }));
	await times(100, tag);
	expect(await codeOf(tag())).toBe("RequestLimitExceeded");
	world.advance(1);
	await times(10, tag);
	expect(await codeOf(tag())).toBe("RequestLimitExceeded");
});

it.each([
	["filtered or paged", { MaxResults: 5 }, 100, 20],
	["open", {}, 50, 10],
] as const)("%s reads have their own bucket", async (_, input, capacity, perSecond) => {
	const { client, world } = await limited();
	const read = () => client.send(new DescribeSubnetsCommand(input));
	await times(capacity, read);
	expect(await codeOf(read())).toBe("RequestLimitExceeded");
	world.advance(1);
	await times(perSecond, read);
	expect(await codeOf(read())).toBe("RequestLimitExceeded");
});

it("follows the clock of a test, and never fills beyond its size", async () => {
	let seconds = 0;
	const { client } = await setting({}, { rateLimits: true, now: () => 1_700_000_000 + seconds });
	const run = () => client.send(launch());
	await run();
	seconds = 1000;
	await times(5, run);
	expect(await codeOf(run())).toBe("RequestLimitExceeded");
	seconds += 0.5;
	await run();
});
