/** What EC2's error codes mean for a launch. */
import type { RefusalKind } from "../../core/launch/refusal.ts";
import { DatabaseError } from "../../errors.ts";

/**
 * Not to be had here and now: the next place is asked. `Unsupported` is how a zone without the EC2 instance type answers.
 * Source of all sets: "Error codes for the Amazon EC2 API" in the EC2 API Reference, and "Spot request status codes" in
 * the EC2 User Guide. A code that stands in no set is taken for `rejected`: to ask again would be a guess.
 */
const NO_CAPACITY = [
	"InsufficientInstanceCapacity",
	"InsufficientHostCapacity",
	"InsufficientReservedInstanceCapacity",
	"InsufficientCapacityOnHost",
	"InsufficientCapacity",
	"Unsupported",
	"UnfulfillableCapacity",
];
const NO_PRICE = ["SpotMaxPriceTooLow"];
/** An account's quota in the region is used up: the next region is asked. */
const QUOTA = [
	"InstanceLimitExceeded",
	"MaxSpotInstanceCountExceeded",
	"VcpuLimitExceeded",
	"MaxIOPSLimitExceeded",
	"VolumeLimitExceeded",
	"NetworkInterfaceLimitExceeded",
];
const NO_ADDRESS = ["InsufficientFreeAddressesInSubnet"];
/** No call of this role can succeed, whatever it asks for. `AuthFailure` is not here: it also means a single image. */
const STOP_ALL = [
	"Blocked",
	"ExpiredToken",
	"ExpiredTokenException",
	"RequestExpired",
	"InvalidClientTokenId",
	"UnrecognizedClientException",
	"SignatureDoesNotMatch",
	"PendingVerification",
	"CredentialsProviderError",
];
const KINDS: readonly (readonly [RefusalKind, readonly string[]])[] = [
	["no-capacity", NO_CAPACITY],
	["no-price", NO_PRICE],
	["limit", QUOTA],
	["no-address", NO_ADDRESS],
	["stop-all", STOP_ALL],
];
const KIND_OF_CODE: ReadonlyMap<string, RefusalKind> = new Map(
	KINDS.flatMap(([kind, codes]) => codes.map((code) => [code, kind] as const)),
);

/** Codes of a call that came too soon after another: EC2 asks to slow down. */
const THROTTLING: ReadonlySet<string> = new Set([
	"RequestLimitExceeded",
	"Throttling",
	"ThrottlingException",
	"EC2ThrottledException",
	"RequestThrottled",
]);
/** Codes of a call that may succeed if made again as it is. */
const PASSING: ReadonlySet<string> = new Set([
	...THROTTLING,
	"InternalError",
	"InternalFailure",
	"ServiceUnavailable",
	"Unavailable",
	// A new instance is not known everywhere at once.
	"InvalidInstanceID.NotFound",
]);

/** Codes of a client token that was used before: this run has launched here, and how much is not known. */
const ALREADY_ASKED: ReadonlySet<string> = new Set(["IdempotentParameterMismatch", "IdempotentInstanceTerminated"]);

/** Every code that has a meaning of its own here. */
export const KNOWN_CODES: readonly string[] = [...KIND_OF_CODE.keys(), ...PASSING, ...ALREADY_ASKED];

/** A call was not made, since the time for it was over. */
export class DeadlineError extends Error {
	override readonly name = "DeadlineError";
}

/** Whether EC2 asks to slow down. */
export function isThrottling(error: unknown): boolean {
	return THROTTLING.has(codeOf(error));
}

/** EC2's error code, the network's (`ECONNRESET`), or the error's name. */
export function codeOf(error: unknown): string {
	if (!(error instanceof Error)) return "unknown";
	if ("code" in error && typeof error.code === "string" && error.code !== "") return error.code;
	return error.name;
}

/** Whether EC2 answered; if not, whether the call took effect is not known. */
export function isAnswered(error: unknown): boolean {
	const metadata = error instanceof Error && "$metadata" in error ? error.$metadata : null;
	return typeof metadata === "object" && metadata !== null && "httpStatusCode" in metadata;
}

/**
 * Whether the SDK may make the call again. EC2 answers missing capacity with HTTP 500, which the SDK would retry: each
 * empty zone would cost three calls and seconds.
 */
export function mayRetry(error: unknown): boolean {
	if (error instanceof DeadlineError || error instanceof DatabaseError) return false;
	return !isAnswered(error) || PASSING.has(codeOf(error));
}

/** What a failed launch means for the rest of the tick. */
export function refusalKind(error: unknown): RefusalKind {
	const code = codeOf(error);
	const kind = KIND_OF_CODE.get(code);
	if (kind !== undefined) return kind;
	if (ALREADY_ASKED.has(code)) return "unknown";
	if (isAnswered(error) && THROTTLING.has(code)) return "rejected";
	return isAnswered(error) && !PASSING.has(code) ? "rejected" : "unknown";
}

/**
 * The zones that EC2 names in an answer of no capacity: "You can currently get … capacity by not specifying an
 * Availability Zone in your request or choosing us-east-1b, us-east-1c."
 */
export function zonesWithCapacity(message: string): readonly string[] {
	const [, zones = ""] = /\bor choosing ([a-z0-9, -]+)/.exec(message) ?? [];
	return zones.split(/[, ]+/).filter((zone) => zone !== "");
}

/** The same for a role that STS does not give. */
export function adviceForRole(code: string): string {
	if (code !== "AccessDenied") return adviceFor(code);
	return " Allow sts:AssumeRole on it in the policy of the role that this run was started with, and name that role in its trust policy.";
}

/** What to look at where EC2 says that a request is wrong, by the beginning of the code. */
const LOOK_AT: readonly (readonly [start: string, what: string])[] = [
	["InvalidAMIID", "ami in the type's file, and the images that are tagged for the type"],
	["InvalidSubnet", "subnet_ids in the type's file"],
	["InvalidGroup", "security_group_ids in the type's file"],
	["InvalidSecurityGroup", "security_group_ids in the type's file"],
	["InvalidKeyPair", "ssh_key in the type's file"],
	["InvalidLaunchTemplate", "launch_template in the type's file"],
	["InvalidBlockDeviceMapping", "device_map in the type's file"],
	["InvalidParameter", "the region in the type's file"],
];

/** A sentence of advice. */
export function adviceFor(code: string): string {
	if (code === "CredentialsProviderError") {
		return " Let aws-actions/configure-aws-credentials run before this action, and give the job `permissions: id-token: write`. Outside GitHub: give the machine a role, or set AWS_PROFILE.";
	}
	if (code === "UnauthorizedOperation" || code === "AccessDenied") return " Allow this call in the role's policy.";
	if (["AuthFailure", "ExpiredToken", "ExpiredTokenException", "RequestExpired"].includes(code)) {
		return " Check that the role's session is valid and that the region is enabled for the account.";
	}
	if (ALREADY_ASKED.has(code)) {
		return " An earlier attempt of this workflow run has launched here; to be safe nothing is added to it. The next scheduled run counts what runs.";
	}
	if (THROTTLING.has(code)) return " The account's request quota is used up; the next run tries again.";
	const what = LOOK_AT.find(([start]) => code.startsWith(start))?.[1];
	if (what !== undefined) return ` Check ${what}.`;
	return " The next run tries again; if it recurs, look the code up in the EC2 API Reference.";
}
