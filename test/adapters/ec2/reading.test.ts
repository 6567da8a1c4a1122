/** Reading a region over a socket. */
import { describe, expect, it } from "vitest";
import { FleetError } from "../../../src/errors.ts";
import { QUERY, useCloud } from "./cloud.ts";

const cloud = useCloud();

it("reads instances of every type from every page, with what their tags say", async () => {
	for (let number = 0; number < 1100; number += 1) cloud.world.addInstance({ region: "us-west-2", mozType: "bld" });
	cloud.world.addInstance({
		region: "us-west-2",
		mozType: "tst",
		name: "tst-1",
		age: 300,
		lifecycle: "on-demand",
		tags: { "moz-loaned-to": "somebody", "moz-state": "pending" },
	});
	const { instances } = await cloud.read();
	expect(instances).toHaveLength(1101);
	expect(instances.find(({ name }) => name === "tst-1")).toMatchObject({
		region: "us-west-2",
		mozType: "tst",
		lifecycle: "on-demand",
		launchedAt: cloud.world.now() - 300,
		loaned: true,
		mozState: "pending",
	});
});

it("reads every page behind an empty one", async () => {
	await cloud.start({}, { emptyPages: true });
	cloud.world.addInstance({ region: "us-west-2", mozType: "bld" });
	expect((await cloud.read()).instances).toHaveLength(1);
});

it("reads current prices, free addresses, and the account's images of the type", async () => {
	await cloud.start({
		regions: {
			"us-west-2": {
				subnets: [{ subnetId: "subnet-us-west-2a", availabilityZone: "us-west-2a", freeAddresses: 7 }],
				spotPrices: [
					{ instanceType: "c6i.xlarge", availabilityZone: "us-west-2a", price: 0.0712 },
					{ instanceType: "m6i.xlarge", availabilityZone: "us-west-2a", price: 0.08 },
				],
				images: [
					{ imageId: "ami-00000000000000001", mozType: "bld", name: "spot-bld-1" },
					{ imageId: "ami-00000000000000002", mozType: "bld", name: "golden-bld" },
					{ imageId: "ami-00000000000000003", mozType: "tst", name: "spot-tst" },
					{ imageId: "ami-00000000000000004", mozType: "bld", name: "spot-bld-2", own: false },
				],
			},
		},
	});
	const facts = await cloud.read();
	expect(facts.subnets).toEqual([{ subnetId: "subnet-us-west-2a", availabilityZone: "us-west-2a", freeAddresses: 7 }]);
	expect(facts.images).toMatchObject([
		{ imageId: "ami-00000000000000001", mozType: "bld", devices: [{ deviceName: "/dev/sda1", size: 8 }] },
	]);
	expect(facts.spotPrices).toEqual([
		{ availabilityZone: "us-west-2a", instanceType: "c6i.xlarge", productDescription: "Linux/UNIX", price: 0.0712 },
	]);
});

it("reads when the status of a spot request changed, however long ago the request was made", async () => {
	const machine = { region: "us-west-2", lifecycle: "spot", instanceType: "c6i.xlarge" } as const;
	const { instanceId } = cloud.world.addInstance({ ...machine, age: 3600 });
	cloud.world.addInstance({ ...machine, age: 60 });
	cloud.world.terminate(instanceId, "Server.SpotInstanceTermination");
	const now = cloud.world.now();
	const request = { availabilityZone: "us-west-2a", instanceType: "c6i.xlarge" };
	expect((await cloud.read()).spotRequests).toEqual([
		{ ...request, createdAt: now - 3600, statusCode: "instance-terminated-no-capacity", statusAt: now },
		{ ...request, createdAt: now - 60, statusCode: "fulfilled", statusAt: now - 60 },
	]);
});

it("reads a spot request whose status has no time", async () => {
	const request = { availabilityZone: "us-west-2a", instanceType: "c6i.xlarge", statusAt: null };
	cloud.world.addSpotRequest("us-west-2", { ...request, statusCode: "instance-terminated-no-capacity" });
	expect((await cloud.read()).spotRequests).toMatchObject([request]);
});

it("reads neither prices nor spot requests if no type uses spot", async () => {
	await cloud.read({ spotProducts: [] });
	expect(Object.keys(cloud.endpoint.journal.counts()["us-west-2"] ?? {}).toSorted()).toEqual([
		"DescribeImages",
		"DescribeInstances",
		"DescribeSubnets",
	]);
});

it("fails as a whole if one call is denied, and says what to do", async () => {
	cloud.endpoint.faults.add({
		action: "DescribeImages",
		error: { code: "UnauthorizedOperation", status: 403, message: "You are not authorized." },
	});
	const failure = await cloud.read().catch((error: unknown) => error);
	expect(failure).toBeInstanceOf(FleetError);
	expect(failure).toMatchObject({
		code: "UnauthorizedOperation",
		message: expect.stringMatching(/images of us-west-2.*is skipped.*role's policy/),
	});
	expect(cloud.calls("DescribeImages")).toHaveLength(1);
});

describe("the error of a region that can't be read completely", () => {
	const denied = { error: { code: "UnauthorizedOperation", status: 403 } };

	it.each([
		["DescribeSubnets", 1_001],
		["DescribeImages", 1],
		["DescribeSpotPriceHistory", 1],
		["DescribeSpotInstanceRequests", 0],
	])("has the instances of all pages if %s is denied (%i)", async (action, count) => {
		cloud.skew = -100;
		for (let index = 0; index < count; index += 1) cloud.world.addInstance({ region: "us-west-2", mozType: "bld" });
		const tags = { "moz-created": "1" };
		const { instanceId } = cloud.world.addInstance({ region: "us-west-2", mozType: "bld", tags });
		cloud.world.terminate(instanceId, "Client.UserInitiatedShutdown");
		cloud.endpoint.faults.add({ action, ...denied });
		const error = await cloud.read().catch((thrown: unknown) => thrown);
		if (!(error instanceof FleetError)) throw error;
		expect(error.code).toBe("UnauthorizedOperation");
		expect(error.machines).toMatchObject({ region: "us-west-2", role: null, clockOffset: 100 });
		expect(error.machines?.instances).toHaveLength(count);
		expect(error.machines?.terminated.map((one) => one.instanceId)).toEqual([instanceId]);
	});

	it("has none if they can't be read either, since unknown is not none", async () => {
		for (const action of ["DescribeInstances", "DescribeSubnets"]) cloud.endpoint.faults.add({ action, ...denied });
		await expect(cloud.read()).rejects.toMatchObject({ code: "UnauthorizedOperation", machines: null });
	});
});

it.each(["before", "after"] as const)("reads again after a connection is reset %s the answer", async (reset) => {
	cloud.endpoint.faults.add({ action: "DescribeInstances", times: 1, reset });
	await expect(cloud.read()).resolves.toMatchObject({ region: "us-west-2" });
});

it("reads again if EC2 throttles", async () => {
	cloud.endpoint.faults.add({ action: "DescribeInstances", times: 3, throttle: true });
	await expect(cloud.read()).resolves.toMatchObject({ region: "us-west-2" });
});

it.each(["before-headers", "after-headers", "drip"] as const)(
	"gives up on a region whose answers stall (%s), after four tries",
	async (stall) => {
		cloud.endpoint.faults.add({ action: "DescribeSubnets", stall });
		const opened = cloud.open({ client: { requestTimeout: 50 } });
		await expect(cloud.read(QUERY, opened)).rejects.toMatchObject({
			code: "TimeoutError",
			message: expect.stringMatching(/subnets of us-west-2.*no whole answer within 0.05 s/),
		});
		expect(opened.apiCalls()).toMatchObject({ "us-west-2": { DescribeSubnets: 4 } });
	},
);

it("reads the instances of ours that ended, with EC2's reason and time, apart from those that exist", async () => {
	const ours = { region: "us-west-2", mozType: "bld", tags: { "moz-created": "1" } };
	const failed = cloud.world.addInstance(ours);
	cloud.world.terminate(failed.instanceId, "Server.InternalError");
	const foreign = cloud.world.addInstance({ region: "us-west-2", mozType: "bld" });
	cloud.world.terminate(foreign.instanceId, "Server.InternalError");
	const running = cloud.world.addInstance(ours);
	const { instances, terminated } = await cloud.read();
	expect(instances.map(({ instanceId }) => instanceId)).toEqual([running.instanceId]);
	expect(terminated).toMatchObject([
		{ instanceId: failed.instanceId, mozType: "bld", reason: { code: "Server.InternalError" } },
	]);
});
