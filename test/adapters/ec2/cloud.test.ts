import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openCloud } from "../../../src/adapters/ec2/open.ts";
import type { Attempt } from "../../../src/core/attempt.ts";
import type { Policy } from "../../../src/core/policy.ts";
import type { Order } from "../../../src/core/walk.ts";
import { FleetError } from "../../../src/errors.ts";
import { policy, typeConfig } from "../../core/facts.ts";
import { Ec2Endpoint } from "../../ec2-endpoint/endpoint.ts";
import { createWorld, threeZoneRegions, type World } from "../../ec2-endpoint/world.ts";

let endpoint: Ec2Endpoint;
let world: World;
const environment = { ...process.env };

beforeEach(async () => {
	world = createWorld({ regions: threeZoneRegions(["us-east-1", "us-west-2"]) });
	endpoint = await Ec2Endpoint.start(world);
	Object.assign(process.env, endpoint.environment);
});
afterEach(async () => {
	for (const name of Object.keys(endpoint.environment)) delete process.env[name];
	Object.assign(process.env, environment);
	await endpoint.close();
});

const clock = { now: () => world.now() };
const run = { id: "example/builds/1", url: "https://github.com/example/builds/actions/runs/1" };
const open = (overrides: Partial<Policy> = {}, options = {}) =>
	openCloud({ policy: policy(overrides), run, clock, certificates: null, ...options });

/** A deadline that does not come. */
const never = Number.POSITIVE_INFINITY;

const attempt = (overrides: Partial<Attempt> = {}): Attempt => ({
	lifecycle: "spot",
	region: "us-west-2",
	availabilityZone: "us-west-2a",
	subnetId: "subnet-us-west-2a",
	instanceType: "c6i.xlarge",
	imageId: "ami-0123456789abcdef0",
	maxPrice: 0.2,
	caps: [],
	...overrides,
});
const order = (overrides: Partial<Order> = {}): Order => ({
	pool: { mozType: "bld", slaveset: null },
	attempt: attempt(),
	count: 3,
	names: null,
	ordinal: 0,
	...overrides,
});
const query = {
	region: "us-west-2",
	mozTypes: ["bld"],
	subnetIds: ["subnet-us-west-2a"],
	spotProducts: [{ productDescription: "Linux/UNIX", instanceTypes: ["c6i.xlarge"] }],
};

describe("reading", () => {
	it("gives instances of every type and page, with what the tags say", async () => {
		for (let number = 0; number < 1100; number += 1) world.addInstance({ region: "us-west-2", mozType: "bld" });
		world.addInstance({
			region: "us-west-2",
			mozType: "tst",
			name: "tst-1",
			age: 300,
			lifecycle: "on-demand",
			tags: { "moz-loaned-to": "somebody", "moz-state": "pending" },
		});
		const { instances } = await open().fleet.read(query);
		expect(instances).toHaveLength(1101);
		expect(instances.find(({ name }) => name === "tst-1")).toMatchObject({
			region: "us-west-2",
			mozType: "tst",
			lifecycle: "on-demand",
			launchedAt: world.now() - 300,
			loaned: true,
			mozState: "pending",
		});
	});

	it("gives the prices of now, the free addresses, and the own images of the type", async () => {
		world = createWorld({
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
		await endpoint.close();
		endpoint = await Ec2Endpoint.start(world);
		Object.assign(process.env, endpoint.environment);
		const facts = await open().fleet.read(query);
		expect(facts.subnets).toEqual([
			{ subnetId: "subnet-us-west-2a", availabilityZone: "us-west-2a", freeAddresses: 7 },
		]);
		expect(facts.images.map(({ imageId }) => imageId)).toEqual(["ami-00000000000000001"]);
		expect(facts.spotPrices).toEqual([
			{ availabilityZone: "us-west-2a", instanceType: "c6i.xlarge", productDescription: "Linux/UNIX", price: 0.0712 },
		]);
	});

	it("asks for neither prices nor spot requests where no spot is wanted", async () => {
		await open().fleet.read({ ...query, spotProducts: [] });
		expect(Object.keys(endpoint.journal.counts()["us-west-2"] ?? {}).toSorted()).toEqual([
			"DescribeImages",
			"DescribeInstances",
			"DescribeSubnets",
		]);
	});

	it("fails as a whole when one call is denied, and says what to do", async () => {
		endpoint.faults.add({
			action: "DescribeImages",
			error: { code: "UnauthorizedOperation", status: 403, message: "You are not authorized." },
		});
		const failure = await open()
			.fleet.read(query)
			.catch((error: unknown) => error);
		expect(failure).toBeInstanceOf(FleetError);
		expect(failure).toMatchObject({
			code: "UnauthorizedOperation",
			message: expect.stringMatching(/images of us-west-2.*left out.*role's policy/),
		});
	});

	it.each(["before", "after"] as const)("outlives a connection that is reset %s the answer", async (reset) => {
		endpoint.faults.add({ action: "DescribeInstances", times: 1, reset });
		await expect(open().fleet.read(query)).resolves.toMatchObject({ region: "us-west-2" });
	});

	it("gives up on a region that does not answer", async () => {
		endpoint.faults.add({ action: "DescribeSubnets", hold: true });
		const cloud = open({}, { client: { requestTimeout: 50 } });
		await expect(cloud.fleet.read(query)).rejects.toThrow(/subnets of us-west-2/);
	});
});

describe("launching", () => {
	it("makes one call for the whole order, and says what the instances are", async () => {
		const cloud = open();
		const { launched, refusal } = await cloud.launcher.launch(order(), never);
		expect(refusal).toBeNull();
		expect(launched).toHaveLength(3);
		const [call, ...more] = endpoint.journal.calls("RunInstances");
		expect(more).toEqual([]);
		expect(call?.parameters).toMatchObject({ MinCount: "1", MaxCount: "3" });
		const [instance] = world.instances("us-west-2");
		expect(instance).toMatchObject({
			lifecycle: "spot",
			instanceType: "c6i.xlarge",
			availabilityZone: "us-west-2a",
			imageId: "ami-0123456789abcdef0",
			metadata: { httpTokens: "required", httpEndpoint: "enabled", tags: true },
		});
		const tags = {
			"moz-type": "bld",
			"moz-state": "ready",
			"moz-created": String(world.now()),
			"moz-run-url": run.url,
		};
		expect(instance?.tags).toEqual(tags);
		expect(instance?.volumeTags).toEqual(tags);
		expect(cloud.apiCalls()).toEqual({ "us-west-2": { RunInstances: 1 } });
	});

	it("launches on-demand without a bid", async () => {
		const { launched } = await open().launcher.launch(
			order({ attempt: attempt({ lifecycle: "on-demand", maxPrice: null }) }),
			never,
		);
		expect(launched).toHaveLength(3);
		expect(world.instances("us-west-2").every(({ lifecycle }) => lifecycle === "on-demand")).toBe(true);
		expect(endpoint.journal.calls("RunInstances")[0]?.flat).not.toHaveProperty("InstanceMarketOptions.MarketType");
	});

	it("names each instance of a batch, and a single one at its launch", async () => {
		const named = {
			types: {
				bld: {
					...typeConfig("bld", []),
					regions: {
						"us-west-2": {
							...typeConfig("bld", ["us-west-2"]).regions["us-west-2"],
							domain: "build.example",
						} as never,
					},
				},
			},
		};
		const { launcher } = open(named);
		const batch = await launcher.launch(order({ count: 2, names: ["bld-1", "bld-2"] }), never);
		const single = await launcher.launch(order({ count: 1, names: ["bld-3"], ordinal: 1 }), never);
		expect([...batch.launched, ...single.launched].map(({ name }) => name)).toEqual(["bld-1", "bld-2", "bld-3"]);
		expect(endpoint.journal.calls("CreateTags")).toHaveLength(2);
		const tags = world.instances("us-west-2").map((instance) => instance.tags);
		expect(tags.map((tag) => [tag["Name"], tag["FQDN"]])).toEqual([
			["bld-1", "bld-1.build.example"],
			["bld-2", "bld-2.build.example"],
			["bld-3", "bld-3.build.example"],
		]);
	});

	it("says which instance has no name when naming fails, and keeps it", async () => {
		endpoint.faults.add({ action: "CreateTags", times: 1, error: { code: "UnauthorizedOperation", status: 403 } });
		const outcome = await open().launcher.launch(order({ count: 2, names: ["bld-1", "bld-2"] }), never);
		expect(outcome.launched).toHaveLength(2);
		expect(outcome.launched.filter(({ name }) => name === null)).toHaveLength(1);
		expect(outcome.faults).toMatchObject([{ code: "UnauthorizedOperation", message: expect.stringContaining("i-") }]);
	});

	it("takes what a zone has, and reports what it lacks", async () => {
		world.setCapacity("us-west-2a", "c6i.xlarge", "spot", 2);
		const { launched, refusal } = await open().launcher.launch(order(), never);
		expect(launched).toHaveLength(2);
		expect(refusal).toMatchObject({ kind: "no-capacity" });
	});

	it.each([
		["InsufficientInstanceCapacity", 500, "no-capacity", 1],
		["SpotMaxPriceTooLow", 400, "no-price", 1],
		["MaxSpotInstanceCountExceeded", 400, "limit", 1],
		["VcpuLimitExceeded", 400, "limit", 1],
		["InsufficientFreeAddressesInSubnet", 400, "no-address", 1],
		["UnauthorizedOperation", 403, "rejected", 1],
		["InvalidParameterValue", 400, "rejected", 1],
		["IdempotentParameterMismatch", 400, "unknown", 1],
		["RequestLimitExceeded", 503, "rejected", 3],
		["InternalError", 500, "unknown", 3],
	] as const)("takes %s (HTTP %i) for %s after %i calls", async (code, status, kind, calls) => {
		endpoint.faults.add({ action: "RunInstances", error: { code, status, message: "no" } });
		const outcome = await open().launcher.launch(order(), never);
		expect(outcome).toMatchObject({ launched: [], refusal: { kind, code } });
		expect(endpoint.journal.calls("RunInstances")).toHaveLength(calls);
	});

	it("launches once when the answer of a launch is lost", async () => {
		endpoint.faults.add({ action: "RunInstances", times: 1, reset: "after" });
		const { launched, refusal } = await open().launcher.launch(order(), never);
		expect(refusal).toBeNull();
		expect(launched).toHaveLength(3);
		expect(world.instances("us-west-2")).toHaveLength(3);
	});

	it("launches once for the same order of the same run, and anew for another run or ordinal", async () => {
		const again = (id: string, ordinal = 0) =>
			openCloud({ policy: policy(), run: { id, url: null }, clock, certificates: null }).launcher.launch(
				order({ ordinal }),
				never,
			);
		await again("1");
		await again("1");
		expect(world.instances("us-west-2")).toHaveLength(3);
		await again("1", 1);
		await again("2");
		expect(world.instances("us-west-2")).toHaveLength(9);
	});

	it("does not add to an order that a run has made before with another count", async () => {
		await open().launcher.launch(order(), never);
		const { refusal } = await open().launcher.launch(order({ count: 5 }), never);
		expect(refusal).toMatchObject({ kind: "unknown", code: "IdempotentParameterMismatch" });
		expect(world.instances("us-west-2")).toHaveLength(3);
	});
});
