import type { Lifecycle } from "../../src/core/model/policy.ts";
import { causeOf, type DeathCode, type DeathRule, dies, type StateReason, transitionReasonOf } from "./deaths.ts";
import { Ec2Error } from "./errors.ts";
import { vcpusOf } from "./instance-types.ts";
import { RateLimits } from "./rates.ts";

type Tags = Readonly<Record<string, string>>;

export type InstanceState = "pending" | "running" | "shutting-down" | "terminated" | "stopping" | "stopped";
export type ImageState = "pending" | "available" | "invalid" | "deregistered" | "transient" | "failed" | "error";

/** One block device, of an image or of a launch. What is null is left to EC2. */
export interface DeviceMapping {
	readonly deviceName: string;
	readonly virtualName: string | null;
	readonly noDevice: boolean;
	readonly ebs: {
		readonly volumeSize: number | null;
		readonly volumeType: string | null;
		readonly iops: number | null;
		readonly throughput: number | null;
		readonly encrypted: boolean | null;
		readonly deleteOnTermination: boolean | null;
		readonly snapshotId: string | null;
		readonly kmsKeyId: string | null;
	} | null;
}

/** What a launch requests for each instance. */
export interface LaunchRequest {
	readonly region: string;
	readonly availabilityZone: string;
	readonly subnetId: string;
	readonly imageId: string;
	readonly instanceType: string;
	readonly lifecycle: Lifecycle;
	/** USD per hour; null: the on-demand price. */
	readonly maxPrice: number | null;
	readonly keyName: string | null;
	readonly securityGroupIds: readonly string[];
	/** Name or ARN. */
	readonly instanceProfile: string | null;
	readonly publicAddress: boolean | null;
	readonly blockDevices: readonly DeviceMapping[];
	readonly shutdownBehavior: "stop" | "terminate";
	readonly ebsOptimized: boolean;
	readonly metadata: {
		readonly httpTokens: string;
		readonly httpEndpoint: string;
		readonly hopLimit: number;
		readonly tags: boolean;
	};
	readonly tags: Tags;
	readonly volumeTags: Tags;
	readonly spotRequestTags: Tags;
	/** As sent, in base64. */
	readonly userData: string | null;
	readonly clientToken: string | null;
}

/** An instance of the world, possibly terminated. */
export interface WorldInstance extends LaunchRequest {
	readonly instanceId: string;
	readonly reservationId: string;
	readonly launchIndex: number;
	readonly spotInstanceRequestId: string | null;
	readonly privateAddress: string;
	/** From its image. */
	readonly virtualizationType: string;
	readonly rootDeviceType: string;
	readonly state: InstanceState;
	/** Seconds since 1970. */
	readonly launchedAt: number;
	/** Seconds since 1970; null until it is terminated. */
	readonly terminatedAt: number | null;
	/** Why it shuts down or is terminated; null until then. */
	readonly stateReason: StateReason | null;
	/** EC2's text for the same; empty until then. */
	readonly stateTransitionReason: string;
}

/** How long new instances are unknown. EC2 promises no bound: "Eventual consistency" in the EC2 Developer Guide. */
export interface Consistency {
	/** `CreateTags` does not know an instance for this many calls, and for this many seconds since its launch. */
	readonly untaggable?: { readonly calls?: number; readonly seconds?: number };
	/** Seconds since its launch in which `DescribeInstances` does not know an instance. */
	readonly unlisted?: number;
	/** Seconds since its launch in which `DescribeInstances` shows an instance without tags. */
	readonly untagged?: number;
}

/** Quotas of the account in a region; unlimited unless given. */
export interface Quotas {
	/** vCPUs of on-demand instances: `VcpuLimitExceeded`. */
	readonly onDemandVcpus?: number;
	/** vCPUs of spot instances: `MaxSpotInstanceCountExceeded`, although the quota counts vCPUs. */
	readonly spotVcpus?: number;
	/** Instances of both lifecycles: `InstanceLimitExceeded`. */
	readonly instances?: number;
}

/** What a zone does not offer although its region does. */
export interface ZoneLacks {
	readonly instanceTypes?: readonly string[];
	readonly volumeTypes?: readonly string[];
}

/** One launch template. Version 1 is the first of `versions`. */
export interface LaunchTemplateSpec {
	readonly launchTemplateId: string;
	/** Its id unless given. */
	readonly name?: string;
	/** 1 unless given. */
	readonly defaultVersion?: number;
	/** The data by the names that `RunInstances` has on the wire, for example `NetworkInterface.1.DeviceIndex`. */
	readonly versions: readonly { readonly data: Readonly<Record<string, string>> }[];
}

export interface WorldSubnet {
	readonly subnetId: string;
	readonly availabilityZone: string;
	readonly freeAddresses: number;
}

export interface WorldImage {
	readonly imageId: string;
	/** The image's own name, which is not its `Name` tag. */
	readonly name: string;
	readonly tags: Tags;
	readonly createdAt: number;
	readonly state: ImageState;
	readonly own: boolean;
	readonly architecture: "arm64" | "x86_64";
	/** Seconds since 1970 from which it is deprecated; null: never. */
	readonly deprecatedAt: number | null;
	readonly rootDeviceName: string;
	readonly rootDeviceType: string;
	readonly virtualizationType: string;
	readonly blockDevices: readonly DeviceMapping[];
}

/** A price in force from `at` until the next one. */
export interface PricePoint {
	readonly at: number;
	/** USD per hour. */
	readonly price: number;
}

export interface PriceHistory {
	readonly availabilityZone: string;
	readonly instanceType: string;
	readonly product: string;
	/** By time. */
	readonly points: readonly PricePoint[];
}

export interface WorldSpotRequest {
	readonly spotInstanceRequestId: string;
	readonly availabilityZone: string;
	readonly instanceType: string;
	readonly imageId: string | null;
	readonly instanceId: string | null;
	readonly createdAt: number;
	readonly state: "open" | "active" | "closed" | "cancelled" | "failed";
	readonly statusCode: string;
	/** Seconds since 1970 of the last change of its status; null: EC2 does not tell. */
	readonly statusAt: number | null;
	readonly maxPrice: number | null;
	readonly tags: Tags;
}

/** An image of a new region. `mozType` and `name` are its `moz-type` and `Name` tags. */
export interface ImageSpec extends Partial<Omit<WorldImage, "imageId" | "blockDevices">> {
	readonly imageId: string;
	readonly mozType?: string;
	readonly blockDevices?: readonly DeviceSpec[];
}

export type DeviceSpec = Partial<Omit<DeviceMapping, "deviceName" | "ebs">> & {
	readonly deviceName: string;
	readonly ebs?: Partial<NonNullable<DeviceMapping["ebs"]>> | null;
};

/** An existing instance. `mozType` and `name` are its `moz-type` and `Name` tags. */
export interface InstanceSpec extends Partial<Omit<WorldInstance, "region">> {
	readonly mozType?: string;
	readonly name?: string;
	/** Seconds since its launch; instead of `launchedAt`. */
	readonly age?: number;
}

export interface SpotRequestSpec
	extends Pick<WorldSpotRequest, "availabilityZone" | "instanceType" | "statusCode">,
		Partial<Omit<WorldSpotRequest, "availabilityZone" | "instanceType" | "statusCode">> {}

/** One price, for every zone or for one; a constant or a history. */
export interface PriceSpec {
	readonly instanceType: string;
	readonly availabilityZone?: string;
	readonly price: number | readonly PricePoint[];
	/** `Linux/UNIX` unless given. */
	readonly product?: string;
}

export interface CapacitySpec {
	readonly availabilityZone: string;
	readonly instanceType: string;
	readonly lifecycle: Lifecycle;
	/** How many more can be launched. */
	readonly count: number;
}

/** A region of a new world. If a set is omitted, every id exists; if it is given, only its ids exist. */
export interface RegionSpec {
	readonly subnets?: readonly WorldSubnet[];
	/** Zones without a subnet. */
	readonly zones?: readonly string[];
	readonly images?: readonly ImageSpec[];
	readonly instances?: readonly InstanceSpec[];
	readonly spotPrices?: readonly PriceSpec[];
	readonly spotRequests?: readonly SpotRequestSpec[];
	readonly capacity?: readonly CapacitySpec[];
	readonly instanceTypes?: readonly string[];
	readonly securityGroups?: readonly string[];
	readonly keyPairs?: readonly string[];
	/** Names. */
	readonly instanceProfiles?: readonly string[];
	/** Image ids by the name of the public or own parameter: what `resolve:ssm:NAME` resolves to. */
	readonly parameters?: Readonly<Record<string, string>>;
	/** Unless given, any template exists and is empty. */
	readonly launchTemplates?: readonly LaunchTemplateSpec[];
	/** By zone. */
	readonly zoneLacks?: Readonly<Record<string, ZoneLacks>>;
	readonly quotas?: Quotas;
	readonly consistency?: Consistency;
	/** Which launches die, and why. The first rule that matches an instance decides. */
	readonly deaths?: readonly DeathRule[];
}

export interface WorldSpec {
	readonly regions: Readonly<Record<string, RegionSpec>>;
	/**
	 * Seconds since 1970: a time that only `advance` moves, or the clock of a test. Without it, the world's time stands
	 * still at its creation, and only the `Date` header of answers follows the machine's clock.
	 */
	readonly now?: number | (() => number);
	/** Whether EC2's token buckets are enforced, on the world's clock; false by default. */
	readonly rateLimits?: boolean;
	/** State of a new instance; `pending` unless given. */
	readonly launchState?: "pending" | "running";
	/** Capacity of everything that `capacity` does not name; unlimited unless given. */
	readonly defaultCapacity?: number;
	readonly accountId?: string;
	/**
	 * Whether a client token whose instances are all terminated answers `IdempotentInstanceTerminated`, which is in EC2's
	 * list of error codes, instead of the first result. True by default; that EC2 also does so right after a launch whose
	 * instances died, and if only some did, is unsure.
	 */
	readonly forgetsTerminatedLaunches?: boolean;
}

/** The current state of a region. The maps are by id, in the order of creation. */
export class WorldRegion {
	readonly name: string;
	readonly zones: readonly string[];
	readonly subnets = new Map<string, WorldSubnet>();
	/** Null: any id is an image. */
	readonly images: Map<string, WorldImage> | null;
	readonly instances = new Map<string, WorldInstance>();
	readonly spotRequests = new Map<string, WorldSpotRequest>();
	readonly prices = new Map<string, PriceHistory>();
	readonly instanceTypes: ReadonlySet<string> | null;
	readonly securityGroups: ReadonlySet<string> | null;
	readonly keyPairs: ReadonlySet<string> | null;
	readonly instanceProfiles: ReadonlySet<string> | null;
	readonly parameters: ReadonlyMap<string, string>;
	/** Launches that succeeded, by client token and what it is scoped to. */
	readonly launches = new Map<string, { readonly fingerprint: string; readonly instanceIds: readonly string[] }>();

	readonly launchTemplates: ReadonlyMap<string, LaunchTemplateSpec> | null;
	/** A test may change these four at any time. */
	zoneLacks: Readonly<Record<string, ZoneLacks>>;
	quotas: Quotas;
	consistency: Consistency;
	deaths: readonly DeathRule[];
	/** How often `CreateTags` named an instance that a call launched. */
	readonly tagCalls = new Map<string, number>();
	/** Null: calls are not throttled. */
	readonly rates: RateLimits | null;

	constructor(name: string, spec: RegionSpec, now: number, rates: RateLimits | null) {
		this.name = name;
		this.rates = rates;
		const setOf = (ids: readonly string[] | undefined): ReadonlySet<string> | null => (ids ? new Set(ids) : null);
		const ofSubnets = (spec.subnets ?? []).map((subnet) => subnet.availabilityZone);
		this.zones = [...new Set([...ofSubnets, ...(spec.zones ?? [])])].sort();
		for (const subnet of spec.subnets ?? []) this.subnets.set(subnet.subnetId, { ...subnet });
		this.images = spec.images ? new Map(spec.images.map((image) => [image.imageId, imageOf(image, now)])) : null;
		this.instanceTypes = setOf(spec.instanceTypes);
		this.securityGroups = setOf(spec.securityGroups);
		this.keyPairs = setOf(spec.keyPairs);
		this.instanceProfiles = setOf(spec.instanceProfiles);
		this.parameters = new Map(Object.entries(spec.parameters ?? {}));
		const templates = spec.launchTemplates?.map((template) => [template.launchTemplateId, template] as const);
		this.launchTemplates = templates === undefined ? null : new Map(templates);
		this.zoneLacks = spec.zoneLacks ?? {};
		this.quotas = spec.quotas ?? {};
		this.consistency = spec.consistency ?? {};
		this.deaths = spec.deaths ?? [];
	}
}

/** Seconds for which `DescribeInstances` shows a terminated instance: about an hour. */
const TERMINATED_SHOWN = 3600;

function deviceOf(spec: DeviceSpec): DeviceMapping {
	const ebs = spec.ebs && {
		volumeSize: null,
		volumeType: null,
		iops: null,
		throughput: null,
		encrypted: null,
		deleteOnTermination: null,
		snapshotId: null,
		kmsKeyId: null,
		...spec.ebs,
	};
	return { virtualName: null, noDevice: false, ...spec, ebs: ebs ?? null };
}

function typeAndName(mozType: string | undefined, name: string | undefined): Tags {
	return {
		...(mozType === undefined ? {} : { "moz-type": mozType }),
		...(name === undefined ? {} : { Name: name }),
	};
}

function imageOf({ mozType, ...spec }: ImageSpec, now: number): WorldImage {
	const rootDeviceName = spec.rootDeviceName ?? "/dev/sda1";
	const root: DeviceSpec = { deviceName: rootDeviceName, ebs: { volumeSize: 8, volumeType: "gp3" } };
	return {
		name: spec.imageId,
		createdAt: now - 86_400,
		state: "available",
		own: true,
		architecture: "x86_64",
		deprecatedAt: null,
		rootDeviceName,
		rootDeviceType: "ebs",
		virtualizationType: "hvm",
		...spec,
		tags: { ...typeAndName(mozType, spec.name), ...spec.tags },
		blockDevices: (spec.blockDevices ?? [root]).map(deviceOf),
	};
}

/** Source: "State changes for a Spot request" in the EC2 User Guide. */
function stateOf(statusCode: string): WorldSpotRequest["state"] {
	if (statusCode.startsWith("instance-terminated-")) return "closed";
	return statusCode === "fulfilled" ? "active" : "open";
}

function hex(count: number, digits: number): string {
	return count.toString(16).padStart(digits, "0");
}

/** One account with all its regions. It keeps its state between ticks. */
export class World {
	readonly accountId: string;
	/** See `WorldSpec`. */
	forgetsTerminatedLaunches: boolean;
	readonly #regions = new Map<string, WorldRegion>();
	readonly #launchState: "pending" | "running";
	readonly #capacity = new Map<string, number>();
	readonly #defaultCapacity: number;
	/** Instances launched by a call, whose end returns an address and capacity. */
	readonly #launched = new Set<string>();
	readonly #doomed = new Map<string, { readonly at: number; readonly rule: DeathRule }>();
	readonly #deathCounts = new Map<DeathRule, number>();
	readonly #clock: () => number;
	readonly #dateClock: () => number;
	#advanced = 0;
	#created = 0;

	constructor(spec: WorldSpec) {
		this.accountId = spec.accountId ?? "123456789012";
		this.forgetsTerminatedLaunches = spec.forgetsTerminatedLaunches ?? true;
		// As in EC2, accounts never share an id.
		this.#created = spec.accountId === undefined ? 0 : (Number(spec.accountId) % 1000) * 0x100000;
		const start = spec.now ?? Math.floor(Date.now() / 1000);
		this.#clock = typeof start === "function" ? start : () => start;
		this.#dateClock = spec.now === undefined ? () => Date.now() / 1000 : this.#clock;
		this.#launchState = spec.launchState ?? "pending";
		this.#defaultCapacity = spec.defaultCapacity ?? Number.POSITIVE_INFINITY;
		for (const [name, region] of Object.entries(spec.regions)) {
			this.#regions.set(
				name,
				new WorldRegion(name, region, this.now(), spec.rateLimits ? new RateLimits(() => this.now()) : null),
			);
			for (const price of region.spotPrices ?? []) this.#addPrices(name, price);
			for (const request of region.spotRequests ?? []) this.addSpotRequest(name, request);
			for (const instance of region.instances ?? []) this.addInstance({ region: name, ...instance });
			for (const { availabilityZone, instanceType, lifecycle, count } of region.capacity ?? []) {
				this.setCapacity(availabilityZone, instanceType, lifecycle, count);
			}
		}
	}

	/** Simulated time, seconds since 1970. */
	now(): number {
		return this.#clock() + this.#advanced;
	}

	/** The time of the `Date` header of answers. */
	date(): Date {
		return new Date((this.#dateClock() + this.#advanced) * 1000);
	}

	advance(seconds: number): void {
		this.#advanced += seconds;
		this.applyDeaths();
	}

	/** @throws Error if the world does not have the region */
	region(name: string): WorldRegion {
		const region = this.#regions.get(name);
		if (region === undefined) throw new Error(`The world has no region ${name}`);
		return region;
	}

	/** The region; undefined if the world does not have it. */
	findRegion(name: string): WorldRegion | undefined {
		return this.#regions.get(name);
	}

	/** The instances of one region or of all, including terminated ones, in the order of creation. */
	instances(region?: string): readonly WorldInstance[] {
		this.applyDeaths();
		const regions = region === undefined ? [...this.#regions.values()] : [this.region(region)];
		return regions.flatMap((each) => [...each.instances.values()]);
	}

	/** The instances that are neither shutting down nor terminated. */
	live(region?: string): readonly WorldInstance[] {
		return this.instances(region).filter(({ state }) => state !== "terminated" && state !== "shutting-down");
	}

	/** The spot requests of one region or of all, in the order of creation. */
	spotRequests(region?: string): readonly WorldSpotRequest[] {
		const regions = region === undefined ? [...this.#regions.values()] : [this.region(region)];
		return regions.flatMap((each) => [...each.spotRequests.values()]);
	}

	/** Adds an existing instance. Default: on-demand, running, launched now, in the first zone. */
	addInstance({
		region: name,
		mozType,
		name: nameTag,
		age,
		...spec
	}: InstanceSpec & { region: string }): WorldInstance {
		const region = this.region(name);
		const wanted = spec.subnetId === undefined ? undefined : region.subnets.get(spec.subnetId);
		const availabilityZone = spec.availabilityZone ?? wanted?.availabilityZone ?? region.zones[0];
		if (availabilityZone === undefined) throw new Error(`The region ${name} has no zone`);
		const ofZone = [...region.subnets.values()].find((subnet) => subnet.availabilityZone === availabilityZone);
		const launchedAt = spec.launchedAt ?? this.now() - (age ?? 0);
		const [instance] = this.#create(region, 1, launchedAt, spec.state ?? "running", {
			region: name,
			subnetId: ofZone?.subnetId ?? `subnet-${availabilityZone}`,
			imageId: "ami-00000000000000000",
			instanceType: "c6i.xlarge",
			lifecycle: "on-demand",
			maxPrice: null,
			keyName: null,
			securityGroupIds: [],
			instanceProfile: null,
			publicAddress: null,
			blockDevices: [],
			shutdownBehavior: "terminate",
			ebsOptimized: false,
			metadata: { httpTokens: "required", httpEndpoint: "enabled", hopLimit: 1, tags: false },
			volumeTags: {},
			spotRequestTags: {},
			userData: null,
			clientToken: null,
			...spec,
			availabilityZone,
			tags: { ...typeAndName(mozType, nameTag), ...spec.tags },
		});
		if (instance === undefined) throw new Error("No instance was created");
		return instance;
	}

	/** Adds a spot request. Default: created now, with its status since then, and in the state that the status implies. */
	addSpotRequest(regionName: string, spec: SpotRequestSpec): WorldSpotRequest {
		const request: WorldSpotRequest = {
			spotInstanceRequestId: this.#id("sir-", 8),
			imageId: null,
			instanceId: null,
			createdAt: this.now(),
			statusAt: spec.createdAt ?? this.now(),
			state: stateOf(spec.statusCode),
			maxPrice: null,
			tags: {},
			...spec,
		};
		this.region(regionName).spotRequests.set(request.spotInstanceRequestId, request);
		return request;
	}

	/** Adds tags to an instance, spot request, or image; returns false if none has that id. */
	tag(regionName: string, id: string, tags: Tags): boolean {
		const { instances, spotRequests, images } = this.region(regionName);
		const instance = instances.get(id);
		if (instance !== undefined) instances.set(id, { ...instance, tags: { ...instance.tags, ...tags } });
		const request = spotRequests.get(id);
		if (request !== undefined) spotRequests.set(id, { ...request, tags: { ...request.tags, ...tags } });
		const image = images?.get(id);
		if (image !== undefined) images?.set(id, { ...image, tags: { ...image.tags, ...tags } });
		return instance !== undefined || request !== undefined || image !== undefined;
	}

	/** Turns every pending instance into a running one, and every one that shuts down into a terminated one. */
	settle(): void {
		for (const { region, instanceId, state } of this.instances()) {
			if (state === "pending") this.setState(region, instanceId, "running");
			if (state === "shutting-down") this.setState(region, instanceId, "terminated");
		}
	}

	/**
	 * Lets time pass for instances alone, while the world's clock stands still: shifts every launch and every end back.
	 * Spot requests keep their times.
	 */
	ageInstances(seconds: number): void {
		for (const { region, instanceId, launchedAt, terminatedAt } of this.instances()) {
			this.#change(region, instanceId, {
				launchedAt: launchedAt - seconds,
				terminatedAt: terminatedAt === null ? null : terminatedAt - seconds,
			});
		}
		for (const [instanceId, { at, rule }] of this.#doomed) this.#doomed.set(instanceId, { at: at - seconds, rule });
		this.applyDeaths();
	}

	/**
	 * Terminates an instance at once, in whatever region.
	 * @throws Error if no instance has that id
	 */
	terminate(instanceId: string, cause: DeathCode = "Client.UserInitiatedShutdown"): void {
		const found = [...this.#regions.values()].find(({ instances }) => instances.has(instanceId));
		if (found === undefined) throw new Error(`The world has no instance ${instanceId}`);
		this.setState(found.name, instanceId, "terminated", cause);
	}

	/** Terminates the instances whose time has come. Called with every call to the endpoint and every step of time. */
	applyDeaths(): void {
		for (const [instanceId, { at, rule }] of this.#doomed) {
			if (at > this.now()) continue;
			this.#doomed.delete(instanceId);
			this.terminate(instanceId, rule.cause);
		}
	}

	/**
	 * Sets the state of an instance. The end of a launched one returns its address and its capacity.
	 * @param cause why it ends, if it does
	 */
	setState(
		regionName: string,
		instanceId: string,
		state: InstanceState,
		cause: DeathCode = "Client.UserInitiatedShutdown",
	): void {
		const region = this.region(regionName);
		const before = region.instances.get(instanceId);
		const ends = state === "terminated" || state === "shutting-down";
		const reasons =
			ends && before?.stateReason === null
				? { stateReason: causeOf(cause), stateTransitionReason: transitionReasonOf(cause, this.now()) }
				: {};
		const end = state === "terminated" && before?.terminatedAt === null ? { terminatedAt: this.now() } : {};
		const instance = this.#change(regionName, instanceId, { state, ...reasons, ...end });
		if (!ends) return;
		this.#doomed.delete(instanceId);
		const request = region.spotRequests.get(instance.spotInstanceRequestId ?? "");
		if (request !== undefined && request.state === "active") {
			const statusCode =
				cause === "Server.SpotInstanceTermination" ? "instance-terminated-no-capacity" : "instance-terminated-by-user";
			const closed = { ...request, state: "closed", statusCode, statusAt: this.now() } as const;
			region.spotRequests.set(request.spotInstanceRequestId, closed);
		}
		if (state === "terminated" && this.#launched.delete(instanceId)) {
			this.#take(instance, -1);
		}
	}

	/** The instance as `DescribeInstances` shows it now; null if it does not. */
	listed(region: WorldRegion, instance: WorldInstance): WorldInstance | null {
		const { terminatedAt, launchedAt, instanceId } = instance;
		if (terminatedAt !== null && this.now() - terminatedAt >= TERMINATED_SHOWN) return null;
		const { unlisted = 0, untagged = 0 } = region.consistency;
		const age = region.tagCalls.has(instanceId) ? this.now() - launchedAt : Number.POSITIVE_INFINITY;
		if (age < unlisted) return null;
		return age < untagged ? { ...instance, tags: {} } : instance;
	}

	/** Whether `CreateTags` knows the instance by now. Counts the calls that a launched one is named in. */
	taggable(region: WorldRegion, { instanceId, launchedAt }: WorldInstance): boolean {
		const calls = region.tagCalls.get(instanceId);
		if (calls === undefined) return true;
		region.tagCalls.set(instanceId, calls + 1);
		const { untaggable = {} } = region.consistency;
		return calls >= (untaggable.calls ?? 0) && this.now() - launchedAt >= (untaggable.seconds ?? 0);
	}

	/** How many more instances can be launched. */
	capacity(zone: string, instanceType: string, lifecycle: Lifecycle): number {
		return this.#capacity.get(`${zone} ${instanceType} ${lifecycle}`) ?? this.#defaultCapacity;
	}

	setCapacity(zone: string, instanceType: string, lifecycle: Lifecycle, count: number): void {
		this.#capacity.set(`${zone} ${instanceType} ${lifecycle}`, count);
	}

	/** @throws Error if the region does not have the subnet */
	setFreeAddresses(regionName: string, subnetId: string, freeAddresses: number): void {
		const { subnets } = this.region(regionName);
		const subnet = subnets.get(subnetId);
		if (subnet === undefined) throw new Error(`The region ${regionName} has no subnet ${subnetId}`);
		subnets.set(subnetId, { ...subnet, freeAddresses });
	}

	/** The spot price in force now; null if none is known. */
	spotPrice(regionName: string, zone: string, instanceType: string): number | null {
		const history = this.region(regionName).prices.get(`${zone} ${instanceType} Linux/UNIX`);
		return history?.points.findLast(({ at }) => at <= this.now())?.price ?? null;
	}

	/** Changes the spot price from now on, in one zone or in all zones. */
	setSpotPrice(regionName: string, instanceType: string, price: number, availabilityZone?: string): void {
		const points = [{ at: this.now(), price }];
		this.#addPrices(regionName, {
			instanceType,
			price: points,
			...(availabilityZone === undefined ? {} : { availabilityZone }),
		});
	}

	/**
	 * Launches between `minimum` and `maximum` instances, as many as capacity and addresses allow.
	 * @throws Ec2Error
	 */
	launch(request: LaunchRequest, minimum: number, maximum: number): readonly WorldInstance[] {
		const { availabilityZone, instanceType, lifecycle, subnetId } = request;
		const region = this.region(request.region);
		this.#assertQuotas(region, request, maximum);
		const addresses = region.subnets.get(subnetId)?.freeAddresses ?? 0;
		if (addresses < minimum) {
			throw new Ec2Error(
				"InsufficientFreeAddressesInSubnet",
				`There are not enough free addresses in subnet '${subnetId}' to satisfy the requested number of instances.`,
			);
		}
		const capacity = this.capacity(availabilityZone, instanceType, lifecycle);
		if (capacity < minimum) throw this.#noCapacity(region, request);
		const count = Math.min(maximum, addresses, capacity);
		const instances = this.#create(region, count, this.now(), this.#launchState, request);
		for (const instance of instances) {
			this.#launched.add(instance.instanceId);
			region.tagCalls.set(instance.instanceId, 0);
			this.#take(instance, 1);
			this.#doom(region, instance);
		}
		return instances;
	}

	#doom(region: WorldRegion, instance: WorldInstance): void {
		const rule = region.deaths.find(
			(each) => dies(each, instance) && (this.#deathCounts.get(each) ?? 0) < (each.times ?? Number.POSITIVE_INFINITY),
		);
		if (rule === undefined) return;
		this.#deathCounts.set(rule, (this.#deathCounts.get(rule) ?? 0) + 1);
		this.#doomed.set(instance.instanceId, { at: instance.launchedAt + (rule.after ?? 0), rule });
	}

	/** @throws Ec2Error if so many more instances exceed a quota of the region, even if fewer would fit */
	#assertQuotas(region: WorldRegion, { instanceType, lifecycle }: LaunchRequest, count: number): void {
		const { onDemandVcpus, spotVcpus, instances = Number.POSITIVE_INFINITY } = region.quotas;
		if (Object.keys(region.quotas).length === 0) return;
		const alive = this.live(region.name);
		const visit = "Please visit http://aws.amazon.com/contact-us/ec2-request to request an adjustment to this limit.";
		if (alive.length + count > instances) {
			const message = `You have requested more instances (${alive.length + count}) than your current instance limit of ${instances} allows for the specified instance type. ${visit}`;
			throw new Ec2Error("InstanceLimitExceeded", message);
		}
		const quota = lifecycle === "spot" ? spotVcpus : onDemandVcpus;
		const same = alive.filter((each) => each.lifecycle === lifecycle);
		const used = same.reduce((total, each) => total + vcpusOf(each.instanceType), 0);
		if (quota === undefined || used + count * vcpusOf(instanceType) <= quota) return;
		if (lifecycle === "spot") throw new Ec2Error("MaxSpotInstanceCountExceeded", "Max spot instance count exceeded");
		throw new Ec2Error(
			"VcpuLimitExceeded",
			`You have requested more vCPU capacity than your current vCPU limit of ${quota} allows for the instance bucket that the specified instance type belongs to. ${visit}`,
		);
	}

	#noCapacity(region: WorldRegion, { availabilityZone, instanceType, lifecycle }: LaunchRequest): Ec2Error {
		if (lifecycle === "spot") {
			const message = "There is no Spot capacity available that matches your request.";
			return new Ec2Error("InsufficientInstanceCapacity", message, 500);
		}
		const others = region.zones.filter(
			(zone) => zone !== availabilityZone && this.capacity(zone, instanceType, lifecycle) > 0,
		);
		const elsewhere =
			others.length === 0
				? ""
				: ` You can currently get ${instanceType} capacity by not specifying an Availability Zone in your request or choosing ${others.join(", ")}.`;
		return new Ec2Error(
			"InsufficientInstanceCapacity",
			`We currently do not have sufficient ${instanceType} capacity in the Availability Zone you requested (${availabilityZone}). Our system will be working on provisioning additional capacity.${elsewhere}`,
			500,
		);
	}

	#create(
		region: WorldRegion,
		count: number,
		launchedAt: number,
		state: InstanceState,
		request: LaunchRequest & { readonly instanceId?: string },
	): readonly WorldInstance[] {
		const reservationId = this.#id("r-", 17);
		const image = region.images?.get(request.imageId);
		return Array.from({ length: count }, (_, launchIndex) => {
			const instanceId = request.instanceId ?? this.#id("i-", 17);
			const number = this.#created;
			const spotRequest =
				request.lifecycle === "spot"
					? this.addSpotRequest(region.name, {
							availabilityZone: request.availabilityZone,
							instanceType: request.instanceType,
							statusCode: "fulfilled",
							imageId: request.imageId,
							instanceId,
							createdAt: launchedAt,
							maxPrice: request.maxPrice,
							tags: request.spotRequestTags,
						})
					: null;
			const instance: WorldInstance = {
				reservationId,
				launchIndex,
				spotInstanceRequestId: spotRequest?.spotInstanceRequestId ?? null,
				virtualizationType: image?.virtualizationType ?? "hvm",
				rootDeviceType: image?.rootDeviceType ?? "ebs",
				privateAddress: `10.${(number >> 16) & 255}.${(number >> 8) & 255}.${number & 255}`,
				terminatedAt: state === "terminated" ? this.now() : null,
				stateReason: null,
				stateTransitionReason: "",
				...request,
				instanceId,
				state,
				launchedAt,
			};
			region.instances.set(instanceId, instance);
			return instance;
		});
	}

	#take({ region, subnetId, availabilityZone, instanceType, lifecycle }: WorldInstance, count: number): void {
		const free = this.region(region).subnets.get(subnetId)?.freeAddresses ?? 0;
		this.setFreeAddresses(region, subnetId, free - count);
		const capacity = this.capacity(availabilityZone, instanceType, lifecycle);
		this.setCapacity(availabilityZone, instanceType, lifecycle, capacity - count);
	}

	#change(regionName: string, instanceId: string, changes: Partial<WorldInstance>): WorldInstance {
		const { instances } = this.region(regionName);
		const instance = instances.get(instanceId);
		if (instance === undefined) throw new Error(`The region ${regionName} has no instance ${instanceId}`);
		const changed = { ...instance, ...changes };
		instances.set(instanceId, changed);
		return changed;
	}

	#addPrices(regionName: string, { instanceType, availabilityZone, price, product = "Linux/UNIX" }: PriceSpec): void {
		const region = this.region(regionName);
		const points = typeof price === "number" ? [{ at: this.now() - 86_400, price }] : price;
		for (const zone of availabilityZone === undefined ? region.zones : [availabilityZone]) {
			const key = `${zone} ${instanceType} ${product}`;
			const all = [...(region.prices.get(key)?.points ?? []), ...points].sort((a, b) => a.at - b.at);
			region.prices.set(key, { availabilityZone: zone, instanceType, product, points: all });
		}
	}

	#id(prefix: string, digits: number): string {
		this.#created += 1;
		return prefix + hex(this.#created, digits);
	}
}

/** A new world. */
export function createWorld(spec: WorldSpec): World {
	return new World(spec);
}

/** Names of real regions, for worlds with many. */
export const regionNames: readonly string[] = [
	"us-west-2",
	"us-east-1",
	"us-west-1",
	"us-east-2",
	"eu-west-1",
	"eu-central-1",
	"eu-west-2",
	"eu-north-1",
	"ca-central-1",
	"sa-east-1",
	"ap-southeast-1",
	"ap-southeast-2",
	"ap-northeast-1",
	"ap-northeast-2",
	"ap-south-1",
	"eu-west-3",
];

/** What all regions of `threeZoneRegions` share. */
export interface ThreeZoneOptions {
	/** Free addresses of each subnet; 250 unless given. */
	readonly freeAddresses?: number;
	/** The rest of each region's specification. */
	readonly region?: (name: string) => RegionSpec;
}

/**
 * Regions with the zones a, b, and c, and one subnet `subnet-<zone>` in each. `names` are the regions, or how many of
 * `regionNames` to take.
 */
export function threeZoneRegions(
	names: readonly string[] | number,
	options: ThreeZoneOptions = {},
): Readonly<Record<string, RegionSpec>> {
	const chosen = typeof names === "number" ? regionNames.slice(0, names) : names;
	if (typeof names === "number" && chosen.length !== names) {
		throw new RangeError(`At most ${regionNames.length} regions have names, asked for ${names}`);
	}
	return Object.fromEntries(
		chosen.map((name) => {
			const subnets = ["a", "b", "c"].map((letter) => ({
				subnetId: `subnet-${name}${letter}`,
				availabilityZone: name + letter,
				freeAddresses: options.freeAddresses ?? 250,
			}));
			return [name, { subnets, ...options.region?.(name) }];
		}),
	);
}
