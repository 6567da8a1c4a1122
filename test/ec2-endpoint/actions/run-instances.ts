import type { Lifecycle } from "../../../src/core/model/policy.ts";
import { Ec2Error, invalidValue } from "../errors.ts";
import { architectureOf } from "../instance-types.ts";
import type { Parameters } from "../parameters.ts";
import { assertMetadataKeys, readTags } from "../tags.ts";
import type { DeviceMapping, LaunchRequest, World, WorldRegion } from "../world.ts";
import type { Action, Call } from "./action.ts";
import { reservationElement } from "./instances.ts";
import { withTemplate } from "./launch-templates.ts";

const maximumToken = 64;
const maximumUserData = 16_384;
const volumeTypes = ["standard", "io1", "io2", "gp2", "gp3", "sc1", "st1"] as const;
const taggable = ["instance", "volume", "spot-instances-request", "network-interface"] as const;

const known: ReadonlySet<string> = new Set([
	"ImageId",
	"InstanceType",
	"MinCount",
	"MaxCount",
	"KeyName",
	"SubnetId",
	"SecurityGroupId.#",
	"NetworkInterface.#.DeviceIndex",
	"NetworkInterface.#.SubnetId",
	"NetworkInterface.#.SecurityGroupId.#",
	"NetworkInterface.#.AssociatePublicIpAddress",
	"NetworkInterface.#.DeleteOnTermination",
	"IamInstanceProfile.Name",
	"IamInstanceProfile.Arn",
	"BlockDeviceMapping.#.DeviceName",
	"BlockDeviceMapping.#.VirtualName",
	"BlockDeviceMapping.#.NoDevice",
	"BlockDeviceMapping.#.Ebs.VolumeSize",
	"BlockDeviceMapping.#.Ebs.VolumeType",
	"BlockDeviceMapping.#.Ebs.Iops",
	"BlockDeviceMapping.#.Ebs.Throughput",
	"BlockDeviceMapping.#.Ebs.Encrypted",
	"BlockDeviceMapping.#.Ebs.DeleteOnTermination",
	"BlockDeviceMapping.#.Ebs.SnapshotId",
	"BlockDeviceMapping.#.Ebs.KmsKeyId",
	"InstanceMarketOptions.MarketType",
	"InstanceMarketOptions.SpotOptions.MaxPrice",
	"InstanceMarketOptions.SpotOptions.SpotInstanceType",
	"InstanceMarketOptions.SpotOptions.InstanceInterruptionBehavior",
	"InstanceInitiatedShutdownBehavior",
	"MetadataOptions.HttpTokens",
	"MetadataOptions.HttpEndpoint",
	"MetadataOptions.HttpPutResponseHopLimit",
	"MetadataOptions.InstanceMetadataTags",
	"TagSpecification.#.ResourceType",
	"TagSpecification.#.Tag.#.Key",
	"TagSpecification.#.Tag.#.Value",
	"UserData",
	"LaunchTemplate.LaunchTemplateId",
	"LaunchTemplate.LaunchTemplateName",
	"LaunchTemplate.Version",
	"ClientToken",
	"EbsOptimized",
	"Placement.AvailabilityZone",
	"DryRun",
]);

/** The lifecycle that a launch requests. */
export function lifecycleOf(parameters: Parameters): Lifecycle {
	return parameters.text("InstanceMarketOptions.MarketType") === "spot" ? "spot" : "on-demand";
}

/** The subnet that a launch names; null if it names none. */
export function subnetOf(parameters: Parameters): string | null {
	return parameters.text("SubnetId") ?? parameters.text("NetworkInterface.1.SubnetId") ?? null;
}

/** The zone that a launch names, by its subnet or by its placement; null if it names none or an unknown one. */
export function zoneOf(parameters: Parameters, region: WorldRegion | undefined): string | null {
	const ofSubnet = region?.subnets.get(subnetOf(parameters) ?? "")?.availabilityZone;
	return ofSubnet ?? parameters.text("Placement.AvailabilityZone") ?? null;
}

function combination(message: string): Ec2Error {
	return new Ec2Error("InvalidParameterCombination", message);
}

/** @throws Ec2Error if the region or the zone does not have the EC2 instance type, or the image needs another one */
function readInstanceType(region: WorldRegion, parameters: Parameters, imageId: string, zone: string): string {
	const instanceType = parameters.required("InstanceType");
	if (region.instanceTypes !== null && !region.instanceTypes.has(instanceType)) {
		throw invalidValue(`Invalid value '${instanceType}' for InstanceType.`);
	}
	const [ofType, ofImage] = [architectureOf(instanceType), region.images?.get(imageId)?.architecture];
	if (ofImage !== undefined && ofType !== ofImage) {
		throw invalidValue(
			`The architecture '${ofType}' of the specified instance type does not match the architecture '${ofImage}' of the specified AMI. Specify an instance type and an AMI that have matching architectures, and try again.`,
		);
	}
	const lacks = (each: string): boolean => region.zoneLacks[each]?.instanceTypes?.includes(instanceType) ?? false;
	if (lacks(zone)) {
		const others = region.zones.filter((each) => !lacks(each)).join(", ");
		const message = `Your requested instance type (${instanceType}) is not supported in your requested Availability Zone (${zone}). Please retry your request by not specifying an Availability Zone or choosing ${others}.`;
		throw new Ec2Error("Unsupported", message);
	}
	return instanceType;
}

function readImage(region: WorldRegion, parameters: Parameters): string {
	const given = parameters.required("ImageId");
	const prefix = "resolve:ssm:";
	const imageId = given.startsWith(prefix) ? region.parameters.get(given.slice(prefix.length)) : given;
	if (imageId === undefined) throw invalidValue(`The parameter '${given.slice(prefix.length)}' was not found`);
	if (!imageId.startsWith("ami-")) {
		throw new Ec2Error("InvalidAMIID.Malformed", `Invalid id: "${imageId}" (expecting "ami-...")`);
	}
	const image = region.images?.get(imageId);
	if (region.images !== null && image === undefined) {
		throw new Ec2Error("InvalidAMIID.NotFound", `The image id '[${imageId}]' does not exist`);
	}
	if (image !== undefined && image.state !== "available") {
		throw new Ec2Error("InvalidAMIID.Unavailable", `The image id '[${imageId}]' is not available`);
	}
	return imageId;
}

interface Network {
	readonly subnetId: string;
	readonly availabilityZone: string;
	readonly securityGroupIds: readonly string[];
	readonly publicAddress: boolean | null;
}

function readNetwork(region: WorldRegion, parameters: Parameters): Network {
	const interfaces = parameters.list("NetworkInterface");
	const [primary] = interfaces;
	if (primary !== undefined && parameters.has("SubnetId")) {
		throw combination("Network interfaces and an instance-level subnet ID may not be specified on the same request");
	}
	if (primary !== undefined && parameters.has("SecurityGroupId")) {
		throw combination(
			"Network interfaces and an instance-level security groups may not be specified on the same request",
		);
	}
	const deviceIndexes = interfaces.map((each) => each.integer("DeviceIndex"));
	if (deviceIndexes.includes(undefined)) throw invalidValue("Each network interface requires a device index.");
	// That EC2 refuses this is certain, the code and the message are not.
	if (new Set(deviceIndexes).size < interfaces.length) {
		throw invalidValue("Each network interface requires a unique device index.");
	}
	for (const each of interfaces) each.boolean("DeleteOnTermination");
	if (interfaces.length > 1 && primary?.has("AssociatePublicIpAddress")) {
		throw combination(
			"The associatePublicIPAddress parameter cannot be specified when launching with multiple network interfaces.",
		);
	}
	const source = primary ?? parameters;
	const subnetId = source.text("SubnetId");
	if (subnetId === undefined) throw new Ec2Error("VPCIdNotSpecified", "No default VPC for this user.");
	const subnet = region.subnets.get(subnetId);
	if (subnet === undefined) {
		throw new Ec2Error("InvalidSubnetID.NotFound", `The subnet ID '${subnetId}' does not exist`);
	}
	const placement = parameters.text("Placement.AvailabilityZone");
	if (placement !== undefined && placement !== subnet.availabilityZone) {
		throw invalidValue(`Invalid availability zone: [${placement}]`);
	}
	const securityGroupIds = source.strings("SecurityGroupId");
	for (const id of securityGroupIds) {
		if (region.securityGroups !== null && !region.securityGroups.has(id)) {
			throw new Ec2Error("InvalidGroup.NotFound", `The security group '${id}' does not exist`);
		}
	}
	return {
		subnetId,
		availabilityZone: subnet.availabilityZone,
		securityGroupIds,
		publicAddress: primary?.boolean("AssociatePublicIpAddress") ?? null,
	};
}

function readDevice(parameters: Parameters): DeviceMapping {
	const deviceName = parameters.required("DeviceName");
	const virtualName = parameters.text("VirtualName") ?? null;
	const noDevice = parameters.has("NoDevice");
	const invalid = (message: string): Ec2Error => new Ec2Error("InvalidBlockDeviceMapping", message);
	const kinds = [virtualName !== null, noDevice, parameters.has("Ebs")].filter(Boolean).length;
	if (kinds !== 1) {
		throw invalid(`The device '${deviceName}' needs one of an EBS volume, a virtual name and no device`);
	}
	if (virtualName !== null && !/^ephemeral[0-9]+$/.test(virtualName)) {
		throw invalid(`The virtual name '${virtualName}' is not valid`);
	}
	if (!parameters.has("Ebs")) return { deviceName, virtualName, noDevice, ebs: null };
	const ebs = parameters.part("Ebs");
	const volumeType = ebs.oneOf("VolumeType", volumeTypes) ?? null;
	const volumeSize = ebs.integer("VolumeSize") ?? null;
	if (volumeSize !== null && volumeSize < 1) throw invalidValue(`Invalid value '${volumeSize}' for volume size`);
	if (ebs.has("Iops") && volumeType !== "io1" && volumeType !== "io2" && volumeType !== "gp3") {
		throw combination(`The parameter iops is not supported for ${volumeType ?? "gp2"} volumes.`);
	}
	if (ebs.has("Throughput") && volumeType !== "gp3") {
		throw combination(`The parameter throughput is not supported for ${volumeType ?? "gp2"} volumes.`);
	}
	return {
		deviceName,
		virtualName,
		noDevice,
		ebs: {
			volumeSize,
			volumeType,
			iops: ebs.integer("Iops") ?? null,
			throughput: ebs.integer("Throughput") ?? null,
			encrypted: ebs.boolean("Encrypted") ?? null,
			deleteOnTermination: ebs.boolean("DeleteOnTermination") ?? null,
			snapshotId: ebs.text("SnapshotId") ?? null,
			kmsKeyId: ebs.text("KmsKeyId") ?? null,
		},
	};
}

function readDevices(parameters: Parameters): readonly DeviceMapping[] {
	const devices = parameters.list("BlockDeviceMapping").map(readDevice);
	if (new Set(devices.map(({ deviceName }) => deviceName)).size !== devices.length) {
		throw new Ec2Error("InvalidBlockDeviceMapping", "A device name is used more than once");
	}
	return devices;
}

function assertVolumeTypes(region: WorldRegion, zone: string, devices: readonly DeviceMapping[]): void {
	const lacking = region.zoneLacks[zone]?.volumeTypes ?? [];
	const found = devices.find(({ ebs }) => ebs !== null && lacking.includes(ebs.volumeType ?? "gp2"))?.ebs;
	if (found === undefined || found === null) return;
	const message = `The specified Availability Zone (${zone}) does not support ${found.volumeType ?? "gp2"} volumes.`;
	throw new Ec2Error("VolumeTypeNotAvailableInZone", message);
}

function readMaxPrice(parameters: Parameters): number | null {
	const market = parameters.part("InstanceMarketOptions");
	const type = market.oneOf("MarketType", ["spot"]);
	if (type === undefined && market.has("SpotOptions")) {
		throw combination("Spot options may only be specified with the market type spot");
	}
	const spot = market.part("SpotOptions");
	const requestType = spot.oneOf("SpotInstanceType", ["one-time", "persistent"]) ?? "one-time";
	const behaviour = spot.oneOf("InstanceInterruptionBehavior", ["terminate", "stop", "hibernate"]);
	if (behaviour !== undefined && behaviour !== "terminate" && requestType === "one-time") {
		throw combination(`Interruption behavior '${behaviour}' is not supported for one-time requests`);
	}
	const price = spot.text("MaxPrice");
	if (price === undefined) return null;
	if (!/^[0-9]*\.?[0-9]+$/.test(price) || Number(price) <= 0)
		throw invalidValue(`Invalid value '${price}' for spotPrice`);
	return Number(price);
}

type Tags = Readonly<Record<string, string>>;

function readTagSpecifications(parameters: Parameters, lifecycle: Lifecycle): ReadonlyMap<string, Tags> {
	const specifications = new Map<string, Tags>();
	for (const specification of parameters.list("TagSpecification")) {
		const type = specification.required("ResourceType");
		if (!taggable.some((each) => each === type)) {
			throw invalidValue(`'${type}' is not a valid taggable resource type for this operation.`);
		}
		if (specifications.has(type)) throw invalidValue(`Duplicate resource type '${type}' in the tag specifications.`);
		if (type === "spot-instances-request" && lifecycle !== "spot") {
			throw invalidValue(
				"You cannot specify tags for Spot instances requests if there are no Spot instances requests being created by the request.",
			);
		}
		if (!specification.has("Tag")) throw invalidValue("Tag specification must have at least one tag");
		specifications.set(type, readTags(specification));
	}
	return specifications;
}

function readProfile(region: WorldRegion, parameters: Parameters): string | null {
	const profile = parameters.part("IamInstanceProfile");
	const name = profile.text("Name");
	const arn = profile.text("Arn");
	if (name !== undefined && arn !== undefined) {
		throw combination(
			"The parameter 'iamInstanceProfile.name' may not be used in combination with 'iamInstanceProfile.arn'",
		);
	}
	const given = name ?? arn;
	if (given === undefined) return null;
	if (region.instanceProfiles !== null && !region.instanceProfiles.has(given.split("/").at(-1) ?? given)) {
		const field = name === undefined ? "arn" : "name";
		const message = `Value (${given}) for parameter iamInstanceProfile.${field} is invalid. Invalid IAM Instance Profile ${field}`;
		throw invalidValue(message);
	}
	return given;
}

function readUserData(parameters: Parameters): string | null {
	const userData = parameters.text("UserData");
	if (userData === undefined) return null;
	const bytes = Buffer.from(userData, "base64");
	if (bytes.toString("base64").replace(/=+$/, "") !== userData.replace(/=+$/, "")) {
		throw new Ec2Error("InvalidUserData.Malformed", "Invalid BASE64 encoding of user data");
	}
	if (bytes.length > maximumUserData) throw invalidValue(`User data is limited to ${maximumUserData} bytes`);
	return userData;
}

function readRequest(region: WorldRegion, parameters: Parameters): LaunchRequest {
	const imageId = readImage(region, parameters);
	const maxPrice = readMaxPrice(parameters);
	const lifecycle = lifecycleOf(parameters);
	const network = readNetwork(region, parameters);
	const instanceType = readInstanceType(region, parameters, imageId, network.availabilityZone);
	const blockDevices = readDevices(parameters);
	assertVolumeTypes(region, network.availabilityZone, blockDevices);
	const keyName = parameters.text("KeyName") ?? null;
	if (keyName !== null && region.keyPairs !== null && !region.keyPairs.has(keyName)) {
		throw new Ec2Error("InvalidKeyPair.NotFound", `The key pair '${keyName}' does not exist`);
	}
	const metadata = parameters.part("MetadataOptions");
	const metadataTags = metadata.oneOf("InstanceMetadataTags", ["enabled", "disabled"]) === "enabled";
	const hopLimit = metadata.integer("HttpPutResponseHopLimit") ?? 1;
	if (hopLimit < 1 || hopLimit > 64) throw invalidValue(`Invalid value '${hopLimit}' for HttpPutResponseHopLimit`);
	const tags = readTagSpecifications(parameters, lifecycle);
	const instanceTags = tags.get("instance") ?? {};
	if (metadataTags) assertMetadataKeys(instanceTags);
	return {
		region: region.name,
		...network,
		imageId,
		instanceType,
		lifecycle,
		maxPrice,
		keyName,
		instanceProfile: readProfile(region, parameters),
		blockDevices,
		shutdownBehavior: parameters.oneOf("InstanceInitiatedShutdownBehavior", ["stop", "terminate"]) ?? "stop",
		ebsOptimized: parameters.boolean("EbsOptimized") ?? false,
		metadata: {
			httpTokens: metadata.oneOf("HttpTokens", ["optional", "required"]) ?? "optional",
			httpEndpoint: metadata.oneOf("HttpEndpoint", ["enabled", "disabled"]) ?? "enabled",
			hopLimit,
			tags: metadataTags,
		},
		tags: instanceTags,
		volumeTags: tags.get("volume") ?? {},
		spotRequestTags: tags.get("spot-instances-request") ?? {},
		userData: readUserData(parameters),
		clientToken: parameters.text("ClientToken") ?? null,
	};
}

function readCounts(parameters: Parameters): readonly [minimum: number, maximum: number] {
	parameters.required("MinCount");
	parameters.required("MaxCount");
	const minimum = parameters.integer("MinCount") ?? 0;
	const maximum = parameters.integer("MaxCount") ?? 0;
	if (minimum < 1) throw invalidValue(`Value (${minimum}) for parameter minCount is invalid.`);
	if (maximum < minimum) throw combination("The maximum count is below the minimum count");
	return [minimum, maximum];
}

/** The launch that used the token before. EC2 keeps the tokens of each zone apart. */
function earlierLaunch({ world, region, parameters }: Call, key: string, fingerprint: string) {
	const earlier = region.launches.get(key);
	if (earlier === undefined) return null;
	if (earlier.fingerprint !== fingerprint) {
		throw new Ec2Error(
			"IdempotentParameterMismatch",
			"Arguments on this idempotent request are inconsistent with arguments used in previous request(s).",
		);
	}
	const instances = earlier.instanceIds.flatMap((id) => region.instances.get(id) ?? []);
	if (world.forgetsTerminatedLaunches && instances.every(({ state }) => state === "terminated")) {
		throw new Ec2Error(
			"IdempotentInstanceTerminated",
			`The client token you have provided is associated with a terminated instance. Please use a different client token. (${parameters.text("ClientToken")})`,
		);
	}
	return reservationElement(world, instances);
}

/** @throws Ec2Error */
function assertPrice(
	world: World,
	{ region, lifecycle, maxPrice, availabilityZone, instanceType }: LaunchRequest,
): void {
	const price = world.spotPrice(region, availabilityZone, instanceType);
	if (lifecycle !== "spot" || maxPrice === null || price === null || maxPrice >= price) return;
	throw new Ec2Error(
		"SpotMaxPriceTooLow",
		`Your Spot request price of ${maxPrice} is lower than the minimum required Spot request fulfillment price of ${price}.`,
	);
}

/** How EC2 answers a dry run that would succeed. */
export function dryRunOperation(): Ec2Error {
	return new Ec2Error("DryRunOperation", "Request would have succeeded, but DryRun flag is set.", 412);
}

export const runInstances: Action = {
	parameters: known,
	perform(call) {
		const { world, region, parameters: given } = call;
		const token = given.text("ClientToken");
		if (token !== undefined && token.length > maximumToken) {
			throw invalidValue(
				`Value (${token}) for parameter clientToken is invalid. The token exceeds ${maximumToken} characters`,
			);
		}
		const [minimum, maximum] = readCounts(given);
		const parameters = withTemplate(region, given);
		// Quotas, capacity, prices, and tokens are not part of a dry run. The reference speaks of permissions only.
		if (given.boolean("DryRun") === true) {
			readRequest(region, parameters);
			throw dryRunOperation();
		}
		const key = `${zoneOf(parameters, region)} ${token}`;
		const fingerprint = JSON.stringify(Object.entries(given.flat).sort(([a], [b]) => (a < b ? -1 : 1)));
		const earlier = token === undefined ? null : earlierLaunch(call, key, fingerprint);
		if (earlier !== null) return earlier;

		region.rates?.assertInstances(maximum);
		const request = readRequest(region, parameters);
		assertPrice(world, request);
		const instances = world.launch(request, minimum, maximum);
		region.rates?.countInstances(maximum);
		const instanceIds = instances.map(({ instanceId }) => instanceId);
		if (token !== undefined) region.launches.set(key, { fingerprint, instanceIds });
		return reservationElement(world, instances);
	},
};
