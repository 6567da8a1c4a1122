/** Launching over a socket: what is sent, and what comes of it. */
import { describe, expect, it } from "vitest";
import { parseUserData } from "../../../src/config/user-data.ts";
import { CertificateError, DatabaseError } from "../../../src/errors.ts";
import type { Certificates } from "../../../src/tick/ports.ts";
import { placement, typeConfig } from "../../core/facts.ts";
import { launchRequest, names, RUN, useCloud } from "./cloud.ts";

const cloud = useCloud();

it("launches a whole request in one call", async () => {
	const opened = cloud.open();
	const { launched, refusal } = await cloud.launch({}, 240, opened);
	expect(refusal).toBeNull();
	expect(launched).toHaveLength(3);
	const [call, ...more] = cloud.calls("RunInstances");
	expect(more).toEqual([]);
	expect(call?.parameters).toMatchObject({ MinCount: "1", MaxCount: "3" });
	const [instance] = cloud.running();
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
		"moz-created": String(cloud.world.now()),
		"moz-run-url": RUN.url,
	};
	expect(instance?.tags).toEqual(tags);
	expect(instance?.volumeTags).toEqual(tags);
	expect(opened.apiCalls()).toEqual({ "us-west-2": { RunInstances: 1 } });
});

it("launches on demand without a bid", async () => {
	const { launched } = await cloud.launch({ placement: placement({ lifecycle: "on-demand", maxPrice: null }) });
	expect(launched).toHaveLength(3);
	expect(cloud.running().every(({ lifecycle }) => lifecycle === "on-demand")).toBe(true);
	expect(cloud.calls("RunInstances")[0]?.flat).not.toHaveProperty("InstanceMarketOptions.MarketType");
});

it.each([
	[null, "true"],
	[true, "true"],
	[false, "false"],
])(
	"deletes a volume with its instance unless the type's file forbids it (%s)",
	async (deleteOnTermination, expected) => {
		const device = {
			deviceName: "/dev/sdb",
			size: 8,
			volumeType: null,
			iops: null,
			throughput: null,
			encrypted: null,
			deleteOnTermination,
			ephemeralName: null,
		};
		await cloud.launch({ placement: placement({ devices: [device] }) });
		expect(cloud.calls("RunInstances")[0]?.flat).toHaveProperty(
			["BlockDeviceMapping.1.Ebs.DeleteOnTermination"],
			expected,
		);
	},
);

describe("with user data", () => {
	const withUserData = (text: string, certificates?: Certificates) => {
		const { template } = parseUserData(text, "bld.user-data");
		const types = { bld: { ...typeConfig("bld", ["us-west-2"], "bld-%03d"), userData: template } };
		return cloud.open({ policy: { types }, ...(certificates === undefined ? {} : { certificates }) });
	};
	const userData = () => cloud.running().map((one) => Buffer.from(one.userData ?? "", "base64").toString());

	it("launches all at once if it is the same for all", async () => {
		await cloud.launch({}, 240, withUserData("{moz_instance_type} in {region_dns_atom}"));
		expect(userData()).toEqual(Array.from({ length: 3 }, () => "bld in usw2"));
		expect(cloud.calls("RunInstances")).toHaveLength(1);
	});

	it("launches one by one, each with its name, if each has its own", async () => {
		const { launched } = await cloud.launch({ names: names(3) }, 240, withUserData("I am {fqdn}, {password}"));
		expect(launched.map(({ name }) => name)).toEqual(names(3));
		const tags = new Map(cloud.running().map(({ instanceId, tags }) => [instanceId, tags["Name"]]));
		expect(launched.map(({ instanceId }) => tags.get(instanceId ?? ""))).toEqual(names(3));
		expect(
			userData()
				.map((text) => text.split(",")[0])
				.toSorted(),
		).toEqual(names(3).map((name) => `I am ${name}`));
		expect(new Set(userData().map((text) => text.split(", ")[1])).size).toBe(3);
		expect(cloud.calls("CreateTags")).toHaveLength(0);
	});

	it("launches a burst at once if each has its own, then at the rate of EC2's bucket", async () => {
		const now = () => 1_700_000_000 + cloud.timer.now() / 1000;
		await cloud.start({ rateLimits: true, now });
		const { launched, refusal } = await cloud.launch({ count: 50, names: names(50) }, 240, withUserData("{hostname}"));
		expect(refusal).toBeNull();
		expect(launched.map(({ name }) => name)).toEqual(names(50));
		expect(cloud.calls("RunInstances")).toHaveLength(50);
		expect(cloud.timer.now()).toBeCloseTo((1000 * 46) / 1.95);
	});

	it("stops at the first refusal if each has its own, after a few calls more", async () => {
		cloud.world.setCapacity("us-west-2a", "c6i.xlarge", "spot", 1);
		const opened = withUserData("{hostname}");
		const { launched, refusal } = await cloud.launch({ count: 50, names: names(50) }, 240, opened);
		expect(launched).toHaveLength(1);
		expect(cloud.running().map(({ tags }) => tags["Name"])).toEqual(launched.map(({ name }) => name));
		expect(refusal).toMatchObject({ kind: "no-capacity" });
		expect(cloud.calls("RunInstances").length).toBeLessThanOrEqual(5);
		// Calls that were stopped while they waited leave their turns to others.
		await cloud.launch({ count: 1, ordinal: 1, placement: placement({ availabilityZone: "us-west-2b" }) }, 240, opened);
		expect(cloud.timer.now()).toBeLessThanOrEqual(1100);
	});

	it("launches the others if one has no certificate, and reports it", async () => {
		const certificates: Certificates = {
			get: async (fqdn) => {
				if (fqdn === "bld-1") throw new CertificateError("no certificate of bld-1");
				return `certificate of ${fqdn}`;
			},
		};
		const opened = withUserData("{certs}", certificates);
		const { launched, refusal } = await cloud.launch({ count: 2, names: names(2) }, 240, opened);
		expect(launched.map(({ name }) => name)).toEqual(["bld-2"]);
		expect(userData()).toEqual(["certificate of bld-2"]);
		expect(refusal).toMatchObject({ code: "no-certificate", message: "no certificate of bld-1" });
	});

	it("sends nothing if it is too long", async () => {
		const certificates: Certificates = { get: async () => "x".repeat(16_385) };
		const { refusal } = await cloud.launch({ names: names(3) }, 240, withUserData("{certs}", certificates));
		expect(refusal).toMatchObject({ kind: "rejected", code: "user-data-too-long" });
		expect(cloud.calls("RunInstances")).toHaveLength(0);
	});
});

it("sends nothing after the deadline", async () => {
	const { launched, refusal } = await cloud.launch({}, 0);
	expect(launched).toEqual([]);
	expect(refusal).toMatchObject({ kind: "timeout", scope: "tick" });
	expect(cloud.endpoint.journal.calls()).toHaveLength(0);
});

it.each([
	[{ idOrName: "lt-0123456789abcdef0", version: "7" }, { "LaunchTemplate.LaunchTemplateId": "lt-0123456789abcdef0" }],
	[{ idOrName: "builders", version: "7" }, { "LaunchTemplate.LaunchTemplateName": "builders" }],
])("sends the launch template %j with the request", async (launchTemplate, expected) => {
	const type = typeConfig("bld", ["us-west-2"]);
	const regions = Object.fromEntries(
		Object.entries(type.regions).map(([name, config]) => [name, { ...config, launchTemplate }]),
	);
	await cloud.launch({}, 240, cloud.open({ policy: { types: { bld: { ...type, regions } } } }));
	expect(cloud.calls("RunInstances")[0]?.flat).toMatchObject({
		...expected,
		"LaunchTemplate.Version": "7",
		ImageId: "ami-0123456789abcdef0",
		InstanceType: "c6i.xlarge",
	});
});

it("takes what a zone has, and reports what is missing", async () => {
	cloud.world.setCapacity("us-west-2a", "c6i.xlarge", "spot", 2);
	const { launched, refusal } = await cloud.launch();
	expect(launched).toHaveLength(2);
	expect(refusal).toMatchObject({
		kind: "no-capacity",
		scope: "capacity",
		message: expect.stringContaining("only 2 of 3"),
	});
});

it("reports the zones that EC2 suggests", async () => {
	cloud.endpoint.faults.add({
		action: "RunInstances",
		error: {
			code: "InsufficientInstanceCapacity",
			status: 500,
			message:
				"We currently do not have sufficient c6i.xlarge capacity in the Availability Zone you requested (us-west-2a). Our system will be working on provisioning additional capacity. You can currently get c6i.xlarge capacity by not specifying an Availability Zone in your request or choosing us-west-2b, us-west-2c.",
		},
	});
	expect((await cloud.launch()).refusal?.suggestedZones).toEqual(["us-west-2b", "us-west-2c"]);
});

describe("a quota that refuses the whole request", () => {
	it.each([0, 1, 7, 39, 40])("is used up to the last of %i", async (instances) => {
		cloud.region().quotas = { instances };
		const { launched, refusal } = await cloud.launch({ count: 40, names: names(40) });
		expect(launched.map(({ name }) => name)).toEqual(names(instances));
		expect(cloud.running()).toHaveLength(instances);
		if (instances === 40) expect(refusal).toBeNull();
		else expect(refusal).toMatchObject({ kind: "limit", scope: "quota" });
		// Halving ends after six calls, and each size is granted at most once more.
		expect(cloud.calls("RunInstances").length).toBeLessThanOrEqual(14);
	});
});

describe("the client token", () => {
	const launchAs = (run: { readonly id: string; readonly step?: string }, ordinal = 0) =>
		cloud.launch({ ordinal }, 240, cloud.open({ run }));

	it("is the same for the same request of the same step, and new for another run, step, or ordinal", async () => {
		await launchAs({ id: "1", step: "a" });
		await launchAs({ id: "1", step: "a" });
		expect(cloud.running()).toHaveLength(3);
		await launchAs({ id: "1", step: "a" }, 1);
		await launchAs({ id: "2", step: "a" });
		await launchAs({ id: "1", step: "b" });
		expect(cloud.running()).toHaveLength(12);
	});

	it("lets EC2 refuse to add to a request of the same run with another count", async () => {
		await cloud.launch();
		const { refusal } = await cloud.launch({ count: 5 });
		expect(refusal).toMatchObject({ kind: "unknown", code: "IdempotentParameterMismatch", possiblyLaunched: 5 });
		expect(cloud.running()).toHaveLength(3);
	});
});

describe("EC2's bucket of instances", () => {
	it("gets back what is refused, so that empty placements cost no time", async () => {
		const opened = cloud.open();
		cloud.world.setCapacity("us-west-2a", "c6i.xlarge", "spot", 0);
		for (let time = 0; time < 18; time += 1) await cloud.launch({ count: 200, ordinal: time }, 240, opened);
		const onDemand = placement({ lifecycle: "on-demand", maxPrice: null });
		const { launched } = await cloud.launch({ count: 200, placement: onDemand }, 240, opened);
		expect(launched).toHaveLength(200);
		// RunInstances itself: four at once, then 1.95 a second.
		expect(cloud.timer.now()).toBeCloseTo((1000 * 15) / 1.95);
	});

	it("is asked for a thousand at most, and the rest follows", async () => {
		await cloud.start({ rateLimits: true });
		cloud.world.setFreeAddresses("us-west-2", "subnet-us-west-2a", 2000);
		const { launched, refusal } = await cloud.launch({ count: 1100 });
		expect(refusal).toBeNull();
		expect(launched).toHaveLength(1100);
		expect(cloud.calls("RunInstances").map(({ flat }) => flat["MaxCount"])).toEqual(["1000", "100"]);
		// 1,000 of 999 tokens, then 100 more at 1.95 a second.
		expect(cloud.timer.now()).toBeCloseTo((1000 * 101) / 1.95);
	});

	it("ends a request at once whose wait would outlast the deadline, for this region alone", async () => {
		cloud.world.setFreeAddresses("us-west-2", "subnet-us-west-2a", 2000);
		const { launched, refusal } = await cloud.launch({ count: 1100 }, 49);
		expect(launched).toHaveLength(1000);
		expect(refusal).toMatchObject({ kind: "timeout", scope: "region" });
		expect(cloud.timer.now()).toBe(0);
	});
});

it("stops repeating a throttled launch after five tries", async () => {
	cloud.endpoint.faults.add({ action: "RunInstances", throttle: true });
	expect((await cloud.launch()).refusal).toMatchObject({
		kind: "rejected",
		scope: "region",
		code: "RequestLimitExceeded",
	});
	expect(cloud.calls("RunInstances")).toHaveLength(5);
});

it("halves the rate once for a burst of throttled launches", async () => {
	const opened = cloud.open();
	cloud.endpoint.faults.add({ action: "RunInstances", times: 5, throttle: true });
	const deadline = cloud.now() + 240;
	const launches = Array.from({ length: 5 }, (_, ordinal) =>
		opened.launcher.launch(launchRequest({ ordinal }), deadline, async () => {}),
	);
	const outcomes = await cloud.timer.until(Promise.all(launches));
	expect(outcomes.every(({ refusal }) => refusal === null)).toBe(true);
	// One a second after the burst, faster with each success: twice as long as at the full rate, and far from the 20
	// seconds of a rate that is halved five times.
	expect(cloud.timer.now()).toBeGreaterThan(3_500);
	expect(cloud.timer.now()).toBeLessThan(10_000);
});

describe("a lock that is lost", () => {
	const lost = new DatabaseError("lock-lost", "The lock was lost.");
	/** Confirms the lock some times, and then never again. */
	const confirming = (times: number) => {
		let left = times;
		return async () => {
			left -= 1;
			if (left < 0) throw lost;
		};
	};

	it("keeps a launch from being sent", async () => {
		const outcome = await cloud.launch({}, 240, cloud.open(), confirming(0));
		expect(outcome).toMatchObject({ launched: [], refusal: { kind: "lock-lost", scope: "tick", code: "lock-lost" } });
		expect(cloud.calls("RunInstances")).toHaveLength(0);
	});

	it("keeps a launch from being sent again, and leaves it unknown if it may have taken effect", async () => {
		cloud.endpoint.faults.add({ action: "RunInstances", times: 1, reset: "after" });
		const { launched, refusal } = await cloud.launch({}, 240, cloud.open(), confirming(1));
		expect(launched).toEqual([]);
		expect(refusal).toMatchObject({ kind: "unknown", possiblyLaunched: 3 });
		expect(cloud.calls("RunInstances")).toHaveLength(1);
	});
});
