import { Ec2Error } from "../errors.ts";
import type { DeviceMapping, WorldImage, WorldSubnet } from "../world.ts";
import { tagSet, timestamp, type XmlChildren } from "../xml.ts";
import { type Action, listing } from "./action.ts";
import { type FilterValues, filterItems } from "./filters.ts";
import { paginate } from "./paging.ts";

const subnetFilters: FilterValues<WorldSubnet & { readonly tags?: Readonly<Record<string, string>> }> = {
	"subnet-id": ({ subnetId }) => subnetId,
	"availability-zone": ({ availabilityZone }) => availabilityZone,
	availabilityZone: ({ availabilityZone }) => availabilityZone,
	"available-ip-address-count": ({ freeAddresses }) => freeAddresses,
	state: () => "available",
};

export const describeSubnets: Action = {
	parameters: new Set(["SubnetId.#", ...listing]),
	perform(call) {
		const { world, region, parameters } = call;
		const ids = parameters.strings("SubnetId");
		const unknown = ids.find((id) => !region.subnets.has(id));
		if (unknown !== undefined) {
			throw new Ec2Error("InvalidSubnetID.NotFound", `The subnet ID '${unknown}' does not exist`);
		}
		const all = [...region.subnets.values()].filter(({ subnetId }) => ids.length === 0 || ids.includes(subnetId));
		const found = filterItems(parameters, all, subnetFilters);
		const rules = { action: "DescribeSubnets", minimum: 5, maximum: 1000, ids: "SubnetId" };
		const { items, nextToken } = paginate(call, found, rules);
		return {
			subnetSet: items.map((subnet) => ({
				subnetId: subnet.subnetId,
				subnetArn: `arn:aws:ec2:${region.name}:${world.accountId}:subnet/${subnet.subnetId}`,
				state: "available",
				ownerId: world.accountId,
				vpcId: "vpc-00000000000000001",
				cidrBlock: "10.0.0.0/16",
				availableIpAddressCount: subnet.freeAddresses,
				availabilityZone: subnet.availabilityZone,
				defaultForAz: false,
				mapPublicIpOnLaunch: false,
			})),
			nextToken,
		};
	},
};

const imageFilters: FilterValues<WorldImage> = {
	"image-id": ({ imageId }) => imageId,
	name: ({ name }) => name,
	state: ({ state }) => state,
	"root-device-name": ({ rootDeviceName }) => rootDeviceName,
	architecture: ({ architecture }) => architecture,
	"creation-date": ({ createdAt }) => timestamp(createdAt),
};

function deviceElement({ deviceName, virtualName, noDevice, ebs }: DeviceMapping): XmlChildren {
	return { deviceName, virtualName, noDevice: noDevice ? "" : null, ebs };
}

const otherAccount = "999999999999";

export const describeImages: Action = {
	parameters: new Set(["Owner.#", "ImageId.#", "IncludeDeprecated", "IncludeDisabled", ...listing]),
	perform(call) {
		const { world, region, parameters } = call;
		const owners = parameters.strings("Owner");
		const ids = parameters.strings("ImageId");
		const images = region.images ?? new Map<string, WorldImage>();
		const unknown = ids.filter((id) => !images.has(id));
		if (unknown.length > 0) {
			throw new Ec2Error("InvalidAMIID.NotFound", `The image id '[${unknown.join(", ")}]' does not exist`);
		}
		const owned = ({ own }: WorldImage): boolean =>
			owners.length === 0 ||
			(own ? owners.includes("self") || owners.includes(world.accountId) : owners.includes(otherAccount));
		const includeDeprecated = parameters.boolean("IncludeDeprecated") ?? false;
		// Owners see their own deprecated images whatever the parameter says.
		const shown = ({ own, deprecatedAt }: WorldImage): boolean =>
			own || includeDeprecated || deprecatedAt === null || deprecatedAt > world.now();
		const all = [...images.values()].filter(
			(image) => owned(image) && shown(image) && (ids.length === 0 || ids.includes(image.imageId)),
		);
		const found = filterItems(parameters, all, imageFilters);
		const rules = { action: "DescribeImages", minimum: 1, maximum: 1000, ids: "ImageId" };
		const { items, nextToken } = paginate(call, found, rules);
		return {
			imagesSet: items.map((image) => ({
				imageId: image.imageId,
				imageLocation: `${image.own ? world.accountId : otherAccount}/${image.name}`,
				imageState: image.state,
				imageOwnerId: image.own ? world.accountId : otherAccount,
				creationDate: timestamp(image.createdAt),
				isPublic: !image.own,
				architecture: image.architecture,
				deprecationTime: image.deprecatedAt === null ? null : timestamp(image.deprecatedAt),
				imageType: "machine",
				name: image.name,
				rootDeviceType: image.rootDeviceType,
				rootDeviceName: image.rootDeviceName,
				blockDeviceMapping: image.blockDevices.map(deviceElement),
				virtualizationType: image.virtualizationType,
				tagSet: Object.keys(image.tags).length === 0 ? null : tagSet(image.tags),
				hypervisor: "xen",
			})),
			nextToken,
		};
	},
};
