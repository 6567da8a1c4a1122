/** The block devices of a launch. */
import type { ImageDevice } from "../model/facts.ts";
import type { BlockDevice } from "../model/policy.ts";

/**
 * A type's devices on an image. What a device leaves open, EC2 takes from the image's device of the same name; what EC2
 * would refuse is mended: a volume is at least as large as the image's snapshot for it, and a device of which neither the
 * image nor the configuration says what it is, is left out.
 * @param image null: what the image has is not known
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
