/** Roles to assume: their ARNs, and whether their partition is that of the regions that use them. */

import type { Policy, Region } from "../core/model/policy.ts";
import { roleOf } from "../core/supply/accounts.ts";

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
		const [, partition] = ROLE_ARN.exec(roleOf(policy, mozType, region) ?? "") ?? [];
		const expected = partitionOf(region);
		if (partition === undefined || partition === expected) return [];
		return [
			[
				key,
				`is a role in the partition ${partition}, but ${region} is in ${expected}; use a role of that partition`,
			] as const,
		];
	});
	return [...new Map(mismatches)].map(([key, message]) => ({ key, message }));
}

/** The partition of a region. */
export function partitionOf(region: Region): string {
	return PARTITIONS.find(([start]) => region.startsWith(start))?.[1] ?? "aws";
}
