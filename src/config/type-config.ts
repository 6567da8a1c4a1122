/** The data of a type file → a {@link TypeConfig}, with every default. */
import type { z } from "zod";
import type { BlockDevice, LaunchTemplate, MozType, TypeConfig, TypeRegion } from "../core/model/policy.ts";
import type { UserDataTemplate } from "../core/model/user-data.ts";
import { expandNames } from "./names.ts";
import type { typeRegionSchema, typeSchema } from "./schema.ts";

type RegionData = z.infer<typeof typeRegionSchema>;
type DeviceData = NonNullable<RegionData["device_map"]>[string];

export function typeConfigOf(
	mozType: MozType,
	data: z.infer<typeof typeSchema>,
	regions: readonly (readonly [region: string, data: RegionData])[],
	userData: UserDataTemplate | null,
): TypeConfig {
	return {
		mozType,
		hostname: data.hostname ?? null,
		names: data.names?.flatMap(expandNames) ?? null,
		userData,
		regions: Object.fromEntries(regions.map(([region, regionData]) => [region, typeRegionOf(regionData)])),
	};
}

function typeRegionOf(data: RegionData): TypeRegion {
	return {
		domain: data.domain ?? null,
		ami: data.ami,
		// The original's files name some subnets twice.
		subnetIds: [...new Set(data.subnet_ids)],
		securityGroupIds: [...new Set(data.security_group_ids)],
		instanceType: data.instance_type,
		sshKey: data.ssh_key ?? null,
		usePublicIp: data.use_public_ip ?? false,
		instanceProfileName: data.instance_profile_name ?? null,
		deviceMap: Object.entries(data.device_map ?? {}).map(([deviceName, device]) => blockDeviceOf(deviceName, device)),
		tags: data.tags ?? {},
		puppetServer: data.puppet_server ?? "",
		launchTemplate: launchTemplateOf(data.launch_template),
	};
}

function blockDeviceOf(deviceName: string, device: DeviceData): BlockDevice {
	return {
		deviceName,
		ephemeralName: device.ephemeral_name ?? null,
		size: device.skip_resize === true ? null : (device.size ?? null),
		volumeType: device.volume_type ?? null,
		iops: device.iops ?? null,
		throughput: device.throughput ?? null,
		encrypted: device.encrypted ?? null,
		deleteOnTermination: device.delete_on_termination ?? null,
	};
}

function launchTemplateOf(data: RegionData["launch_template"]): LaunchTemplate | null {
	if (data === null || data === undefined) return null;
	return { idOrName: data.id ?? data.name ?? "", version: String(data.version ?? "$Default") };
}
