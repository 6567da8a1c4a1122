/** How far a refusal reaches. */
import { describe, expect, it } from "vitest";
import { meaningOf } from "../../../src/adapters/ec2/refusals.ts";
import type { RefusalScope } from "../../../src/core/launch/refusal.ts";
import { scopeKeys, UnavailableCapacity } from "../../../src/core/launch/unavailable-capacity.ts";
import { placement } from "../../core/facts.ts";
import { EC2_ERRORS } from "../../ec2-endpoint/errors.ts";
import { threeZoneRegions } from "../../ec2-endpoint/world.ts";
import { launchRequest, useCloud } from "./cloud.ts";

const cloud = useCloud();
const device = {
	size: 8,
	iops: 3000,
	throughput: null,
	encrypted: null,
	deleteOnTermination: true,
	ephemeralName: null,
};

describe("EC2 refuses", () => {
	it("an image of another architecture: this EC2 instance type", async () => {
		await cloud.start({
			regions: threeZoneRegions(["us-west-2"], {
				region: () => ({ images: [{ imageId: "ami-0123456789abcdef0", architecture: "arm64" }] }),
			}),
		});
		expect((await cloud.launch()).refusal).toMatchObject({ kind: "rejected", scope: "instance-type" });
	});

	it("an EC2 instance type that the region does not have: this EC2 instance type", async () => {
		await cloud.start({
			regions: threeZoneRegions(["us-west-2"], { region: () => ({ instanceTypes: ["m6i.large"] }) }),
		});
		const spot = await cloud.launch();
		expect(spot.refusal).toMatchObject({ scope: "instance-type", message: expect.stringContaining("in spot.rules") });
		const onDemand = await cloud.launch({ placement: placement({ lifecycle: "on-demand", maxPrice: null }) });
		expect(onDemand.refusal).toMatchObject({ message: expect.stringContaining("in the type's file") });
	});

	it("an EC2 instance type that the zone does not have: this EC2 instance type in this zone", async () => {
		cloud.region().zoneLacks = { "us-west-2a": { instanceTypes: ["c6i.xlarge"] } };
		expect((await cloud.launch()).refusal).toMatchObject({ kind: "no-capacity", scope: "capacity" });
	});

	it("a volume type that the zone does not have: this zone", async () => {
		cloud.region().zoneLacks = { "us-west-2a": { volumeTypes: ["io2"] } };
		const devices = [{ ...device, deviceName: "/dev/sdb", volumeType: "io2" }];
		expect((await cloud.launch({ placement: placement({ devices }) })).refusal).toMatchObject({
			kind: "rejected",
			scope: "zone",
			message: expect.stringContaining("Check volume_type"),
		});
	});

	it("a subnet that is gone: this subnet", async () => {
		cloud.region().subnets.delete("subnet-us-west-2a");
		expect((await cloud.launch()).refusal).toMatchObject({ kind: "rejected", scope: "subnet" });
	});

	const denied = (resource: string) => ({
		code: "UnauthorizedOperation",
		status: 403,
		message: `You are not authorized to perform this operation. User: arn:aws:sts::1:assumed-role/ci/run is not authorized to perform: ec2:RunInstances on resource: arn:aws:ec2:us-west-2:1:${resource} because no identity-based policy allows the ec2:RunInstances action. Encoded authorization failure message: x`,
	});
	it.each([
		["a region that AWS still validates", EC2_ERRORS.pendingVerification, "stop-all", "region"],
		["spot without its service-linked role", EC2_ERRORS.noSpotServiceRole, "rejected", "lifecycle"],
		["a role that may not request spot", denied("spot-instances-request/*"), "rejected", "lifecycle"],
		["a role that may not use the subnet", denied("subnet/subnet-1"), "rejected", "subnet"],
		["a role that may not use the image", denied("image/ami-1"), "rejected", "image"],
		["a role that may not use the group", denied("security-group/sg-1"), "rejected", "type"],
		["a role, without naming what it may not", EC2_ERRORS.unauthorized, "rejected", "placement"],
		["an account that is blocked", EC2_ERRORS.blocked, "stop-all", "account"],
	] as const)("%s", async (_what, error, kind, scope) => {
		cloud.endpoint.faults.add({ action: "RunInstances", error });
		expect((await cloud.launch()).refusal).toMatchObject({ kind, scope, code: error.code });
		expect(cloud.calls("RunInstances")).toHaveLength(1);
	});

	it.each([
		["InvalidAMIID.NotFound", "ami"],
		["InvalidSubnetID.NotFound", "subnet_ids"],
		["InvalidGroup.NotFound", "security_group_ids"],
		["InvalidKeyPair.NotFound", "ssh_key"],
		["InvalidBlockDeviceMapping", "device_map"],
		["InvalidLaunchTemplateId.NotFound", "launch_template"],
	])("with %s, and the message names the key of the type's file to check", async (code, key) => {
		cloud.endpoint.faults.add({ action: "RunInstances", error: { code, message: "it does not exist" } });
		const { refusal } = await cloud.launch();
		expect(refusal?.message).toMatch(new RegExp(`failed: it does not exist\\. Check ${key} in the type's file`));
	});
});

it.each([
	["AuthFailure", "AWS was not able to validate the provided access credentials", "region"],
	["AuthFailure", "Not authorized for images: [ami-1]", "image"],
	["OptInRequired", "You are not subscribed to this service.", "region"],
	["OptInRequired", "In order to use this AWS Marketplace product you need to accept terms.", "image"],
	["InvalidParameterCombination", "ENA is required for the 'c6i.xlarge' instance type.", "instance-type"],
	["InvalidParameterValue", "Value (x) for parameter groupId is invalid.", "type"],
	["SomethingNew", "no", "type"],
])("%s with %j ends the scope %s", (code, message, scope) => {
	expect(meaningOf(Object.assign(new Error(message), { name: code }))).toMatchObject({ scope });
});

describe("a refusal of the scope", () => {
	const pool = { mozType: "bld", slaveset: null };
	const of = (mozType: string) => ({ mozType, slaveset: null });
	it.each<[RefusalScope, Parameters<typeof placement>[0] | string, Parameters<typeof placement>[0] | string]>([
		["account", { region: "us-east-1", lifecycle: "on-demand" }, { role: "arn:aws:iam::1:role/other" }],
		["region", "tst", { region: "us-east-1" }],
		["lifecycle", { region: "us-east-1" }, { lifecycle: "on-demand" }],
		["quota", { availabilityZone: "us-west-2b" }, { instanceType: "m6i.large" }],
		["capacity", "tst", { availabilityZone: "us-west-2b" }],
		["instance-type", { lifecycle: "on-demand", availabilityZone: "us-west-2b" }, "tst"],
		["zone", { instanceType: "m6i.large" }, { availabilityZone: "us-west-2b" }],
		["image", { instanceType: "m6i.large" }, { imageId: "ami-2" }],
		["subnet", "tst", { subnetId: "subnet-2" }],
		["placement", { instanceType: "m6i.large" }, { lifecycle: "on-demand" }],
		["pool", { region: "us-east-1" }, "tst"],
	])("%s reaches what shares it, and no further", (scope, reached, spared) => {
		const refusal = { kind: "rejected", scope, code: "X", message: "x", suggestedZones: [] } as const;
		const unavailable = new UnavailableCapacity();
		unavailable.remember(launchRequest(), refusal);
		const keysOf = (other: Parameters<typeof placement>[0] | string) =>
			typeof other === "string" ? scopeKeys(of(other), placement()) : scopeKeys(pool, placement(other));
		expect(unavailable.refusalOf(keysOf(reached))?.refusal).toEqual(refusal);
		expect(unavailable.refusalOf(keysOf(spared))).toBeNull();
	});

	it("type reaches one EC2 instance type, and all of them once a second has the same answer", () => {
		const unavailable = new UnavailableCapacity();
		const refuse = (instanceType: string, code: string) =>
			unavailable.remember(launchRequest({ placement: placement({ instanceType }) }), {
				kind: "rejected",
				scope: "type",
				code,
				message: "x",
				suggestedZones: [],
			});
		const isRuledOut = (instanceType: string) =>
			unavailable.refusalOf(scopeKeys(pool, placement({ instanceType }))) !== null;
		refuse("c6i.xlarge", "X");
		refuse("c6i.xlarge", "X");
		expect(isRuledOut("m6i.large")).toBe(false);
		refuse("m6i.large", "Y");
		expect(isRuledOut("r6i.large")).toBe(false);
		refuse("m6i.large", "X");
		expect(isRuledOut("r6i.large")).toBe(true);
	});
});
