/**
 * Quotas and capacity. `MinCount` and `MaxCount` of `RunInstances` in the EC2 API Reference: EC2 launches as many as
 * capacity allows, but at least the minimum. That a quota refuses the whole request, even if the minimum would fit, is
 * what accounts see; the reference does not say it, so treat it as unsure. Codes: "Error codes for the Amazon EC2 API".
 */
import { afterEach, expect, it } from "vitest";
import { closeAll, codeOf, launch, refusalOf, setting, spot } from "./setting.ts";

afterEach(closeAll);

it("VcpuLimitExceeded refuses all of 5 if only 4 fit", async () => {
	const { client, world } = await setting({ quotas: { onDemandVcpus: 16 } });
	expect(await refusalOf(client.send(launch({ MaxCount: 5 })))).toMatchObject({
		code: "VcpuLimitExceeded",
		status: 400,
		message: expect.stringContaining("your current vCPU limit of 16 allows"),
	});
	expect(world.instances()).toEqual([]);
	expect((await client.send(launch({ MaxCount: 4 }))).Instances).toHaveLength(4);
	expect(await codeOf(client.send(launch()))).toBe("VcpuLimitExceeded");
	expect((await client.send(launch(spot))).Instances).toHaveLength(1);
});

it("MaxSpotInstanceCountExceeded refuses spot only, and a terminated instance frees its share", async () => {
	const { client, world } = await setting({ quotas: { spotVcpus: 8 } });
	expect(await codeOf(client.send(launch({ ...spot, InstanceType: "c6i.4xlarge" })))).toBe(
		"MaxSpotInstanceCountExceeded",
	);
	const { Instances } = await client.send(launch({ ...spot, MaxCount: 2 }));
	expect(await codeOf(client.send(launch({ ...spot, InstanceType: "c6i.large" })))).toBe(
		"MaxSpotInstanceCountExceeded",
	);
	expect((await client.send(launch())).Instances).toHaveLength(1);
	world.terminate(Instances?.[0]?.InstanceId ?? "");
	expect((await client.send(launch(spot))).Instances).toHaveLength(1);
});

it("InstanceLimitExceeded counts both lifecycles of one region", async () => {
	const { client, connect } = await setting({ quotas: { instances: 2 } });
	await client.send(launch(spot));
	expect(await codeOf(client.send(launch({ MaxCount: 2 })))).toBe("InstanceLimitExceeded");
	await client.send(launch());
	await connect("us-east-1").send(launch({ SubnetId: "subnet-us-east-1a" }));
});

it("launches part of a request with a minimum of 1 if capacity is short", async () => {
	const { client } = await setting({}, { defaultCapacity: 3 });
	expect((await client.send(launch({ MaxCount: 5 }))).Instances).toHaveLength(3);
	expect(await codeOf(client.send(launch({ MaxCount: 5 })))).toBe("InsufficientInstanceCapacity");
});
