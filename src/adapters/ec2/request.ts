/** Launch requests as EC2's `RunInstances` takes them. */
import { createHash } from "node:crypto";
import type {
	_InstanceType,
	BlockDeviceMapping,
	RunInstancesCommandInput,
	Tag,
	TagSpecification,
	VolumeType,
} from "@aws-sdk/client-ec2";
import { poolKey } from "../../core/demand/pool.ts";
import type { LaunchRequest } from "../../core/launch/refusal.ts";
import { isNamesTag } from "../../core/model/batch-names.ts";
import type { BlockDevice, LaunchTemplate, Policy, TypeRegion } from "../../core/model/policy.ts";
import { LAUNCH_TAGS, MAX_TAGS } from "../../core/plan/templates.ts";
import type { Clock } from "../../tick/ports.ts";

/** The workflow run that launches. */
export interface Run {
	/** The same for each attempt of the run. */
	readonly id: string;
	/** The same for each attempt of a step of the run, and different for each of its steps and jobs. */
	readonly step: string;
	/** Page of the run; null outside GitHub. */
	readonly url: string | null;
}

/** What a call needs beside its request. */
export interface RequestParts {
	readonly policy: Policy;
	readonly run: Run;
	readonly clock: Clock;
	readonly userData: string | null;
	/** Tags that hold the names of the call's instances; empty if their user data does not. */
	readonly namesTags: Readonly<Record<string, string>>;
	/** 0 for the first call of a launch request, 1 for its second, and so on. */
	readonly index: number;
}

/** How the request's type is launched in its region. */
export function regionOf(policy: Policy, { pool, placement }: LaunchRequest): TypeRegion {
	const config = policy.types[pool.mozType]?.regions[placement.region];
	if (config === undefined) throw new RangeError(`${pool.mozType} has no configuration for ${placement.region}`);
	return config;
}

/** The call for a launch request, or for a part of it. */
export function runInstancesRequest(request: LaunchRequest, parts: RequestParts): RunInstancesCommandInput {
	const { placement, count } = request;
	const config = regionOf(parts.policy, request);
	const spot = placement.lifecycle === "spot";
	const tags = launchTags(request, config, parts);
	const specifications: TagSpecification[] = [
		{ ResourceType: "instance", Tags: [...tags, ...tagsOf(parts.namesTags)] },
		{ ResourceType: "volume", Tags: tags },
		...(spot ? [{ ResourceType: "spot-instances-request" as const, Tags: tags }] : []),
	];
	return {
		...(config.launchTemplate === null ? {} : { LaunchTemplate: launchTemplate(config.launchTemplate) }),
		ImageId: placement.imageId,
		// The SDK's own list of EC2 instance types is always behind EC2's.
		InstanceType: placement.instanceType as _InstanceType,
		MinCount: 1,
		MaxCount: count,
		ClientToken: clientToken(request, parts),
		NetworkInterfaces: [
			{
				DeviceIndex: 0,
				SubnetId: placement.subnetId,
				Groups: [...config.securityGroupIds],
				AssociatePublicIpAddress: config.usePublicIp,
				DeleteOnTermination: true,
			},
		],
		...(config.sshKey === null ? {} : { KeyName: config.sshKey }),
		...(config.instanceProfileName === null ? {} : { IamInstanceProfile: { Name: config.instanceProfileName } }),
		...(placement.devices.length === 0 ? {} : { BlockDeviceMappings: placement.devices.map(blockDevice) }),
		...(parts.userData === null ? {} : { UserData: Buffer.from(parts.userData).toString("base64") }),
		...(spot
			? {
					InstanceMarketOptions: {
						MarketType: "spot",
						SpotOptions: {
							...(placement.maxPrice === null ? {} : { MaxPrice: String(placement.maxPrice) }),
							SpotInstanceType: "one-time",
							InstanceInterruptionBehavior: "terminate",
						},
					},
				}
			: {}),
		InstanceInitiatedShutdownBehavior: "terminate",
		MetadataOptions: { HttpEndpoint: "enabled", HttpTokens: "required", InstanceMetadataTags: "enabled" },
		TagSpecifications: specifications,
	};
}

/** The tags that name an instance. */
export function nameTags(name: string, domain: string | null): Tag[] {
	return [{ Key: "Name", Value: name }, ...(domain === null ? [] : [{ Key: "FQDN", Value: `${name}.${domain}` }])];
}

function tagsOf(values: Readonly<Record<string, string>>): Tag[] {
	return Object.entries(values).map(([Key, Value]) => ({ Key, Value }));
}

/** Tags that an instance of the request can have beside those of its type, of its template, and of every launch. */
export function freeTags(policy: Policy, request: LaunchRequest): number {
	const { tags } = regionOf(policy, request);
	return MAX_TAGS - LAUNCH_TAGS - Object.keys(tags).length - (request.placement.templateTags ?? 0);
}

function launchTags(request: LaunchRequest, config: TypeRegion, { policy, run, clock }: RequestParts): Tag[] {
	const [name] = request.names ?? [];
	const own: Record<string, string> = {
		...config.tags,
		[policy.typeTag]: request.pool.mozType,
		"moz-state": "ready",
		"moz-created": String(clock.now()),
		...(run.url === null ? {} : { "moz-run-url": run.url }),
	};
	const tags = tagsOf(own).filter(({ Key = "" }) => Key !== "Name" && Key !== "FQDN" && !isNamesTag(Key));
	return request.count === 1 && name !== undefined ? [...tags, ...nameTags(name, config.domain)] : tags;
}

/**
 * The same for the same call of the same step of a run, also if the step is repeated: EC2 launches once per token. The
 * count is not part of it, so EC2 refuses a repeated call with another count rather than adding to it.
 */
function clientToken(request: LaunchRequest, { run, index }: RequestParts): string {
	const { lifecycle, region, availabilityZone, subnetId, instanceType, imageId, maxPrice } = request.placement;
	const place = [lifecycle, region, availabilityZone, subnetId, instanceType, imageId, maxPrice, request.ordinal];
	// EC2 accepts up to 64 characters: a SHA-256 in hexadecimal.
	return createHash("sha256")
		.update(JSON.stringify([run.id, run.step, poolKey(request.pool), ...place, index]))
		.digest("hex");
}

function launchTemplate({ idOrName, version }: LaunchTemplate) {
	const named = idOrName.startsWith("lt-") ? { LaunchTemplateId: idOrName } : { LaunchTemplateName: idOrName };
	return { ...named, Version: version };
}

/**
 * What is left out here, EC2 takes from the image's device of the same name. `DeleteOnTermination` is never left out: a
 * volume that outlives its machine costs money until somebody finds it.
 */
function blockDevice(device: BlockDevice): BlockDeviceMapping {
	if (device.ephemeralName !== null) return { DeviceName: device.deviceName, VirtualName: device.ephemeralName };
	const { size, volumeType, iops, throughput, encrypted, deleteOnTermination } = device;
	return {
		DeviceName: device.deviceName,
		Ebs: {
			...(size === null ? {} : { VolumeSize: size }),
			...(volumeType === null ? {} : { VolumeType: volumeType as VolumeType }),
			...(iops === null ? {} : { Iops: iops }),
			...(throughput === null ? {} : { Throughput: throughput }),
			...(encrypted === null ? {} : { Encrypted: encrypted }),
			DeleteOnTermination: deleteOnTermination ?? true,
		},
	};
}
