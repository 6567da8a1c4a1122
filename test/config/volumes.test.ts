import { expect, it } from "vitest";
import { type Device, findDeviceProblems } from "../../src/config/volumes.ts";

const problems = (device: Device, name = "/dev/sdb") =>
	findDeviceProblems(name, device).map(({ key, message }) => `${key} ${message}`);

it.each<[Device, string]>([
	[{ size: 8, volume_type: "gp9" }, "volume_type must be standard, gp2, gp3, io1, io2, st1, sc1"],
	[{ size: 8, volume_type: "constructor" }, "volume_type must be standard, gp2, gp3, io1, io2, st1, sc1"],
	[{ size: 100, volume_type: "io1" }, "iops is required for io1"],
	[{ size: 100, volume_type: "io2" }, "iops is required for io2"],
	[{ size: 100, volume_type: "io1", iops: 5001 }, "iops must not exceed 5000 for io1 with 100 GiB"],
	[{ size: 100, volume_type: "io2", iops: 100_001 }, "iops must not exceed 100000 for io2 with 100 GiB"],
	[{ size: 100, volume_type: "io1", iops: 99 }, "iops must be 100 to 64000 for io1"],
	[{ size: 8, volume_type: "gp3", iops: 2999 }, "iops must be 3000 to 80000 for gp3"],
	[{ size: 8, volume_type: "gp3", iops: 4001 }, "iops must not exceed 4000 for gp3 with 8 GiB"],
	[{ size: 8, volume_type: "gp2", iops: 3000 }, "iops must be removed: gp2 has none"],
	[{ size: 500, volume_type: "st1", iops: 500 }, "iops must be removed: st1 has none"],
	[{ size: 8, volume_type: "gp2", throughput: 125 }, "throughput must be removed: gp2 has none"],
	[{ size: 8, volume_type: "io2", iops: 100, throughput: 125 }, "throughput must be removed: io2 has none"],
	[{ size: 8, volume_type: "gp3", throughput: 124 }, "throughput must be 125 to 2000 for gp3"],
	[{ size: 8, volume_type: "gp3", throughput: 751 }, "throughput must not exceed 750 with 3000 IOPS"],
	[{ size: 124, volume_type: "sc1" }, "size must be 125 to 16384 for sc1"],
	[{ size: 8, volume_type: "gp3", throughput: 2001 }, "throughput must be 125 to 2000 for gp3"],
	[{ size: 1025, volume_type: "standard" }, "size must be 1 to 1024 for standard"],
	[{ size: 3, volume_type: "io1", iops: 100 }, "size must be 4 to 16384 for io1"],
	[{ volume_type: "gp3" }, "size is required, because EC2 has no snapshot for this device"],
	[{}, "size is required, because EC2 has no snapshot for this device"],
	[{ ephemeral_name: "instance0" }, "ephemeral_name must be ephemeral0 to ephemeral23"],
	[{ ephemeral_name: "xephemeral0" }, "ephemeral_name must be ephemeral0 to ephemeral23"],
	[{ ephemeral_name: "ephemeral24" }, "ephemeral_name must be ephemeral0 to ephemeral23"],
])("%j is rejected: %s", (device, expected) => {
	expect(problems(device)).toEqual([expected]);
});

it.each<[Device, string]>([
	[{ size: 8 }, "/dev/sdb"],
	[{ volume_type: "gp2" }, "/dev/sda1"],
	[{ volume_type: "gp2" }, "/dev/xvda"],
	[{ skip_resize: true }, "/dev/sdb"],
	[{ ephemeral_name: "ephemeral0" }, "/dev/sdb"],
	[{ ephemeral_name: "ephemeral19" }, "/dev/sdb"],
	[{ ephemeral_name: "ephemeral23" }, "/dev/sdb"],
	[{ size: 1, volume_type: "standard" }, "/dev/sdb"],
	[{ size: 1024, volume_type: "standard" }, "/dev/sdb"],
	[{ size: 100, volume_type: "io1", iops: 5000 }, "/dev/sdb"],
	[{ size: 8, volume_type: "gp3", iops: 4000, throughput: 1000 }, "/dev/sdb"],
	[{ size: 8, volume_type: "gp3", throughput: 750 }, "/dev/sdb"],
	[{ size: 1, volume_type: "st1", skip_resize: true }, "/dev/sdb"],
	// The size of the image's device is not known.
	[{ volume_type: "io1", iops: 64_000, skip_resize: true }, "/dev/sdb"],
])("%j is accepted for %s", (device, name) => {
	expect(problems(device, name)).toEqual([]);
});
