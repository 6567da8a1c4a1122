/** What a tick reads, as plain values. Times are whole seconds since 1970, UTC. */
import type { LaunchTemplate, Lifecycle, MozType, Region, Role } from "./policy.ts";

/** Pending build requests of one builder. */
export interface PendingBuilder {
	/** As `decodeName` of builder-name.ts returns it. */
	readonly builder: string;
	/** Build requests, at least 1. */
	readonly count: number;
	/** `submitted_at` of the oldest one. */
	readonly oldestSubmittedAt: number;
	/** The request with the highest ID, by which a watch recognizes new ones. */
	readonly newest?: { readonly id: number; readonly submittedAt: number };
}

/** What the scheduler database returned. */
export interface PendingRequests {
	readonly builders: readonly PendingBuilder[];
	/** Pending build requests outside the age window. */
	readonly outsideAgeWindow: number;
}

/** What Buildbot's tables contain about workers that have the names of machines. */
export interface WorkerFacts {
	/** A worker that is missing here is unknown to Buildbot. */
	readonly known: readonly {
		readonly name: string;
		/** Null: unknown. */
		readonly isConnected: boolean | null;
		/** Since the machine's launch; null: none is known. `submittedAt` is its request's, and null if unknown. */
		readonly firstBuild: { readonly startedAt: number; readonly submittedAt: number | null } | null;
	}[];
	/** Of a machine launched earlier than this, not all builds were read. */
	readonly buildsSince: number;
}

/** An instance that is not terminated, of any type or none. */
export interface Instance {
	readonly instanceId: string;
	readonly region: Region;
	/** The role that saw it. */
	readonly role: Role;
	readonly availabilityZone: string;
	/** EC2's name: `pending`, `running`, `shutting-down`, `stopping`, `stopped`. */
	readonly state: string;
	/** Value of the type tag. */
	readonly mozType: MozType | null;
	/** The `Name` tag. Without it, the name that the user data gives to the instance's launch index. */
	readonly name: string | null;
	/**
	 * Whether the user data gives the instance a name, and it has no `Name` tag. If its name is null nevertheless, the name
	 * can't be known. False unless given.
	 */
	readonly lacksNameTag?: boolean;
	/** Whether it has the tag `moz-created`, which this action gives to all its instances. */
	readonly ours: boolean;
	readonly lifecycle: Lifecycle;
	readonly launchedAt: number;
	readonly instanceType: string;
	readonly imageId: string;
	/** EC2's term, for example `hvm`. */
	readonly virtualizationType: string;
	/** EC2's term, for example `ebs`. */
	readonly rootDeviceType: string;
	/** Whether it has the tag `moz-loaned-to`: a person is using it. */
	readonly loaned: boolean;
	/** The tag `moz-state`; null if it has none. */
	readonly mozState: string | null;
}

/** An instance of ours that is terminated, or about to be. EC2 remembers it for about an hour. */
export interface TerminatedInstance {
	readonly instanceId: string;
	readonly region: Region;
	readonly availabilityZone: string;
	readonly mozType: MozType;
	readonly lifecycle: Lifecycle;
	readonly instanceType: string;
	readonly imageId: string;
	readonly launchedAt: number;
	/** Null: EC2 states no time. */
	readonly endedAt: number | null;
	/** EC2's `StateReason`; empty texts if it gives none. */
	readonly reason: { readonly code: string; readonly message: string };
}

export interface Subnet {
	readonly subnetId: string;
	readonly availabilityZone: string;
	readonly freeAddresses: number;
}

/** An available image of the account, tagged for a type. */
export interface Image {
	readonly imageId: string;
	readonly mozType: MozType;
	readonly createdAt: number;
	/** Whether its deprecation time has passed. */
	readonly deprecated: boolean;
	readonly devices: readonly ImageDevice[];
}

/** A block device of an image. */
export interface ImageDevice {
	readonly deviceName: string;
	/** GiB; null if it is not a volume or has no size of its own. */
	readonly size: number | null;
}

/** The current price. */
export interface SpotPrice {
	readonly availabilityZone: string;
	readonly instanceType: string;
	/** EC2's name of the operating system, for example `Linux/UNIX`; each has its own price. */
	readonly productDescription: string;
	/** USD per hour. */
	readonly price: number;
}

/** A spot request, as long as EC2 remembers it: while its instance exists, and some hours longer. */
export interface SpotRequest {
	readonly availabilityZone: string;
	readonly instanceType: string;
	readonly createdAt: number;
	/** EC2's status code, such as `fulfilled` or `capacity-not-available`. */
	readonly statusCode: string;
	/** When the status last changed; null: EC2 gave no time. */
	readonly statusAt: number | null;
}

/** The instances that one region showed to one role. */
export interface MachineFacts {
	readonly region: Region;
	readonly role: Role;
	/** Seconds by which EC2's clock is ahead of this machine's; 0 unless given. */
	readonly clockOffset?: number;
	readonly instances: readonly Instance[];
	readonly terminated: readonly TerminatedInstance[];
}

/** What one region answered to one role. The same zone has different names in different accounts. */
export interface RegionFacts extends MachineFacts {
	readonly subnets: readonly Subnet[];
	readonly images: readonly Image[];
	readonly spotPrices: readonly SpotPrice[];
	readonly spotRequests: readonly SpotRequest[];
	/** Those that types in demand use here. */
	readonly templates: readonly TemplateFacts[];
}

/** A version of a launch template, or why it could not be read. */
export type TemplateFacts = LaunchTemplate &
	(
		| { readonly kind: "read"; readonly content: TemplateContent }
		| { readonly kind: "unreadable"; readonly message: string }
	);

/** What a launch template would merge into a launch, as far as it matters. */
export interface TemplateContent {
	/** EC2's term, for example `spot`; null if the template has no market options. */
	readonly marketType: string | null;
	/** Names of the spot options that it sets. */
	readonly spotOptions: readonly string[];
	/** Whether it sets security groups outside a network interface. */
	readonly hasSecurityGroups: boolean;
	/** Device index of each network interface; null if it has none. */
	readonly interfaces: readonly (number | null)[];
	/** Tag keys by the kind of resource. */
	readonly tags: readonly { readonly resource: string; readonly keys: readonly string[] }[];
	/** Settings that change what a launch costs, for the message. */
	readonly changesCost: readonly string[];
}
