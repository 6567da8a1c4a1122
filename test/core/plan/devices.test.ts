import { expect, test } from "vitest";
import type { BlockDevice } from "../../../src/core/model/policy.ts";
import { launchDevices } from "../../../src/core/plan/devices.ts";

const device = (deviceName: string, overrides: Partial<BlockDevice> = {}): BlockDevice => ({
	deviceName,
	ephemeralName: null,
	size: null,
	volumeType: null,
	iops: null,
	throughput: null,
	encrypted: null,
	deleteOnTermination: null,
	...overrides,
});
const root = { deviceName: "/dev/xvda", size: 20 };

test.each<[string, BlockDevice, ReturnType<typeof launchDevices>]>([
	[
		"keeps what it says of the image's volume",
		device("/dev/xvda", { volumeType: "gp3" }),
		[device("/dev/xvda", { volumeType: "gp3" })],
	],
	["may make it larger", device("/dev/xvda", { size: 30 }), [device("/dev/xvda", { size: 30 })]],
	["cannot make it smaller than its snapshot", device("/dev/xvda", { size: 10 }), [device("/dev/xvda", { size: 20 })]],
	["adds a volume", device("/dev/sdf", { size: 5 }), [device("/dev/sdf", { size: 5 })]],
	[
		"adds an instance store",
		device("/dev/sdb", { ephemeralName: "ephemeral0" }),
		[device("/dev/sdb", { ephemeralName: "ephemeral0" })],
	],
	["is left out where nothing says what it is", device("/dev/sda1", { deleteOnTermination: true }), []],
])("a device of the configuration %s", (_what, given, expected) => {
	expect(launchDevices([given], [root])).toEqual(expected);
});

test("devices are as configured if the image's are unknown", () => {
	const devices = [device("/dev/sda1", { deleteOnTermination: true })];
	expect(launchDevices(devices, null)).toEqual(devices);
});
