/** Placements that return nothing, or too little: the action continues elsewhere, and stops only what it must. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import type { Report } from "../../src/core/report/report.ts";
import type { Fault } from "../ec2-endpoint/faults.ts";
import { Site } from "../harness/site.ts";

const REGIONS = ["us-east-1", "us-west-2"];
const TYPES = ["bld", "tst"];

/** Two types, one EC2 instance type for spot and one for on-demand, a subnet in each of three zones of two regions. */
function configuration(): string {
	const folder = mkdtempSync(join(tmpdir(), "aws-watch-pending-places-"));
	const each = <T>(names: readonly string[], value: (name: string) => T) =>
		Object.fromEntries(names.map((name) => [name, value(name)]));
	const main = {
		region_priorities: { "us-east-1": 2, "us-west-2": 1 },
		buildermap: each(TYPES, (type) => type),
		spot: {
			rules: each(TYPES, () => [{ instance_type: "c6i.xlarge", bid_price: 0.2 }]),
			limits: each(REGIONS, () => each(TYPES, () => 1000)),
		},
		ondemand: { limits: { global: each(TYPES, () => 1000) } },
		heuristics: { scope: "pool" },
	};
	writeFileSync(join(folder, "watch_pending.json"), JSON.stringify(main, null, "\t"));
	for (const type of TYPES) {
		const regions = each(REGIONS, (region) => ({
			ami: `ami-${type}`,
			subnet_ids: ["a", "b", "c"].map((zone) => `subnet-${region}${zone}`),
			security_group_ids: ["sg-1"],
			instance_type: "m6i.xlarge",
		}));
		writeFileSync(join(folder, type), JSON.stringify(regions));
	}
	return folder;
}

let site: Site;
async function start(pending: Readonly<Record<string, number>>): Promise<void> {
	const configs = configuration();
	site = await Site.start(configs);
	rmSync(configs, { recursive: true });
	for (const [builder, count] of Object.entries(pending)) site.database.submit(builder, count, 1_700_000_000);
}
afterEach(() => site[Symbol.asyncDispose]());

async function tick(inputs: Readonly<Record<string, string>> = {}) {
	const { exitCode, report, log } = await site.tick({ "max-launches": "1000", ...inputs });
	if (report === null) throw new Error(log);
	const { pools, launches, refusals, failures }: Report = JSON.parse(report);
	return { exitCode, pools, launches, refusals, failures };
}
const placesOf = (launches: Report["launches"]) => [
	...new Set(launches.map(({ lifecycle, availabilityZone }) => `${lifecycle} ${availabilityZone}`)),
];
/** Lifecycle and zone of each `RunInstances`, in order. */
const asked = () =>
	site.endpoint.journal
		.calls("RunInstances")
		.map(({ flat, zone }) => `${flat["InstanceMarketOptions.MarketType"] === "spot" ? "spot" : "on-demand"} ${zone}`);

it("launches 500 machines over six zones, two empty and one with a third of them, and tries each zone once", async () => {
	await start({ bld: 500 });
	for (const zone of ["us-east-1a", "us-west-2b"]) site.world.setCapacity(zone, "c6i.xlarge", "spot", 0);
	site.world.setCapacity("us-west-2a", "c6i.xlarge", "spot", 166);
	const { exitCode, launches, pools } = await tick();
	expect(exitCode).toBe(0);
	expect(launches).toHaveLength(500);
	expect(pools).toMatchObject([{ needed: 500, launched: 500, shortfall: 0 }]);
	expect(new Set(asked()).size).toBe(asked().length);
	expect(asked().length).toBeLessThanOrEqual(6);
});

it("fills a subnet, then moves on to the next zone", async () => {
	await start({ bld: 10 });
	site.world.setFreeAddresses("us-east-1", "subnet-us-east-1a", 4);
	const { exitCode, launches } = await tick();
	expect(exitCode).toBe(0);
	expect(launches).toHaveLength(10);
	expect(launches.filter(({ subnetId }) => subnetId === "subnet-us-east-1a")).toHaveLength(4);
});

describe("a refusal", () => {
	const refusal = (code: string, where: Partial<Fault> = {}, status = 400): Fault => ({
		action: "RunInstances",
		...where,
		error: { code, status, message: `refused: ${code}` },
	});

	/** EC2 may refuse the whole of six, so three and one are requested, too. */
	const halved = (placement: string) => Array.from({ length: 3 }, () => placement);

	it.each<[string, Fault, readonly string[], readonly string[], number]>([
		[
			"of a subnet that has filled up moves on to the next zone",
			refusal("InsufficientFreeAddressesInSubnet", { zone: "us-east-1a" }),
			["spot us-east-1a", "spot us-west-2a"],
			["spot us-west-2a"],
			0,
		],
		[
			"of an empty zone moves on to the next zone",
			refusal("InsufficientInstanceCapacity", { zone: "us-east-1a" }, 500),
			["spot us-east-1a", "spot us-west-2a"],
			["spot us-west-2a"],
			0,
		],
		[
			"of a zone without the EC2 instance type moves on to the next zone",
			refusal("Unsupported", { zone: "us-east-1a" }),
			["spot us-east-1a", "spot us-west-2a"],
			["spot us-west-2a"],
			0,
		],
		[
			"for the spot quota moves on to the next region",
			refusal("MaxSpotInstanceCountExceeded", { region: "us-east-1" }),
			[...halved("spot us-east-1a"), "spot us-west-2a"],
			["spot us-west-2a"],
			0,
		],
		[
			"of all spot moves on to on-demand",
			refusal("MaxSpotInstanceCountExceeded", { lifecycle: "spot" }),
			[...halved("spot us-east-1a"), ...halved("spot us-west-2a"), "on-demand us-east-1a", "on-demand us-west-2a"],
			["on-demand us-east-1a", "on-demand us-west-2a"],
			0,
		],
		[
			"as denied moves on to the next placement, and fails the run",
			refusal("UnauthorizedOperation", { region: "us-east-1" }, 403),
			["spot us-east-1a", "spot us-west-2a"],
			["spot us-west-2a"],
			1,
		],
		[
			"of a missing image ends the image in that region alone, and fails the run",
			refusal("InvalidAMIID.NotFound", { region: "us-east-1" }),
			["spot us-east-1a", "spot us-west-2a"],
			["spot us-west-2a"],
			1,
		],
		["of the credentials stops all", refusal("ExpiredToken"), ["spot us-east-1a"], [], 1],
		[
			"of a region that AWS still validates moves on to the next region, and fails the run",
			refusal("PendingVerification", { region: "us-east-1" }),
			["spot us-east-1a", "spot us-west-2a"],
			["spot us-west-2a"],
			1,
		],
		[
			"of spot without its service-linked role moves on to on-demand, and fails the run",
			refusal("AuthFailure.ServiceLinkedRoleCreationNotPermitted", { lifecycle: "spot" }, 403),
			["spot us-east-1a", "on-demand us-east-1a", "on-demand us-west-2a"],
			["on-demand us-east-1a", "on-demand us-west-2a"],
			1,
		],
	])("%s", async (_what, fault, expectedAsked, expectedPlaces, expectedExit) => {
		await start({ bld: 6 });
		site.endpoint.faults.add(fault);
		const { exitCode, launches, pools, refusals } = await tick();
		expect(asked().toSorted()).toEqual(expectedAsked.toSorted());
		expect(placesOf(launches).toSorted()).toEqual([...expectedPlaces].toSorted());
		expect(launches).toHaveLength(expectedPlaces.length === 0 ? 0 : 6);
		expect(refusals[0]).toMatchObject({ code: "error" in fault ? fault.error.code : "", wanted: 6 });
		expect(pools[0]?.reasons.reduce((sum, { count }) => sum + count, 0)).toBe(6);
		expect(exitCode).toBe(expectedExit);
	});

	it("for the on-demand quota of one region moves its share to the other", async () => {
		await start({ bld: 6 });
		site.endpoint.faults.add(refusal("MaxSpotInstanceCountExceeded", { lifecycle: "spot" }));
		site.endpoint.faults.add(refusal("VcpuLimitExceeded", { lifecycle: "on-demand", region: "us-east-1" }));
		const { exitCode, launches } = await tick();
		expect(exitCode).toBe(0);
		expect(launches).toHaveLength(6);
		expect(launches.every(({ region }) => region === "us-west-2")).toBe(true);
		// Its own share, then the other region's.
		expect(asked().filter((place) => place.startsWith("on-demand us-west-2"))).toHaveLength(2);
	});

	it("of one type's image does not affect the other type", async () => {
		await start({ bld: 2, tst: 3 });
		site.endpoint.faults.add(refusal("InvalidAMIID.NotFound", { times: 1, region: "us-east-1" }));
		site.endpoint.faults.add(refusal("InvalidAMIID.NotFound", { times: 1, region: "us-west-2" }));
		const { exitCode, pools, failures } = await tick();
		expect(exitCode).toBe(1);
		expect(pools.reduce((sum, { launched }) => sum + launched, 0)).toBeGreaterThanOrEqual(2);
		expect(failures.every(({ stage, code }) => stage === "launch" && code === "InvalidAMIID.NotFound")).toBe(true);
	});
});

describe("a launch whose answers are lost", () => {
	const lost: readonly Fault[] = [
		{ action: "RunInstances", damage: { kind: "page", status: 502 } },
		{ action: "RunInstances", damage: { kind: "break-off", framing: "chunked" } },
		{ action: "RunInstances", damage: { kind: "error-document", status: 500, code: "SomethingNew" } },
	];

	it.each(lost)("launches no machine twice, and none without need: %j", async (fault) => {
		await start({ bld: 40 });
		site.endpoint.faults.add({ ...fault, times: 1 });
		const { exitCode, launches } = await tick();
		expect(exitCode).toBe(0);
		expect(launches).toHaveLength(40);
		expect(REGIONS.flatMap((region) => site.world.instances(region))).toHaveLength(40);
	});

	it.each(lost)("is reported as up to N that may have launched, and fails the run: %j", async (fault) => {
		await start({ bld: 40 });
		site.endpoint.faults.add(fault);
		const { exitCode, launches, failures } = await tick({ timeout: "2" });
		expect(exitCode).toBe(1);
		expect(launches).toEqual([]);
		expect(failures).toMatchObject([
			{ stage: "launch", message: expect.stringContaining("up to 40 may have launched") },
		]);
		expect(REGIONS.flatMap((region) => site.world.instances(region))).toHaveLength(40);
	});
});
