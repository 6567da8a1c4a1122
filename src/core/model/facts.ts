/** What a tick learns from outside, as plain values. Times are whole seconds since 1970, UTC. */
import type { Lifecycle, MozType, Region, Role } from "./policy.ts";

/** Pending build requests of one builder. */
export interface PendingBuilder {
	/**
	 * A name that can't be decoded has an unpaired surrogate, U+DC00 plus the byte, for each byte above 0x7F, as in
	 * Python. No pattern matches it.
	 */
	readonly builder: string;
	/** Build requests, at least 1. */
	readonly count: number;
	/** `submitted_at` of the one that has waited longest. */
	readonly oldestSubmittedAt: number;
}

/** What the scheduler database answered. */
export interface PendingRequests {
	readonly builders: readonly PendingBuilder[];
	/** Pending build requests outside the age window. */
	readonly outsideAgeWindow: number;
}

/** An instance that is not terminated, of any type or none. */
export interface Instance {
	readonly instanceId: string;
	readonly region: Region;
	/** By which it was seen. */
	readonly role: Role;
	readonly availabilityZone: string;
	/** EC2's name: `pending`, `running`, `shutting-down`, `stopping`, `stopped`. */
	readonly state: string;
	/** Value of the type tag. */
	readonly mozType: MozType | null;
	/** The `Name` tag. */
	readonly name: string | null;
	/** Whether it bears `moz-created`, as all do that this action launches. */
	readonly ours: boolean;
	readonly lifecycle: Lifecycle;
	readonly launchedAt: number;
	readonly instanceType: string;
	readonly imageId: string;
	/** EC2's word, such as `hvm`. */
	readonly virtualizationType: string;
	/** EC2's word, such as `ebs`. */
	readonly rootDeviceType: string;
	/** Whether it bears `moz-loaned-to`: a person has it. */
	readonly loaned: boolean;
	/** The `moz-state` tag; null where it has none. */
	readonly mozState: string | null;
}

export interface Subnet {
	readonly subnetId: string;
	readonly availabilityZone: string;
	readonly freeAddresses: number;
}

/** An available image of the own account, tagged for a type. */
export interface Image {
	readonly imageId: string;
	readonly mozType: MozType;
	readonly createdAt: number;
	readonly devices: readonly ImageDevice[];
}

/** A block device that an image brings along. */
export interface ImageDevice {
	readonly deviceName: string;
	/** GiB; null for what is no volume, or has no size of its own. */
	readonly size: number | null;
}

/** The price of now. */
export interface SpotPrice {
	readonly availabilityZone: string;
	readonly instanceType: string;
	/** EC2's word for the system that runs, such as `Linux/UNIX`; each has its own price. */
	readonly productDescription: string;
	/** USD per hour. */
	readonly price: number;
}

/** A recent spot request. */
export interface SpotRequest {
	readonly availabilityZone: string;
	readonly instanceType: string;
	readonly createdAt: number;
	/** EC2's status code, such as `fulfilled` or `capacity-not-available`. */
	readonly statusCode: string;
}

/** What one region answered, to one role. Zones go by other names in other accounts. */
export interface RegionFacts {
	readonly region: Region;
	readonly role: Role;
	readonly instances: readonly Instance[];
	readonly subnets: readonly Subnet[];
	readonly images: readonly Image[];
	readonly spotPrices: readonly SpotPrice[];
	readonly spotRequests: readonly SpotRequest[];
}
