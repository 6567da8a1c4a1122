/** What a person can do about an error of EC2, in a sentence that begins with a space. */
import type { RefusalScope } from "../../core/launch/refusal.ts";
import type { Lifecycle } from "../../core/model/policy.ts";
import { THROTTLING } from "./errors.ts";

/** Advice on a role that STS refuses to give. */
export function adviceForRole(code: string): string {
	if (code !== "AccessDenied") return adviceFor(code);
	return " Allow sts:AssumeRole on it in the policy of the role that this run started with, and name that role in its trust policy.";
}

/** The same for the role that the run assumes with a token of GitHub's provider. */
export function adviceForOwnRole(code: string, audience: string): string {
	switch (code) {
		case "AccessDenied":
			return ` Name this repository and the job's environment in the role's trust policy, with the audience ${audience} (docs/permissions.md, "Who may assume it").`;
		case "InvalidIdentityToken":
			return ` Create GitHub's OpenID Connect provider in the role's account, with the audience ${audience} (docs/permissions.md).`;
		case "CredentialsProviderError":
			return " The job needs `permissions: id-token: write`. The next run tries again.";
		default:
			return adviceFor(code);
	}
}

/** The configuration key to check, by the beginning of the code. */
const LOOK_AT: readonly (readonly [start: string, what: string])[] = [
	["InvalidAMIID", "ami in the type's file, and the images that are tagged for the type"],
	["InvalidSubnet", "subnet_ids in the type's file"],
	["InvalidGroup", "security_group_ids in the type's file"],
	["InvalidSecurityGroup", "security_group_ids in the type's file"],
	["InvalidKeyPair", "ssh_key in the type's file"],
	["InvalidLaunchTemplate", "launch_template in the type's file"],
	["InvalidBlockDeviceMapping", "device_map in the type's file"],
	["VolumeTypeNotAvailableInZone", "volume_type in the type's file, or add the zone to ignored_azs"],
	["InvalidInstanceType", "the EC2 instance type in spot.rules or in the type's file"],
	["InvalidParameter", "the region in the type's file"],
];

/**
 * Advice on a refused launch. What a refusal concerns is known better than its code tells: the EC2 instance type of a spot
 * launch is from `spot.rules`, that of an on-demand launch from the type's file.
 */
export function adviceForLaunch(code: string, scope: RefusalScope, lifecycle: Lifecycle): string {
	if (scope !== "instance-type") return adviceFor(code);
	const key = lifecycle === "spot" ? "instance_type in spot.rules" : "instance_type in the type's file";
	return ` Check ${key}, and that it fits the image.`;
}

/** Advice on an error code of EC2 or of the network. */
export function adviceFor(code: string): string {
	if (code === "CredentialsProviderError") {
		return " Set the input role-to-assume and give the job `permissions: id-token: write`, or run aws-actions/configure-aws-credentials before this action. Outside GitHub, give the machine a role or set AWS_PROFILE.";
	}
	if (code === "AuthFailure.ServiceLinkedRoleCreationNotPermitted") {
		return " Create the service-linked role once: `aws iam create-service-linked-role --aws-service-name spot.amazonaws.com`.";
	}
	if (code === "UnauthorizedOperation" || code === "AccessDenied") return " Allow this call in the role's policy.";
	if (["RequestExpired", "SignatureDoesNotMatch"].includes(code)) {
		return " Check that the role's session is valid and that the runner's clock is right.";
	}
	if (["ExpiredToken", "ExpiredTokenException"].includes(code)) {
		return " The role's session has expired. Start a new run, or let the session last longer.";
	}
	if (code === "AuthFailure") {
		return " Check that the role's session is valid, that the region is enabled for the account, and that the runner's clock is right.";
	}
	if (code === "PendingVerification")
		return " AWS is validating the account for this region; the next run tries again.";
	if (code === "IdempotentParameterMismatch" || code === "IdempotentInstanceTerminated") {
		return " An earlier attempt of this step launched here, so nothing is added. The next scheduled run counts what is running.";
	}
	if (THROTTLING.has(code)) return " The account's request budget is used up; the next run tries again.";
	const what = LOOK_AT.find(([start]) => code.startsWith(start))?.[1];
	if (what !== undefined) return ` Check ${what}.`;
	return " The next run tries again. If this keeps happening, look up the code in the EC2 API Reference.";
}
