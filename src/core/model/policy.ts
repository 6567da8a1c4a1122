/** What the configuration decides, as values the rest of the core reads. `config/` makes them from files. */

import type { UserDataTemplate } from "./user-data.ts";

/** A class of machines, such as `bld-linux64`: the seed's "instance type", the value of the type tag. */
export type MozType = string;
/** An AWS region, such as `us-west-2`. */
export type Region = string;
export type Lifecycle = "spot" | "on-demand";
/** ARN of an IAM role that the tick assumes; null: the credentials that it was started with. */
export type Role = string | null;

/** One entry of `buildermap`. Entries are tried in file order. */
export interface BuilderPattern {
	/** The expression as written in the file, in Python's syntax. */
	readonly source: string;
	/** 1-based line of the entry in the configuration file. */
	readonly line: number;
	/** The compiled expression; sticky, so that it matches only at the start of the name, like Python's `re.match`. */
	readonly regex: RegExp;
	readonly mozType: MozType;
}

/** One EC2 instance type to bid for; `spot.rules.<type>[]`. */
export interface SpotRule {
	readonly instanceType: string;
	/** Speed relative to the other rules of the type: a price is divided by it before prices are compared. */
	readonly performanceConstant: number;
	/** Maximum price, USD per hour. */
	readonly bidPrice: number;
	/** Availability zones in which this rule is not used. */
	readonly ignoredAzs: readonly string[];
	/** The operating system whose price applies: `Linux/UNIX`, `Windows` and so on, in EC2's terms. */
	readonly productDescription: string;
}

/** How the spot machines of a type are spread, so that EC2 can't reclaim them all at once; `spot.spread.<type>`. */
export interface Spread {
	/** Number of spot pools to share the machines, 2 to 20. */
	readonly pools: number;
	/** By how much a pool's price may exceed the best one's, as a share of it, 0 to 1. */
	readonly premium: number;
}

/** Limits on live + new instances of one lifecycle. 0 means none. */
export interface Limits {
	readonly global: Readonly<Record<MozType, number>>;
	readonly regions: Readonly<Record<Region, Readonly<Record<MozType, number>>>>;
}

export interface Heuristics {
	/** Seconds during which a launched instance counts as fresh. */
	readonly freshInstanceDelay: number;
	/** The same for pools with a slaveset. */
	readonly freshInstanceDelayJacuzzi: number;
	/** One in this many old instances is expected to become free soon. */
	readonly oldDivisor: number;
	/** `lifecycle`: spot and on-demand instances are counted separately, as in the seed; `pool`: together. */
	readonly scope: "lifecycle" | "pool";
}

/** One entry of a `device_map`. The image decides what is null. */
export interface BlockDevice {
	readonly deviceName: string;
	readonly ephemeralName: string | null;
	/** GiB. */
	readonly size: number | null;
	readonly volumeType: string | null;
	readonly iops: number | null;
	/** MiB/s. */
	readonly throughput: number | null;
	readonly encrypted: boolean | null;
	readonly deleteOnTermination: boolean | null;
}

/** How a type is launched in one region: `<region>` of the type's file. */
export interface TypeRegion {
	readonly domain: string | null;
	/** An image id, or `resolve:ssm:…`. */
	readonly ami: string;
	readonly subnetIds: readonly string[];
	readonly securityGroupIds: readonly string[];
	/** The EC2 instance type of on-demand launches. */
	readonly instanceType: string;
	readonly sshKey: string | null;
	readonly usePublicIp: boolean;
	readonly instanceProfileName: string | null;
	readonly deviceMap: readonly BlockDevice[];
	readonly tags: Readonly<Record<string, string>>;
	/** `{puppet_server}` of the user data; empty unless configured. */
	readonly puppetServer: string;
	/** The template that the launch is based on; this configuration overrides it. */
	readonly launchTemplate: LaunchTemplate | null;
}

/** An EC2 launch template. */
export interface LaunchTemplate {
	/** `lt-…`, or its name. */
	readonly idOrName: string;
	/** A number, `$Default` or `$Latest`. */
	readonly version: string;
}

/** A type's file. */
export interface TypeConfig {
	readonly mozType: MozType;
	/** Name pattern with one `%d` or `%0Nd`, such as `bld-linux64-ec2-%03d`. */
	readonly hostname: string | null;
	/** The names, in the order in which instances get them. If this and `hostname` are null, instances have no names. */
	readonly names: readonly string[] | null;
	readonly userData: UserDataTemplate | null;
	readonly regions: Readonly<Record<Region, TypeRegion>>;
}

/** The original's bootstrap certificates. */
export interface Certs {
	/** An https URL with the placeholder `{fqdn}`. */
	readonly url: string;
	/** Relative to the workspace. */
	readonly cacheDir: string;
}

/** Requests younger or older than this are ignored. Seconds; null: no bound. */
export interface AgeWindow {
	readonly minAge: number | null;
	readonly maxAge: number | null;
}

/** The Graphite server to which metrics are sent. */
export interface Graphite {
	readonly host: string;
	readonly port: number;
	/** Parts separated by dots. */
	readonly prefix: string;
}

/** The source of the builders' slavesets. */
export type Jacuzzi =
	/** An allocator, such as `http://allocator/v1`. */
	| { readonly url: string }
	/** Worker names by builder. */
	| { readonly builders: Readonly<Record<string, readonly string[]>> }
	/** The master's own tables. */
	| { readonly buildbot: true };

export interface Policy {
	/** Key of the tag that carries the type; `moz-type` unless configured. */
	readonly typeTag: string;
	readonly builderMap: readonly BuilderPattern[];
	/** Integers, at least 0; a region of 0 is not used unless the `regions` input names it. */
	readonly regionPriorities: Readonly<Record<Region, number>>;
	readonly spotRules: Readonly<Record<MozType, readonly SpotRule[]>>;
	readonly spotLimits: Limits;
	/** Types without an entry are launched where they are cheapest. */
	readonly spotSpread: Readonly<Record<MozType, Spread>>;
	readonly onDemandLimits: Limits;
	/** USD per hour, by EC2 instance type. */
	readonly onDemandPrices: Readonly<Record<string, number>>;
	/** USD per hour that the live and new machines of a type may cost. */
	readonly maxHourlyCosts: Readonly<Record<MozType, number>>;
	readonly heuristics: Heuristics;
	readonly pending: AgeWindow;
	/** ARNs of roles to assume; a type's role takes precedence over its region's. */
	readonly roles: {
		readonly regions: Readonly<Record<Region, string>>;
		readonly types: Readonly<Record<MozType, string>>;
	};
	/** Null: no builder is bound to named workers. */
	readonly jacuzzi: Jacuzzi | null;
	/** The source of bootstrap certificates; null: none are used. */
	readonly certs: Certs | null;
	/** Null: no metrics are sent. */
	readonly graphite: Graphite | null;
	/** Every type that `buildermap` names. */
	readonly types: Readonly<Record<MozType, TypeConfig>>;
}
