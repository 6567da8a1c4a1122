/** The block devices of a launch. */
import type { ImageDevice } from "../model/facts.ts";
import type { BlockDevice } from "../model/policy.ts";

/**
 * A type's devices on an image. EC2 takes what a device leaves open from the image's device of the same name. What EC2
 * would reject is corrected: a volume is at least as large as the image's snapshot, and a device that neither the image
 * nor the configuration describes is omitted.
 * @param image null: the image's devices are unknown
 */
export function launchDevices(
	devices: readonly BlockDevice[],
	image: readonly ImageDevice[] | null,
): readonly BlockDevice[] {
	if (image === null) return devices;
	return devices.flatMap((device) => {
		const own = image.find(({ deviceName }) => deviceName === device.deviceName);
		if (device.ephemeralName !== null || (own === undefined && device.size !== null)) return [device];
		if (own === undefined) return [];
		const size = device.size === null || own.size === null ? device.size : Math.max(device.size, own.size);
		return [{ ...device, size }];
	});
}
