/** The files of the instance types, beside the main file. */
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import type { z } from "zod";
import type { BlockDevice, MozType, TypeConfig, TypeRegion } from "../core/policy.ts";
import type { Fault } from "../errors.ts";
import { check } from "./check.ts";
import type { MapNode } from "./node.ts";
import { isRegion, typeRegionSchema, typeSchema } from "./schema.ts";
import { readSource } from "./source.ts";

const ENDINGS = ["", ".json", ".yml", ".yaml"];

export interface TypeFile {
	readonly config: TypeConfig | null;
	readonly faults: readonly Fault[];
}

/**
 * Reads the file of one type.
 * @param folder absolute path of the folder of the main file
 * @param shown the same folder as the user wrote it
 * @param named where the main file first names the type
 */
export function readTypeFile(mozType: MozType, folder: string, shown: string, named: Omit<Fault, "message">): TypeFile {
	const candidates = ENDINGS.map((ending) => `${mozType}${ending}`);
	const found = candidates.filter((name) => existsSync(join(folder, name)) && statSync(join(folder, name)).isFile());
	const [name] = found;
	if (name === undefined) {
		const looked = candidates.map((candidate) => join(shown, candidate)).join(", ");
		return fault(named, `the instance type "${mozType}" has no file: looked for ${looked}`);
	}
	if (found.length > 1) {
		return fault(named, `the instance type "${mozType}" has several files, and one is allowed: ${found.join(", ")}`);
	}
	const { file, root, faults } = readSource(join(folder, name), join(shown, name));
	if (root === null) return { config: null, faults };
	const checked = readRoot(mozType, file, root);
	return { config: checked.config, faults: [...faults, ...checked.faults] };
}

function readRoot(mozType: MozType, file: string, root: MapNode): TypeFile {
	const general = check(typeSchema, file, root);
	const faults: Fault[] = [...general.faults];
	const regions: Record<string, TypeRegion> = {};
	for (const { key, place, value } of root.entries) {
		if (!isRegion(key)) continue;
		if (value.kind !== "map") {
			faults.push({ file, ...place, message: `${key} must be a map` });
			continue;
		}
		const region = check(typeRegionSchema, file, value);
		faults.push(...region.faults.map((one) => ({ ...one, message: `in ${key}: ${one.message}` })));
		if (region.data !== null) regions[key] = typeRegion(region.data);
	}
	const config = general.data === null ? null : { mozType, hostname: general.data.hostname ?? null, regions };
	return { config, faults };
}

function typeRegion(data: z.infer<typeof typeRegionSchema>): TypeRegion {
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
		deviceMap: Object.entries(data.device_map ?? {}).map(
			([deviceName, device]): BlockDevice => ({
				deviceName,
				ephemeralName: device.ephemeral_name ?? null,
				size: device.skip_resize === true ? null : (device.size ?? null),
				volumeType: device.volume_type ?? null,
				iops: device.iops ?? null,
				throughput: device.throughput ?? null,
				encrypted: device.encrypted ?? null,
				deleteOnTermination: device.delete_on_termination ?? null,
			}),
		),
		tags: data.tags ?? {},
	};
}

function fault(place: Omit<Fault, "message">, message: string): TypeFile {
	return { config: null, faults: [{ ...place, message }] };
}
