import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { BlockDevice, Policy, TypeRegion } from "../../src/core/model/policy.ts";
import type { UserDataTemplate } from "../../src/core/model/user-data.ts";
import { permissionPolicy } from "../../src/iam/permission-policy.ts";
import { type PolicyRequest, printPolicy } from "../../src/iam/print.ts";
import { policy, spotRule, typeConfig } from "../core/facts.ts";

const ACCOUNT = "123456789012";
const REGIONS = ["us-east-1", "us-west-2"];
const OWN = { account: ACCOUNT, partition: "aws", role: null };

const device = (overrides: Partial<BlockDevice> = {}): BlockDevice => ({
	deviceName: "/dev/xvda",
	ephemeralName: null,
	size: 40,
	volumeType: "gp3",
	iops: null,
	throughput: null,
	encrypted: null,
	deleteOnTermination: null,
	...overrides,
});

/** The type `bld` alone, in us-west-2. */
function bld(overrides: Partial<TypeRegion>, more: Partial<Policy> = {}): Policy {
	const type = typeConfig("bld", ["us-west-2"]);
	const config = type.regions["us-west-2"];
	if (config === undefined) throw new Error("no region");
	const regions = { "us-west-2": { ...config, deviceMap: [device()], ...overrides } };
	return policy({ types: { bld: { ...type, regions } }, ...more });
}
const statementsOf = (some: Policy, grantee = OWN) =>
	Object.fromEntries(permissionPolicy(some, REGIONS, grantee).Statement.map((statement) => [statement.Sid, statement]));
const notesOf = (some: Policy) => {
	const request: PolicyRequest = { grantee: { account: ACCOUNT }, partition: "aws", format: "json" };
	return printPolicy(some, REGIONS, request).notes;
};

describe("the tags of names", () => {
	const keysOf = (userData: UserDataTemplate | null) => {
		const some = bld({});
		const types = Object.fromEntries(Object.entries(some.types).map(([name, type]) => [name, { ...type, userData }]));
		return statementsOf({ ...some, types })["TagAtLaunch"]?.Condition;
	};

	it("are permitted at launch if the user data lists names", () => {
		expect(keysOf([{ field: "names" }])?.["ForAllValues:StringLike"]?.["aws:TagKeys"]).toContain("moz-names*");
		expect(keysOf([{ field: "fqdns" }])?.["ForAllValues:StringLike"]?.["aws:TagKeys"]).toContain("moz-names*");
	});

	it.each([[null], [[{ field: "fqdn" as const }]]])("are not permitted with the user data %j", (userData) => {
		expect(JSON.stringify(keysOf(userData))).not.toContain("moz-names");
		expect(keysOf(userData)).toHaveProperty("ForAllValues:StringEquals");
	});
});

describe("volumes", () => {
	const boundsOf = (...deviceMap: readonly BlockDevice[]) => {
		const { Condition } = statementsOf(bld({ deviceMap }))["LaunchWithOwnVolumes"] ?? {};
		return [Condition?.["NumericLessThanEquals"]?.["ec2:VolumeSize"], Condition?.["StringEquals"]?.["ec2:VolumeType"]];
	};

	it("are limited to the largest size and to the types that are configured", () => {
		expect(boundsOf(device(), device({ deviceName: "/dev/xvdb", size: 200, volumeType: "st1" }))).toEqual([
			"200",
			["gp3", "st1"],
		]);
	});

	it("of an instance store don't count", () => {
		expect(boundsOf(device(), device({ ephemeralName: "ephemeral0", size: null, volumeType: null }))).toEqual([
			"40",
			"gp3",
		]);
	});

	it("are not limited by what is left to the image, which a note explains", () => {
		expect(boundsOf(device({ size: null }))).toEqual([undefined, "gp3"]);
		expect(boundsOf(device({ volumeType: null }))).toEqual(["40", undefined]);
		expect(boundsOf()).toEqual([undefined, undefined]);
		expect(notesOf(bld({ deviceMap: [] }))).toEqual([
			"The policy can't limit volumes by size and volume_type, because a device_map leaves that to the image. Set it for every volume.",
		]);
		expect(notesOf(bld({}))).toEqual([]);
	});
});

describe("images", () => {
	it.each([
		["resolve:ssm:/images/bld", `arn:aws:ssm:us-west-2:${ACCOUNT}:parameter/images/bld`, ACCOUNT],
		["resolve:ssm:bld:7", `arn:aws:ssm:us-west-2:${ACCOUNT}:parameter/bld`, ACCOUNT],
		[
			"resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023:stable",
			"arn:aws:ssm:us-west-2::parameter/aws/service/ami-amazon-linux-latest/al2023",
			"amazon",
		],
		[
			"resolve:ssm:arn:aws:ssm:us-west-2:111111111111:parameter/shared/bld:2",
			"arn:aws:ssm:us-west-2:111111111111:parameter/shared/bld",
			"111111111111",
		],
	])("by %s are those of the parameter's owner", (ami, parameter, owner) => {
		const statements = statementsOf(bld({ ami }));
		expect(statements["ReadImageParameters"]?.Resource).toBe(parameter);
		expect(statements["LaunchFromImagesOfParameters"]?.Condition).toEqual({ StringEquals: { "ec2:Owner": owner } });
		expect(statements["LaunchFromListedImages"]).toBeUndefined();
	});
});

it("allows a launch template by its ID, or every template of the region if it has only a name", () => {
	const arn = (id: string) => `arn:aws:ec2:us-west-2:${ACCOUNT}:launch-template/${id}`;
	for (const [idOrName, id] of [
		["lt-0123456789abcdef0", "lt-0123456789abcdef0"],
		["builders", "*"],
	] as const) {
		const some = bld({ launchTemplate: { idOrName, version: "1" } });
		const statements = statementsOf(some);
		expect(statements["LaunchFromListedTemplates"]?.Resource).toBe(arn(id));
		expect(statements["LaunchOwnInstances"]?.Condition?.["ArnEqualsIfExists"]).toEqual({
			"ec2:LaunchTemplate": arn(id),
		});
		expect(notesOf(some)).toHaveLength(id === "*" ? 1 : 0);
	}
});

it("names everything in the partition", () => {
	const some = bld({ instanceProfileName: "bld" });
	const text = JSON.stringify(permissionPolicy(some, REGIONS, { ...OWN, partition: "aws-cn" }));
	expect(text).not.toContain("arn:aws:");
	expect(text).toContain('"iam:PassedToService":["ec2.amazonaws.com","ec2.amazonaws.com.cn"]');
});

it("grants only the roles to a run that launches nothing itself", () => {
	const role = "arn:aws:iam::111111111111:role/builders";
	const some = policy({ roles: { regions: {}, types: { bld: role, tst: role } } });
	expect(Object.keys(statementsOf(some))).toEqual(["AssumeListedRoles"]);
	expect(notesOf(some)).toEqual([`${role} needs a policy of its own: print it with --role ${role}`]);
});

it("grants a role only what it launches, whatever the configuration", () => {
	const roles = [null, "arn:aws:iam::111111111111:role/a", "arn:aws:iam::222222222222:role/b"];
	const role = fc.constantFrom(...roles);
	fc.assert(
		fc.property(
			fc.record({ bld: role, tst: role, east: role, west: role }),
			role,
			({ bld, tst, east, west }, grantee) => {
				const given = (entries: Readonly<Record<string, string | null>>) =>
					Object.fromEntries(Object.entries(entries).flatMap(([key, arn]) => (arn === null ? [] : [[key, arn]])));
				const types = Object.fromEntries(
					["bld", "tst"].map((mozType) => {
						const type = typeConfig(mozType, REGIONS);
						const regions = Object.entries(type.regions).map(([region, config]) => [
							region,
							{ ...config, subnetIds: [`subnet-${mozType}-${region}`], instanceType: `${mozType}.large` },
						]);
						return [mozType, { ...type, regions: Object.fromEntries(regions) }];
					}),
				);
				const some = policy({
					types,
					roles: { regions: given({ "us-east-1": east, "us-west-2": west }), types: given({ bld, tst }) },
					spotRules: { bld: [spotRule({ instanceType: "bld.spot" })], tst: [spotRule({ instanceType: "tst.spot" })] },
				});
				const account = grantee?.split(":")[4] ?? ACCOUNT;
				const text = JSON.stringify(permissionPolicy(some, REGIONS, { account, partition: "aws", role: grantee }));
				for (const [mozType, own] of [
					["bld", bld],
					["tst", tst],
				] as const) {
					const places = [own ?? east, own ?? west].map((by) => by === grantee);
					REGIONS.forEach((region, index) => {
						expect(text.includes(`:subnet/subnet-${mozType}-${region}"`)).toBe(places[index]);
					});
					expect(text.includes(`"${mozType}.spot"`)).toBe(places.includes(true));
					expect(text.includes(`"${mozType}.large"`)).toBe(places.includes(true));
				}
				if (grantee !== null) expect(text).not.toContain("sts:AssumeRole");
			},
		),
	);
});

it("doubles what Terraform would take for a template", () => {
	const some = bld({ sshKey: `${"$"}{key}` });
	const request: PolicyRequest = { grantee: { account: ACCOUNT }, partition: "aws", format: "terraform" };
	expect(printPolicy(some, REGIONS, request).text).toContain(`:key-pair/$${"$"}{key}"`);
});
