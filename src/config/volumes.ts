/** What EC2 allows for the volumes of a launch, by volume type. */

interface Bounds {
	readonly min: number;
	readonly max: number;
}

interface VolumeType {
	/** GiB. */
	readonly size: Bounds;
	/** Null: the type has no configurable IOPS. */
	readonly iops: (Bounds & { readonly required: boolean; readonly perGib: number }) | null;
	/** MiB/s; null: the type has no configurable throughput. */
	readonly throughput: Bounds | null;
}

/** Source: `EbsBlockDevice` in the EC2 API Reference, and "Amazon EBS volume types" in the EBS User Guide. */
const VOLUME_TYPES: Readonly<Record<string, VolumeType>> = {
	standard: { size: { min: 1, max: 1024 }, iops: null, throughput: null },
	gp2: { size: { min: 1, max: 16_384 }, iops: null, throughput: null },
	gp3: {
		size: { min: 1, max: 65_536 },
		iops: { min: 3000, max: 80_000, required: false, perGib: 500 },
		throughput: { min: 125, max: 2000 },
	},
	io1: {
		size: { min: 4, max: 16_384 },
		iops: { min: 100, max: 64_000, required: true, perGib: 50 },
		throughput: null,
	},
	io2: {
		size: { min: 4, max: 65_536 },
		iops: { min: 100, max: 256_000, required: true, perGib: 1000 },
		throughput: null,
	},
	st1: { size: { min: 125, max: 16_384 }, iops: null, throughput: null },
	sc1: { size: { min: 125, max: 16_384 }, iops: null, throughput: null },
};

/** Devices that every image brings along, so that EC2 knows their snapshot. */
const ROOT_DEVICES = ["/dev/sda1", "/dev/xvda"];
/** gp3 allows this much throughput per provisioned IOPS. */
const MIB_PER_IOPS = 0.25;

/** A device of `device_map`. Absent and null mean the same: EC2 takes the image's value or its default. */
export interface Device {
	readonly ephemeral_name?: string | null | undefined;
	readonly size?: number | null | undefined;
	readonly volume_type?: string | null | undefined;
	readonly iops?: number | null | undefined;
	readonly throughput?: number | null | undefined;
	readonly skip_resize?: boolean | null | undefined;
}

/** A problem with one key of a device; the message completes a sentence that starts with the key. */
export interface DeviceProblem {
	readonly key: keyof Device;
	readonly message: string;
}

/** Why EC2 would reject a device; empty if it would not. */
export function findDeviceProblems(deviceName: string, device: Device): readonly DeviceProblem[] {
	if (device.ephemeral_name != null) return ephemeralProblems(device.ephemeral_name);
	const { volume_type: type } = device;
	if (type == null) return sourceProblems(deviceName, device);
	const volume = Object.hasOwn(VOLUME_TYPES, type) ? VOLUME_TYPES[type] : undefined;
	if (volume === undefined) {
		return [{ key: "volume_type", message: `must be ${Object.keys(VOLUME_TYPES).join(", ")}` }];
	}
	return [
		...sourceProblems(deviceName, device),
		...within("size", device.skip_resize === true ? null : device.size, volume.size, type),
		...iopsProblems(type, volume, device),
		...throughputProblems(type, volume, device),
	];
}

function ephemeralProblems(name: string): readonly DeviceProblem[] {
	const isValid = /^ephemeral(?:[0-9]|1[0-9]|2[0-3])$/.test(name);
	return isValid ? [] : [{ key: "ephemeral_name", message: "must be ephemeral0 to ephemeral23" }];
}

/** The devices of the configured `ami` are not read, so a new volume must have a size. */
function sourceProblems(deviceName: string, { size, skip_resize }: Device): readonly DeviceProblem[] {
	if (size != null || skip_resize === true || ROOT_DEVICES.includes(deviceName)) return [];
	return [{ key: "size", message: "is required, because EC2 has no snapshot for this device" }];
}

function iopsProblems(type: string, { iops: bounds }: VolumeType, { iops, size }: Device): readonly DeviceProblem[] {
	if (bounds === null) return iops == null ? [] : [{ key: "iops", message: `must be removed: ${type} has none` }];
	if (iops == null) return bounds.required ? [{ key: "iops", message: `is required for ${type}` }] : [];
	const problems = within("iops", iops, bounds, type);
	if (problems.length > 0 || size == null) return problems;
	const most = Math.max(bounds.min, size * bounds.perGib);
	return iops <= most ? [] : [{ key: "iops", message: `must not exceed ${most} for ${type} with ${size} GiB` }];
}

function throughputProblems(
	type: string,
	{ throughput: bounds, iops: ioBounds }: VolumeType,
	{ throughput, iops }: Device,
): readonly DeviceProblem[] {
	if (throughput == null) return [];
	if (bounds === null) return [{ key: "throughput", message: `must be removed: ${type} has none` }];
	const problems = within("throughput", throughput, bounds, type);
	const operations = iops ?? ioBounds?.min ?? 0;
	const most = operations * MIB_PER_IOPS;
	if (problems.length > 0 || throughput <= most) return problems;
	return [{ key: "throughput", message: `must not exceed ${most} with ${operations} IOPS` }];
}

function within(
	key: "size" | "iops" | "throughput",
	value: number | null | undefined,
	{ min, max }: Bounds,
	type: string,
): readonly DeviceProblem[] {
	if (value == null || (value >= min && value <= max)) return [];
	return [{ key, message: `must be ${min} to ${max} for ${type}` }];
}
