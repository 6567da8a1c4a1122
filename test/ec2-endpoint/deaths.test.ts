/**
 * Instances that end by themselves. Sources: `StateReason` and `Instance` in the EC2 API Reference; "Instances terminate
 * immediately" under "Troubleshoot instance launch issues" in the EC2 User Guide. That a terminated instance stays
 * visible for about an hour: "Terminate your instance" in the EC2 User Guide, which says "usually within an hour".
 */
import {
	DescribeInstancesCommand,
	DescribeSpotInstanceRequestsCommand,
	type EC2Client,
	TerminateInstancesCommand,
} from "@aws-sdk/client-ec2";
import { afterEach, expect, it } from "vitest";
import { closeAll, codeOf, launch, now, setting, spot } from "./setting.ts";

afterEach(closeAll);

async function described(client: EC2Client) {
	const { Reservations = [] } = await client.send(new DescribeInstancesCommand({}));
	return Reservations.flatMap(({ Instances = [] }) => Instances);
}

it.each([
	"Client.InvalidKMSKey.InvalidState",
	"Client.VolumeLimitExceeded",
	"Server.InternalError",
	"Client.InstanceInitiatedShutdown",
] as const)("answers a launch that dies of %s as pending, and shows it terminated afterwards", async (cause) => {
	const { client, world } = await setting({ deaths: [{ cause }] });
	const { Instances = [] } = await client.send(launch({ MaxCount: 3 }));
	expect(Instances.map(({ State, StateReason }) => [State?.Name, StateReason])).toEqual(
		Array.from({ length: 3 }, () => ["pending", undefined]),
	);
	expect(world.live()).toEqual([]);
	const dead = await described(client);
	expect(dead).toHaveLength(3);
	for (const instance of dead) {
		expect(instance).toMatchObject({
			State: { Name: "terminated" },
			StateReason: { Code: cause, Message: expect.stringMatching(`^${cause}: `) },
			StateTransitionReason: expect.stringMatching(`^${cause}`),
		});
	}
	expect(dead.map(({ AmiLaunchIndex }) => AmiLaunchIndex)).toEqual([0, 1, 2]);
	expect(world.region("us-west-2").subnets.get("subnet-us-west-2a")?.freeAddresses).toBe(100);
});

it("kills after the given time of the world's clock, and only what the rule matches", async () => {
	const cause = "Server.SpotInstanceTermination";
	const { client, world } = await setting({ deaths: [{ cause, after: 120, lifecycle: "spot", times: 1 }] });
	await client.send(launch());
	await client.send(launch({ ...spot, MaxCount: 2 }));
	world.advance(119);
	expect(world.live()).toHaveLength(3);
	world.advance(1);
	expect(world.live().map(({ lifecycle }) => lifecycle)).toEqual(["on-demand", "spot"]);
	expect(world.instances().find(({ state }) => state === "terminated")).toMatchObject({
		terminatedAt: now + 120,
		stateReason: { code: cause },
	});
	expect(world.spotRequests().map(({ state, statusCode, statusAt }) => [state, statusCode, statusAt])).toEqual([
		["closed", "instance-terminated-no-capacity", now + 120],
		["active", "fulfilled", now],
	]);
	const Filters = [{ Name: "state", Values: ["closed"] }];
	const { SpotInstanceRequests } = await client.send(new DescribeSpotInstanceRequestsCommand({ Filters }));
	expect(SpotInstanceRequests).toMatchObject([
		{ CreateTime: new Date(now * 1000), Status: { UpdateTime: new Date((now + 120) * 1000) } },
	]);
});

it("shows a terminated instance for an hour, and then does not know its id", async () => {
	const { client, world } = await setting({ deaths: [{ cause: "Server.InternalError" }] });
	const { Instances = [] } = await client.send(launch());
	const InstanceIds = Instances.flatMap(({ InstanceId }) => InstanceId ?? []);
	world.advance(3599);
	expect(await described(client)).toHaveLength(1);
	world.advance(1);
	expect(await described(client)).toEqual([]);
	expect(await codeOf(client.send(new DescribeInstancesCommand({ InstanceIds })))).toBe("InvalidInstanceID.NotFound");
	expect(world.instances()).toHaveLength(1);
});

it("filters by the code of the reason, and keeps the reason of the first cause", async () => {
	const { client, world } = await setting();
	for (const instanceId of ["i-1", "i-2"]) world.addInstance({ region: "us-west-2", instanceId });
	world.setState("us-west-2", "i-1", "shutting-down", "Server.InternalError");
	await client.send(new TerminateInstancesCommand({ InstanceIds: ["i-2"] }));
	world.settle();
	expect(world.instances().map(({ stateReason }) => stateReason?.code)).toEqual([
		"Server.InternalError",
		"Client.UserInitiatedShutdown",
	]);
	const Filters = [{ Name: "state-reason-code", Values: ["Client.UserInitiatedShutdown"] }];
	const { Reservations } = await client.send(new DescribeInstancesCommand({ Filters }));
	expect(Reservations?.[0]?.Instances).toMatchObject([
		{
			InstanceId: "i-2",
			StateTransitionReason: "User initiated (2023-11-14 22:13:20 GMT)",
			StateReason: { Message: "Client.UserInitiatedShutdown: User initiated shutdown" },
		},
	]);
});

it("ages deaths and ends together with launches", async () => {
	const { client, world } = await setting({ deaths: [{ cause: "Server.InternalError", after: 60 }] });
	await client.send(launch());
	world.ageInstances(59);
	expect(world.live()).toHaveLength(1);
	world.ageInstances(1);
	expect(world.live()).toEqual([]);
	world.ageInstances(3600);
	expect(await described(client)).toEqual([]);
});
