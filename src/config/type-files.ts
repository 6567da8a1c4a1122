/** The files of the instance types, beside the main file. */
import { statSync } from "node:fs";
import { join } from "node:path";
import type { z } from "zod";
import type { BlockDevice, LaunchTemplate, MozType, TypeConfig, TypeRegion } from "../core/model/policy.ts";
import type { UserDataField } from "../core/model/user-data.ts";
import { isRegion } from "../core/plan/regions.ts";
import type { Diagnostic } from "../errors.ts";
import { check } from "./check.ts";
import { entryOf, type MapNode } from "./document/node.ts";
import { readSource } from "./document/source.ts";
import { quote } from "./document/text.ts";
import { expandNames } from "./names.ts";
import { typeRegionSchema, typeSchema } from "./schema.ts";
import { readUserData, type UserDataFile } from "./user-data.ts";

const ENDINGS = ["", ".json", ".yml", ".yaml"];

export interface TypeFile {
	readonly config: TypeConfig | null;
	readonly faults: readonly Diagnostic[];
}

/** Where a type's files are looked for. */
export interface TypeFilePlace {
	/** Absolute path of the folder of the main file. */
	readonly folder: string;
	/** The same folder as the user wrote it. */
	readonly shown: string;
	/** Where the main file first names the type. */
	readonly named: Omit<Diagnostic, "message">;
	/** Whether the main file says where certificates come from. */
	readonly hasCerts: boolean;
}

/** Reads the file of one type, and its user data. */
export function readTypeFile(mozType: MozType, place: TypeFilePlace): TypeFile {
	const { folder, shown, named } = place;
	const candidates = ENDINGS.map((ending) => `${mozType}${ending}`);
	const found = candidates.filter((name) => isFile(join(folder, name)));
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
	const template = `${mozType}.user-data`;
	if (!isFile(join(folder, template))) return { config: checked.config, faults: [...faults, ...checked.faults] };
	const userData = readUserData(join(folder, template), join(shown, template));
	return {
		config: checked.config === null ? null : { ...checked.config, userData: userData.template },
		faults: [...faults, ...checked.faults, ...userData.faults, ...unfilled(userData, checked.config, place)],
	};
}

/** Placeholders for which the configuration has no value. */
function unfilled(userData: UserDataFile, config: TypeConfig | null, place: TypeFilePlace): readonly Diagnostic[] {
	if (config === null) return [];
	const named = config.hostname !== null || config.names !== null;
	const without = Object.entries(config.regions).filter(([, { puppetServer }]) => puppetServer === null);
	const lacking: Partial<Record<UserDataField, string>> = {
		...(named ? {} : { hostname: `the type has neither "hostname" nor "names"` }),
		...(named ? {} : { fqdn: `the type has neither "hostname" nor "names"` }),
		...(without.length === 0
			? {}
			: { puppet_server: `"puppet_server" is not set for ${without.map(([region]) => region).join(", ")}` }),
		...(place.hasCerts && named ? {} : { certs: 'it needs "certs" in the main file, and names' }),
	};
	return [...userData.places].flatMap(([field, at]) => {
		const why = lacking[field];
		return why === undefined ? [] : [{ ...at, message: `{${field}} has no value: ${why}` }];
	});
}

function isFile(path: string): boolean {
	return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

function readRoot(mozType: MozType, file: string, root: MapNode): TypeFile {
	const general = check(typeSchema, file, root);
	const faults: Diagnostic[] = [...general.faults];
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
	if (general.data === null) return { config: null, faults };
	const { hostname = null, names: entries = null } = general.data;
	const names = entries?.flatMap((entry) => expandNames(entry) ?? []) ?? null;
	const namesPlace = entryOf(root, "names")?.place ?? root.place;
	if (hostname !== null && names !== null) {
		faults.push({ file, ...namesPlace, message: "names and hostname are both given, and one decides: leave one out" });
	}
	const twice = names?.find((name, index) => names.indexOf(name) !== index);
	if (twice !== undefined) faults.push({ file, ...namesPlace, message: `names has ${quote(twice)} twice` });
	return { config: { mozType, hostname, names, userData: null, regions }, faults };
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
		puppetServer: data.puppet_server ?? null,
		launchTemplate: launchTemplate(data.launch_template),
	};
}

function launchTemplate(data: z.infer<typeof typeRegionSchema>["launch_template"]): LaunchTemplate | null {
	if (data === null || data === undefined) return null;
	return { idOrName: data.id ?? data.name ?? "", version: String(data.version ?? "$Default") };
}

function fault(place: Omit<Diagnostic, "message">, message: string): TypeFile {
	return { config: null, faults: [{ ...place, message }] };
}
