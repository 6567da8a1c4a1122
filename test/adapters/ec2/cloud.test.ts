import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openCloud } from "../../../src/adapters/ec2/open.ts";
import { parseUserData } from "../../../src/config/user-data.ts";
import type { LaunchRequest } from "../../../src/core/launch/refusal.ts";
import type { Policy } from "../../../src/core/model/policy.ts";
import { CertificateError, DatabaseError, FleetError } from "../../../src/errors.ts";
import type { Certificates } from "../../../src/tick/ports.ts";
import { placement, policy, typeConfig } from "../../core/facts.ts";
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

const clock = { now: () => world.now(), elapsed: () => 0 };
const run = { id: "example/builds/1", url: "https://github.com/example/builds/actions/runs/1" };
const open = (overrides: Partial<Policy> = {}, options = {}) =>
	openCloud({ policy: policy(overrides), run, clock, certificates: null, ...options });

/** A deadline that does not come. */
const never = Number.POSITIVE_INFINITY;
const lockHeld = async () => {};

const request = (overrides: Partial<LaunchRequest> = {}): LaunchRequest => ({
	pool: { mozType: "bld", slaveset: null },
	placement: placement(),
	count: 3,
	names: null,
	ordinal: 0,
	...overrides,
});
const query = {
	region: "us-west-2",
	role: null,
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
		expect(facts.images).toMatchObject([
			{ imageId: "ami-00000000000000001", mozType: "bld", devices: [{ deviceName: "/dev/sda1", size: 8 }] },
		]);
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
		const { launched, refusal } = await cloud.launcher.launch(request(), never, lockHeld);
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
			request({ placement: placement({ lifecycle: "on-demand", maxPrice: null }) }),
			never,
			lockHeld,
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
		const batch = await launcher.launch(request({ count: 2, names: ["bld-1", "bld-2"] }), never, lockHeld);
		const single = await launcher.launch(request({ count: 1, names: ["bld-3"], ordinal: 1 }), never, lockHeld);
		expect([...batch.launched, ...single.launched].map(({ name }) => name)).toEqual(["bld-1", "bld-2", "bld-3"]);
		expect(endpoint.journal.calls("CreateTags")).toHaveLength(2);
		const tags = world.instances("us-west-2").map((instance) => instance.tags);
		expect(tags.map((tag) => [tag["Name"], tag["FQDN"]])).toEqual([
			["bld-1", "bld-1.build.example"],
			["bld-2", "bld-2.build.example"],
			["bld-3", "bld-3.build.example"],
		]);
	});

	describe("with user data", () => {
		const withUserData = (text: string, certificates: Certificates | null = null) => {
			const { template } = parseUserData(text, "bld.user-data");
			const types = { bld: { ...typeConfig("bld", ["us-west-2"], "bld-%03d"), userData: template } };
			return open({ types }, { certificates }).launcher;
		};
		const userDataOf = () =>
			world.instances("us-west-2").map(({ userData }) => Buffer.from(userData ?? "", "base64").toString());

		it("that is the same for all, launches all at once", async () => {
			await withUserData("{moz_instance_type} in {region_dns_atom}").launch(request(), never, lockHeld);
			expect(userDataOf()).toEqual(Array.from({ length: 3 }, () => "bld in usw2"));
			expect(endpoint.journal.calls("RunInstances")).toHaveLength(1);
		});

		it("of each its own, launches one after another, each with its name", async () => {
			const names = ["bld-1", "bld-2", "bld-3"];
			const { launched } = await withUserData("I am {fqdn}, {password}").launch(request({ names }), never, lockHeld);
			expect(launched.map(({ name }) => name)).toEqual(names);
			expect(userDataOf().map((text) => text.split(",")[0])).toEqual(names.map((name) => `I am ${name}`));
			expect(new Set(userDataOf().map((text) => text.split(", ")[1])).size).toBe(3);
			expect(world.instances("us-west-2").map(({ tags }) => tags["Name"])).toEqual(names);
			expect(endpoint.journal.calls("CreateTags")).toHaveLength(0);
		});

		it("of each its own, asks no more where one was refused", async () => {
			world.setCapacity("us-west-2a", "c6i.xlarge", "spot", 1);
			const names = ["bld-1", "bld-2", "bld-3"];
			const { launched, refusal } = await withUserData("{hostname}").launch(request({ names }), never, lockHeld);
			expect(launched.map(({ name }) => name)).toEqual(["bld-1"]);
			expect(refusal).toMatchObject({ kind: "no-capacity" });
			expect(endpoint.journal.calls("RunInstances")).toHaveLength(2);
		});

		it("that wants a certificate that cannot be had, launches the others, and says so", async () => {
			const certificates: Certificates = {
				get: async (fqdn) => {
					if (fqdn === "bld-1") throw new CertificateError("no certificate of bld-1");
					return `certificate of ${fqdn}`;
				},
			};
			const { launched, refusal } = await withUserData("{certs}", certificates).launch(
				request({ count: 2, names: ["bld-1", "bld-2"] }),
				never,
				lockHeld,
			);
			expect(launched.map(({ name }) => name)).toEqual(["bld-2"]);
			expect(userDataOf()).toEqual(["certificate of bld-2"]);
			expect(refusal).toMatchObject({ code: "no-certificate", message: "no certificate of bld-1" });
		});

		it("that grew too long is not asked for", async () => {
			const certificates: Certificates = { get: async () => "x".repeat(16_385) };
			const { refusal } = await withUserData("{certs}", certificates).launch(
				request({ names: ["a", "b", "c"] }),
				never,
				lockHeld,
			);
			expect(refusal).toMatchObject({ kind: "rejected", code: "user-data-too-long" });
			expect(endpoint.journal.calls("RunInstances")).toHaveLength(0);
		});
	});

	it("begins nothing when the time is over", async () => {
		const { launched, refusal } = await open().launcher.launch(request(), world.now(), lockHeld);
		expect(launched).toEqual([]);
		expect(refusal).toMatchObject({ kind: "timeout" });
		expect(endpoint.journal.calls()).toHaveLength(0);
	});

	it("makes no call, nor tries one again, once the lock is lost", async () => {
		const lost = new DatabaseError("lock-lost", "The lock was lost.");
		const confirmations: (() => Promise<void>)[] = [lockHeld];
		const confirmLock = async () => {
			await (confirmations.shift() ?? (() => Promise.reject(lost)))();
		};
		endpoint.faults.add({ action: "RunInstances", error: { status: 503, code: "Unavailable", message: "try again" } });
		const { launched, refusal } = await open().launcher.launch(request(), never, confirmLock);
		expect(launched).toEqual([]);
		expect(refusal).toMatchObject({ kind: "lock-lost", code: "lock-lost" });
		expect(endpoint.journal.calls("RunInstances")).toHaveLength(1);
	});

	it.each([
		[{ idOrName: "lt-0123456789abcdef0", version: "7" }, { "LaunchTemplate.LaunchTemplateId": "lt-0123456789abcdef0" }],
		[{ idOrName: "builders", version: "7" }, { "LaunchTemplate.LaunchTemplateName": "builders" }],
	])("is based on the launch template %j, which it overrides", async (launchTemplate, expected) => {
		const type = typeConfig("bld", ["us-west-2"]);
		const regions = Object.fromEntries(
			Object.entries(type.regions).map(([name, config]) => [name, { ...config, launchTemplate }]),
		);
		await open({ types: { bld: { ...type, regions } } }).launcher.launch(request(), never, lockHeld);
		expect(endpoint.journal.calls("RunInstances")[0]?.flat).toMatchObject({
			...expected,
			"LaunchTemplate.Version": "7",
			ImageId: "ami-0123456789abcdef0",
			InstanceType: "c6i.xlarge",
		});
	});

	it("gives a nameless machine its name", async () => {
		const { instanceId } = world.addInstance({ region: "us-west-2", mozType: "bld" });
		const adoption = { region: "us-west-2", role: null, instanceId, mozType: "bld", name: "bld-007" };
		expect(await open().launcher.adopt(adoption)).toEqual([]);
		expect(world.instances("us-west-2")[0]?.tags["Name"]).toBe("bld-007");
	});

	it("hears where EC2 says that there is capacity", async () => {
		endpoint.faults.add({
			action: "RunInstances",
			error: {
				code: "InsufficientInstanceCapacity",
				status: 500,
				message:
					"We currently do not have sufficient c6i.xlarge capacity in the Availability Zone you requested (us-west-2a). Our system will be working on provisioning additional capacity. You can currently get c6i.xlarge capacity by not specifying an Availability Zone in your request or choosing us-west-2b, us-west-2c.",
			},
		});
		const { refusal } = await open().launcher.launch(request(), never, lockHeld);
		expect(refusal?.suggestedZones).toEqual(["us-west-2b", "us-west-2c"]);
	});

	it("says which instance has no name when naming fails, and keeps it", async () => {
		endpoint.faults.add({ action: "CreateTags", times: 1, error: { code: "UnauthorizedOperation", status: 403 } });
		const outcome = await open().launcher.launch(request({ count: 2, names: ["bld-1", "bld-2"] }), never, lockHeld);
		expect(outcome.launched).toHaveLength(2);
		expect(outcome.launched.filter(({ name }) => name === null)).toHaveLength(1);
		expect(outcome.namingFailures).toMatchObject([
			{ code: "UnauthorizedOperation", message: expect.stringContaining("i-") },
		]);
	});

	it("takes what a zone has, and reports what it lacks", async () => {
		world.setCapacity("us-west-2a", "c6i.xlarge", "spot", 2);
		const { launched, refusal } = await open().launcher.launch(request(), never, lockHeld);
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
		const outcome = await open().launcher.launch(request(), never, lockHeld);
		expect(outcome).toMatchObject({ launched: [], refusal: { kind, code } });
		expect(endpoint.journal.calls("RunInstances")).toHaveLength(calls);
	});

	it.each([
		["InvalidAMIID.NotFound", "ami"],
		["InvalidSubnetID.NotFound", "subnet_ids"],
		["InvalidGroup.NotFound", "security_group_ids"],
		["InvalidKeyPair.NotFound", "ssh_key"],
		["InvalidBlockDeviceMapping", "device_map"],
		["InvalidLaunchTemplateId.NotFound", "launch_template"],
	])("says of %s which key of the type's file to correct", async (code, key) => {
		endpoint.faults.add({ action: "RunInstances", error: { code, message: "it does not exist" } });
		const { refusal } = await open().launcher.launch(request(), never, lockHeld);
		expect(refusal?.message).toMatch(new RegExp(`failed: it does not exist\\. Check ${key} in the type's file`));
	});

	it("launches once when the answer of a launch is lost", async () => {
		endpoint.faults.add({ action: "RunInstances", times: 1, reset: "after" });
		const { launched, refusal } = await open().launcher.launch(request(), never, lockHeld);
		expect(refusal).toBeNull();
		expect(launched).toHaveLength(3);
		expect(world.instances("us-west-2")).toHaveLength(3);
	});

	it("launches once for the same order of the same run, and anew for another run or ordinal", async () => {
		const again = (id: string, ordinal = 0) =>
			openCloud({ policy: policy(), run: { id, url: null }, clock, certificates: null }).launcher.launch(
				request({ ordinal }),
				never,
				lockHeld,
			);
		await again("1");
		await again("1");
		expect(world.instances("us-west-2")).toHaveLength(3);
		await again("1", 1);
		await again("2");
		expect(world.instances("us-west-2")).toHaveLength(9);
	});

	it("does not add to an order that a run has made before with another count", async () => {
		await open().launcher.launch(request(), never, lockHeld);
		const { refusal } = await open().launcher.launch(request({ count: 5 }), never, lockHeld);
		expect(refusal).toMatchObject({ kind: "unknown", code: "IdempotentParameterMismatch" });
		expect(world.instances("us-west-2")).toHaveLength(3);
	});
});
