/** Puts EC2's error codes, and the codes of launches that were not sent, in words. The report keeps the codes. */
import { escapeMarkdown, escapeMessage } from "./escape.ts";

/** What a refusal is for lack of; null: it is an error. */
export type Lack = "capacity" | "price" | "quota" | "address" | null;

const quota = (what: string) => [`the account's ${what} quota is used up`, "quota"] as const;
const NO_CAPACITY = ["no capacity", "capacity"] as const;
const EXPIRED = ["the credentials have expired", null] as const;
const UNKNOWN_CREDENTIALS = ["AWS does not know the credentials", null] as const;
const DENIED = ["permission denied", null] as const;
const NO_SUBNET = ["the subnet does not exist", null] as const;
const ASKED_BEFORE = ["an earlier attempt of this step launched here", null] as const;
const TOO_FAST = ["too many requests to EC2", null] as const;
const INTERNAL = ["an internal error of EC2", null] as const;
const CONNECTION = ["the connection to EC2 failed", null] as const;

const BY_CODE: ReadonlyMap<string, readonly [words: string, lack: Lack]> = new Map<string, readonly [string, Lack]>([
	["InsufficientInstanceCapacity", NO_CAPACITY],
	["InsufficientCapacity", NO_CAPACITY],
	["UnfulfillableCapacity", NO_CAPACITY],
	["InsufficientHostCapacity", ["no capacity on dedicated hosts", "capacity"]],
	["InsufficientCapacityOnHost", ["no capacity on the dedicated host", "capacity"]],
	["InsufficientReservedInstanceCapacity", ["no reserved capacity", "capacity"]],
	["Unsupported", ["not offered in the zone", "capacity"]],
	["partial", NO_CAPACITY],
	["probe", ["no capacity some minutes ago, so only one was requested", "capacity"]],
	["SpotMaxPriceTooLow", ["the spot price is above the bid", "price"]],
	["InstanceLimitExceeded", quota("instance")],
	["MaxSpotInstanceCountExceeded", quota("spot")],
	["VcpuLimitExceeded", quota("vCPU")],
	["MaxIOPSLimitExceeded", quota("IOPS")],
	["VolumeLimitExceeded", quota("volume")],
	["NetworkInterfaceLimitExceeded", quota("network interface")],
	["InsufficientFreeAddressesInSubnet", ["no free address in the subnet", "address"]],
	["InvalidParameterValue", ["a value in the request is invalid", null]],
	["InvalidParameterCombination", ["values in the request don't fit together", null]],
	["InvalidInstanceType", ["no such EC2 instance type", null]],
	["VolumeTypeNotAvailableInZone", ["the zone does not have the volume type", null]],
	["InvalidSubnetID.NotFound", NO_SUBNET],
	["InvalidSubnetID.Malformed", ["the subnet's ID is malformed", null]],
	["InvalidSubnet", NO_SUBNET],
	["InvalidAMIID.NotFound", ["the image does not exist", null]],
	["InvalidAMIID.Unavailable", ["the image is not available", null]],
	["InvalidAMIID.Malformed", ["the image's ID is malformed", null]],
	["UnauthorizedOperation", DENIED],
	["AccessDenied", DENIED],
	["AuthFailure", ["AWS did not accept the credentials", null]],
	["AuthFailure.ServiceLinkedRoleCreationNotPermitted", ["the service-linked role for spot is missing", null]],
	["OptInRequired", ["the account lacks a subscription or has not enabled the region", null]],
	["PendingVerification", ["AWS is still validating the account", null]],
	["Blocked", ["AWS has blocked the account", null]],
	["ExpiredToken", EXPIRED],
	["ExpiredTokenException", EXPIRED],
	["RequestExpired", EXPIRED],
	["InvalidClientTokenId", UNKNOWN_CREDENTIALS],
	["UnrecognizedClientException", UNKNOWN_CREDENTIALS],
	["SignatureDoesNotMatch", ["the request's signature is wrong", null]],
	["CredentialsProviderError", ["no AWS credentials", null]],
	["IdempotentParameterMismatch", ASKED_BEFORE],
	["IdempotentInstanceTerminated", ASKED_BEFORE],
	["RequestLimitExceeded", TOO_FAST],
	["Throttling", TOO_FAST],
	["ThrottlingException", TOO_FAST],
	["EC2ThrottledException", TOO_FAST],
	["RequestThrottled", TOO_FAST],
	["InternalError", INTERNAL],
	["InternalFailure", INTERNAL],
	["ServiceUnavailable", INTERNAL],
	["Unavailable", INTERNAL],
	["unread-answer", ["EC2's answer could not be read", null]],
	["TimeoutError", ["EC2 did not answer in time", null]],
	["ECONNRESET", CONNECTION],
	["ECONNREFUSED", CONNECTION],
	["ETIMEDOUT", CONNECTION],
	["EPIPE", CONNECTION],
	["ENOTFOUND", CONNECTION],
	["EAI_AGAIN", CONNECTION],
	["timeout", ["the run ran out of time", null]],
	["interrupted", ["the run was stopped", null]],
	["lock-lost", ["the lock was lost", null]],
	["connection-lost", ["the lock could not be confirmed", null]],
	["no-certificate", ["no certificate", null]],
	["user-data-too-long", ["the user data is too long", null]],
]);

export function lackOf(code: string): Lack {
	return BY_CODE.get(code)?.[1] ?? null;
}

/** As Markdown. A code without words is shown, because it is the only clue; as text, because it is foreign. */
export function refusalWords(code: string): string {
	return BY_CODE.get(code)?.[0] ?? `another error, ${escapeMarkdown(code)}`;
}

/**
 * The message of a reason, as Markdown, with words for the codes in it: `CODE (placements); CODE (placements)`.
 * @param known codes of the report's refusals; anything else is text
 */
export function withWords(message: string, known: ReadonlySet<string>): string {
	return escapeMessage(message).replace(/(?<=^|; )[\w.-]+(?= \()/g, (found) =>
		known.has(found) ? refusalWords(found) : found,
	);
}

/** The codes in the message of a reason; see {@link withWords}. */
export function codesIn(message: string, known: ReadonlySet<string>): readonly string[] {
	return [...message.matchAll(/(?<=^|; )[\w.-]+(?= \()/g)].map(([code]) => code).filter((code) => known.has(code));
}
