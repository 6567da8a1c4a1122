import { describe, expect, it } from "vitest";
import { isRoleArn, ownRoleElsewhere, partitionOf } from "../../src/config/roles.ts";

const ROLE = "arn:aws:iam::123456789012:role/watch-pending";
const ROLE_OF_CHINA = "arn:aws-cn:iam::123456789012:role/watch-pending";

describe("the role that the run assumes", () => {
	it.each<[string, string | null, readonly string[]]>([
		["none is assumed", null, ["us-east-1", "cn-north-1"]],
		["its partition has every region", ROLE, ["us-east-1", "eu-west-1"]],
		["its partition is that of the only region", ROLE_OF_CHINA, ["cn-north-1"]],
		["no region is in use", ROLE, []],
	])("is accepted if %s", (_what, role, regions) => {
		expect(ownRoleElsewhere(role, regions)).toEqual([]);
	});

	it.each([
		[
			"its partition lacks a region",
			ROLE,
			["us-east-1", "us-gov-west-1", "cn-north-1"],
			`Invalid input "role-to-assume": "${ROLE}". It is a role in the partition aws, but us-gov-west-1 is in aws-us-gov; use a role of that partition.`,
		],
		[
			"its partition lacks every region",
			ROLE_OF_CHINA,
			["us-east-1"],
			`Invalid input "role-to-assume": "${ROLE_OF_CHINA}". It is a role in the partition aws-cn, but us-east-1 is in aws; use a role of that partition.`,
		],
	])("is rejected if %s", (_what, role, regions, message) => {
		expect(ownRoleElsewhere(role, regions)).toEqual([{ file: null, line: null, column: null, message }]);
	});
});

it.each([
	["eu-west-1", "aws"],
	["cn-northwest-1", "aws-cn"],
	["us-gov-east-1", "aws-us-gov"],
	["us-iso-east-1", "aws-iso"],
	["us-isob-east-1", "aws-iso-b"],
	["us-isof-south-1", "aws-iso-f"],
	["eu-isoe-west-1", "aws-iso-e"],
	["eusc-de-east-1", "aws-eusc"],
])("the region %s is in the partition %s", (region, partition) => {
	expect(partitionOf(region)).toBe(partition);
	expect(isRoleArn(ROLE.replace("aws", partition))).toBe(true);
});
