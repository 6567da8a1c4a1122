/** Naming over a socket: new instances, which EC2 does not know everywhere at once, and adopted ones. */
import { describe, expect, it } from "vitest";
import { typeConfig } from "../../core/facts.ts";
import { names, useCloud } from "./cloud.ts";

const cloud = useCloud();
const nameTags = () => cloud.running().map(({ tags }) => tags["Name"]);

it("names each instance of a batch after the launch, and a single one with the launch", async () => {
	const type = typeConfig("bld", ["us-west-2"]);
	const regions = Object.fromEntries(
		Object.entries(type.regions).map(([name, config]) => [name, { ...config, domain: "build.example" }]),
	);
	const opened = cloud.open({ policy: { types: { bld: { ...type, regions } } } });
	const batch = await cloud.launch({ count: 2, names: ["bld-1", "bld-2"] }, 240, opened);
	const single = await cloud.launch({ count: 1, names: ["bld-3"], ordinal: 1 }, 240, opened);
	expect([...batch.launched, ...single.launched].map(({ name }) => name)).toEqual(names(3));
	expect(cloud.calls("CreateTags")).toHaveLength(2);
	expect(cloud.running().map(({ tags }) => [tags["Name"], tags["FQDN"]])).toEqual([
		["bld-1", "bld-1.build.example"],
		["bld-2", "bld-2.build.example"],
		["bld-3", "bld-3.build.example"],
	]);
});

it("names the last instance of a request in parts", async () => {
	cloud.region().quotas = { instances: 3 };
	const { launched } = await cloud.launch({ count: 6, names: names(6) });
	expect(launched.map(({ name }) => name)).toEqual(names(3));
	expect(nameTags()).toEqual(names(3));
});

it("keeps an instance whose naming fails, and says which has no name", async () => {
	cloud.endpoint.faults.add({ action: "CreateTags", times: 1, error: { code: "UnauthorizedOperation", status: 403 } });
	const { launched, namingFailures } = await cloud.launch({ count: 2, names: names(2) });
	expect(launched).toHaveLength(2);
	expect(launched.filter(({ name }) => name === null)).toHaveLength(1);
	expect(namingFailures).toMatchObject([
		{ code: "UnauthorizedOperation", message: expect.stringMatching(/^Naming i-.* runs without a name/) },
	]);
});

it("names an instance without a name", async () => {
	const { instanceId } = cloud.world.addInstance({ region: "us-west-2", mozType: "bld" });
	const adoption = { region: "us-west-2", role: null, instanceId, mozType: "bld", name: "bld-007", isGiven: false };
	expect(await cloud.open().launcher.adopt(adoption, cloud.now() + 240)).toEqual([]);
	expect(nameTags()).toEqual(["bld-007"]);
});

it("does not wait for an old instance that EC2 does not know", async () => {
	const adoption = {
		region: "us-west-2",
		role: null,
		instanceId: "i-0",
		mozType: "bld",
		name: "bld-007",
		isGiven: false,
	};
	const [failure] = await cloud.open().launcher.adopt(adoption, cloud.now() + 240);
	expect(failure).toMatchObject({ code: expect.stringMatching(/^InvalidInstanceID/) });
	expect(cloud.timer.now()).toBe(0);
});

describe("instances that EC2 does not know yet", () => {
	const untaggable = (bounds: { readonly calls?: number; readonly seconds?: number }) => {
		cloud.region().consistency = { untaggable: bounds };
	};

	it("all get their names, 100 with one NotFound each", async () => {
		untaggable({ calls: 1 });
		const { launched, namingFailures } = await cloud.launch({ count: 100, names: names(100) });
		expect(namingFailures).toEqual([]);
		expect(launched.map(({ name }) => name)).toEqual(names(100));
		expect(new Set(nameTags())).toEqual(new Set(names(100)));
	});

	it("get their names as soon as EC2 knows them", async () => {
		untaggable({ seconds: 15 });
		expect((await cloud.launch({ count: 2, names: names(2) })).namingFailures).toEqual([]);
		// Pauses of 0.5, 1, 2, 4, and 8 seconds, and perhaps of another 8.
		expect(cloud.timer.now()).toBeGreaterThanOrEqual(15_000);
		expect(cloud.timer.now()).toBeLessThan(24_000);
		expect(cloud.calls("CreateTags").length).toBeLessThanOrEqual(14);
	});

	it("are given up on after 30 seconds", async () => {
		untaggable({ seconds: 100 });
		const { launched, namingFailures } = await cloud.launch({ count: 2, names: names(2) });
		expect(launched.map(({ name }) => name)).toEqual([null, null]);
		expect(namingFailures.map(({ code }) => code)).toEqual([
			"InvalidInstanceID.NotFound",
			"InvalidInstanceID.NotFound",
		]);
		expect(cloud.timer.now()).toBeLessThanOrEqual(30_000);
	});

	it("do not use up the tries for other failures", async () => {
		untaggable({ calls: 4 });
		cloud.endpoint.faults.add({ action: "CreateTags", times: 4, reset: "before" });
		expect((await cloud.launch({ count: 2, names: names(2) })).namingFailures).toEqual([]);
	});
});

it("ends within 20 seconds after the deadline, however EC2 throttles", async () => {
	cloud.endpoint.faults.add({ action: "CreateTags", throttle: true });
	const { launched, namingFailures } = await cloud.launch({ count: 200, names: names(200) }, 30);
	expect(launched).toHaveLength(200);
	expect(namingFailures).toHaveLength(200);
	expect(cloud.timer.now()).toBeLessThanOrEqual(50_000);
});

it("names what was launched at the deadline", async () => {
	cloud.endpoint.faults.add({ action: "CreateTags", times: 2, throttle: true });
	const { namingFailures } = await cloud.launch({ count: 2, names: names(2) }, 1);
	expect(namingFailures).toEqual([]);
});
