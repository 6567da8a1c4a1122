/** What EC2's refusals mean for a launch: one table from code or message to kind and scope. */
import type { RefusalKind, RefusalScope } from "../../core/launch/refusal.ts";
import { codeOf, isUnknown, PASSING, THROTTLING } from "./errors.ts";
import { RoleError } from "./roles.ts";

/** What a refusal means for the rest of the tick. */
export interface Meaning {
	readonly kind: RefusalKind;
	readonly scope: RefusalScope;
}

export interface Row extends Meaning {
	readonly codes: readonly string[];
	/** Found in the message. Default: any message. */
	readonly message?: RegExp;
}

/**
 * The first row that matches applies. A refusal that matches none is the request's own fault. Sources: "Error codes for
 * the Amazon EC2 API" in the EC2 API Reference, and "Service-linked role for EC2 Spot Instances" in the EC2 User Guide.
 * EC2 does not document its messages: those here are what it is known to send, and a message that changes falls to a row
 * without one.
 */
export const REFUSALS: readonly Row[] = [
	{
		kind: "no-capacity",
		scope: "capacity",
		codes: [
			"InsufficientInstanceCapacity",
			"InsufficientHostCapacity",
			"InsufficientReservedInstanceCapacity",
			"InsufficientCapacityOnHost",
			"InsufficientCapacity",
			"UnfulfillableCapacity",
		],
	},
	{ kind: "no-price", scope: "capacity", codes: ["SpotMaxPriceTooLow"] },
	{
		kind: "limit",
		scope: "quota",
		codes: [
			"InstanceLimitExceeded",
			"MaxSpotInstanceCountExceeded",
			"VcpuLimitExceeded",
			"MaxIOPSLimitExceeded",
			"VolumeLimitExceeded",
			"NetworkInterfaceLimitExceeded",
		],
	},
	{ kind: "no-address", scope: "subnet", codes: ["InsufficientFreeAddressesInSubnet"] },

	// An architecture, boot mode, or network driver that the image and the EC2 instance type do not share.
	{
		kind: "rejected",
		scope: "instance-type",
		codes: ["InvalidParameterValue", "InvalidParameterCombination", "Unsupported"],
		message: /architecture .*does not match|boot mode|virtualization type|is required for the '[^']+' instance type/i,
	},
	{
		kind: "rejected",
		scope: "instance-type",
		codes: ["InvalidParameterValue"],
		message: /for InstanceType\b|instance type '[^']+' does not exist/,
	},
	{ kind: "rejected", scope: "instance-type", codes: ["InvalidInstanceType"] },
	// How a zone without the EC2 instance type answers. For some images, EC2 says no more either.
	{ kind: "no-capacity", scope: "capacity", codes: ["Unsupported"] },
	{ kind: "rejected", scope: "zone", codes: ["VolumeTypeNotAvailableInZone"] },
	{
		kind: "rejected",
		scope: "subnet",
		codes: ["InvalidSubnetID.NotFound", "InvalidSubnetID.Malformed", "InvalidSubnet"],
	},
	{
		kind: "rejected",
		scope: "image",
		codes: ["InvalidAMIID.NotFound", "InvalidAMIID.Unavailable", "InvalidAMIID.Malformed"],
	},
	{ kind: "rejected", scope: "image", codes: ["AuthFailure"], message: /not authorized for images/i },
	{ kind: "rejected", scope: "image", codes: ["OptInRequired"], message: /marketplace|product/i },

	// EC2 names the resource of a denied call if the caller may know it.
	...(
		[
			["lifecycle", /on resource: \S*:spot-instances-request\//],
			["lifecycle", /iam:CreateServiceLinkedRole/],
			["subnet", /on resource: \S*:subnet\//],
			["image", /on resource: \S*:image\//],
			["type", /on resource: |iam:PassRole/],
			["placement", /^/],
		] as const
	).map(([scope, message]): Row => ({ kind: "rejected", scope, codes: ["UnauthorizedOperation"], message })),
	{ kind: "rejected", scope: "lifecycle", codes: ["AuthFailure.ServiceLinkedRoleCreationNotPermitted"] },
	{ kind: "stop-all", scope: "region", codes: ["AuthFailure", "OptInRequired", "PendingVerification"] },
	{
		kind: "stop-all",
		scope: "account",
		codes: [
			"Blocked",
			"ExpiredToken",
			"ExpiredTokenException",
			"RequestExpired",
			"InvalidClientTokenId",
			"UnrecognizedClientException",
			"SignatureDoesNotMatch",
			"CredentialsProviderError",
		],
	},

	// The step has launched here before, and how much is not known.
	{ kind: "unknown", scope: "pool", codes: ["IdempotentParameterMismatch", "IdempotentInstanceTerminated"] },
	{ kind: "rejected", scope: "region", codes: [...THROTTLING] },
	{ kind: "unknown", scope: "pool", codes: [...PASSING] },
];
const OWN_FAULT: Meaning = { kind: "rejected", scope: "type" };
const UNKNOWN: Meaning = { kind: "unknown", scope: "pool" };

const KNOWN_CODES: ReadonlySet<string> = new Set(REFUSALS.flatMap(({ codes }) => codes));

/** Whether EC2 documents the code, so that it stands in the table. */
export function isKnownCode(code: string): boolean {
	return KNOWN_CODES.has(code);
}

/** What an error that ended a launch means for the rest of the tick. */
export function meaningOf(error: unknown): Meaning {
	if (isUnknown(error)) return UNKNOWN;
	// Without the role, nothing can be launched in its account.
	if (error instanceof RoleError) return { kind: "stop-all", scope: "account" };
	const code = codeOf(error);
	const text = error instanceof Error ? error.message : "";
	const row = REFUSALS.find(
		({ codes, message }) =>
			(codes.length === 0 || codes.includes(code)) && (message === undefined || message.test(text)),
	);
	return row === undefined ? OWN_FAULT : { kind: row.kind, scope: row.scope };
}

/**
 * The zones that EC2 names in an answer of no capacity: "You can currently get … capacity by not specifying an
 * Availability Zone in your request or choosing us-east-1b, us-east-1c."
 */
export function zonesWithCapacity(message: string): readonly string[] {
	const [, zones = ""] = /\bor choosing ([a-z0-9, -]+)/.exec(message) ?? [];
	return zones.split(/[, ]+/).filter((zone) => zone !== "");
}
