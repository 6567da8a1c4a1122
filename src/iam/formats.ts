/** A permission policy as files of the tools that create it. */
import type { PermissionPolicy } from "./statement.ts";

/** The role that the run starts with, as configs/iam creates it. */
const OWN_ROLE = { name: "watch-pending", terraform: "aws_iam_role.watch_pending.id" };

/** How each format renders a policy for the role of this name; null: the one that the run starts with. */
export const FORMATS = {
	json,
	terraform,
	cloudformation,
} as const;

export type Format = keyof typeof FORMATS;

function json(value: object): string {
	return `${JSON.stringify(value, null, "\t")}\n`;
}

/** An inline policy. `terraform fmt` leaves the text of a heredoc as it is; what would start a template is doubled. */
function terraform(policy: PermissionPolicy, roleName: string | null): string {
	return `resource "aws_iam_role_policy" "watch_pending" {
  name = "watch-pending"
  role = ${roleName === null ? OWN_ROLE.terraform : `"${roleName}"`}

  policy = <<JSON
${json(policy).replace(/([$%])\{/g, "$1$1{")}JSON
}
`;
}

/** A template of its own, so that the policy can be updated without the role. */
function cloudformation(policy: PermissionPolicy, roleName: string | null): string {
	const template = {
		AWSTemplateFormatVersion: "2010-09-09",
		Description: "What the role of aws-watch-pending may do",
		Parameters: { RoleName: { Type: "String", Default: roleName ?? OWN_ROLE.name } },
		Resources: {
			PermissionPolicy: {
				Type: "AWS::IAM::RolePolicy",
				Properties: { RoleName: { Ref: "RoleName" }, PolicyName: "watch-pending", PolicyDocument: policy },
			},
		},
	};
	return json(template);
}
