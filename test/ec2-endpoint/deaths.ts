/** Why instances end. */
import type { Lifecycle } from "../../src/core/model/policy.ts";

/** Source: `StateReason` in the EC2 API Reference, and "Troubleshoot instance launch issues" in the EC2 User Guide. */
const MESSAGES = {
	"Client.InstanceInitiatedShutdown": "Instance initiated shutdown",
	"Client.InternalError": "Client error on launch",
	"Client.InvalidKMSKey.InvalidState": "The KMS key provided is in an incorrect state",
	"Client.InvalidSnapshot.NotFound": "The specified snapshot was not found",
	"Client.UserInitiatedShutdown": "User initiated shutdown",
	"Client.VolumeLimitExceeded": "Volume limit exceeded",
	"Server.InsufficientInstanceCapacity": "Insufficient capacity to satisfy instance request",
	"Server.InternalError": "Internal error on launch",
	"Server.SpotInstanceTermination": "Spot instance termination",
} as const;

export type DeathCode = keyof typeof MESSAGES;

export interface StateReason {
	readonly code: string;
	readonly message: string;
}

/** Which launched instances die. A condition that is left out matches every instance. */
export interface DeathRule {
	readonly cause: DeathCode;
	/** Seconds from the launch to the end; 0 by default: right after the answer of the launch. */
	readonly after?: number;
	readonly availabilityZone?: string;
	readonly instanceType?: string;
	readonly imageId?: string;
	readonly lifecycle?: Lifecycle;
	/** Number of instances to affect; all by default. */
	readonly times?: number;
}

const CONDITIONS = ["availabilityZone", "instanceType", "imageId", "lifecycle"] as const;

export function dies(rule: DeathRule, instance: Required<Pick<DeathRule, (typeof CONDITIONS)[number]>>): boolean {
	return CONDITIONS.every((name) => rule[name] === undefined || rule[name] === instance[name]);
}

export function causeOf(code: DeathCode): StateReason {
	return { code, message: `${code}: ${MESSAGES[code]}` };
}

/** `StateTransitionReason`. Only the form of a user's request is documented; that the others name the code is unsure. */
export function transitionReasonOf(code: DeathCode, seconds: number): string {
	if (code !== "Client.UserInitiatedShutdown") return causeOf(code).message;
	const time = new Date(seconds * 1000).toISOString().slice(0, 19).replace("T", " ");
	return `User initiated (${time} GMT)`;
}
