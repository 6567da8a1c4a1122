/** Roles to assume: their ARNs, and whether their partition is that of the regions that use them. */

import type { Policy, Region } from "../core/model/policy.ts";
import { roleOf } from "../core/supply/accounts.ts";
import { type Diagnostic, diagnostic } from "../errors.ts";
import { quote } from "./document/text.ts";

/** A role's ARN, with its partition. Source: "IAM identifiers" in the IAM User Guide. */
const ROLE_ARN = /^arn:(aws(?:-[a-z]+)*):iam::\d{12}:role\/(?:[\w+=,.@-]+\/)*[\w+=,.@-]{1,64}$/;

/** Partitions by the prefix of their regions; all others are in `aws`. Source: botocore's partitions.json. */
const PARTITIONS: readonly (readonly [start: string, partition: string])[] = [
	["cn-", "aws-cn"],
	["us-gov-", "aws-us-gov"],
	["us-iso-", "aws-iso"],
	["us-isob-", "aws-iso-b"],
	["us-isof-", "aws-iso-f"],
	["eu-isoe-", "aws-iso-e"],
	["eusc-", "aws-eusc"],
];

export function isRoleArn(text: string): boolean {
	return ROLE_ARN.test(text);
}

/** Keys of `roles` whose role is used in a region of another partition, where no role works. */
export function rolesElsewhere(
	policy: Policy,
	regions: readonly Region[],
): readonly { readonly key: string; readonly message: string }[] {
	const { roles, types } = policy;
	const used = Object.values(types).flatMap(({ mozType, regions: configured }) =>
		regions
			.filter((region) => configured[region] !== undefined)
			.map((region) => ({ key: roles.types[mozType] === undefined ? region : mozType, region, mozType })),
	);
	const mismatches = used.flatMap(({ key, region, mozType }) => {
		const partition = ROLE_ARN.exec(roleOf(policy, mozType, region) ?? "")?.[1];
		if (partition === undefined || partition === partitionOf(region)) return [];
		return [[key, elsewhere(partition, region)] as const];
	});
	return [...new Map(mismatches)].map(([key, message]) => ({ key, message }));
}

/**
 * Why the role that the run itself assumes can't be used: it works in one partition only, also to assume other roles.
 * @param role ARN; null: the run assumes none
 * @param regions those in use
 */
export function ownRoleElsewhere(role: string | null, regions: readonly Region[]): readonly Diagnostic[] {
	const partition = ROLE_ARN.exec(role ?? "")?.[1];
	const region = regions.find((one) => partitionOf(one) !== partition);
	if (partition === undefined || region === undefined) return [];
	const message = `Invalid input "role-to-assume": ${quote(role ?? "")}. It ${elsewhere(partition, region)}.`;
	return [diagnostic(message)];
}

function elsewhere(partition: string, region: Region): string {
	return `is a role in the partition ${partition}, but ${region} is in ${partitionOf(region)}; use a role of that partition`;
}

/** The partition of a region. */
export function partitionOf(region: Region): string {
	return PARTITIONS.find(([start]) => region.startsWith(start))?.[1] ?? "aws";
}
