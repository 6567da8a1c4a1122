/** The action doing its job, packaged where that may matter. */
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parseReport } from "../../scripts/saved-report.ts";
import type { Report } from "../../src/core/report/report.ts";
import { type ActionResult, runAction } from "../harness/action.ts";
import { runInProcess } from "../harness/in-process.ts";
import { DATABASES } from "../harness/scheduler-databases.ts";
import { rowsOf } from "../harness/scheduler-rows.ts";
import { Site } from "../harness/site.ts";

const BUILD = "Linux x86-64 mozilla-central build";
const TRY = "Linux x86-64 try build";
const TEST = "Ubuntu VM 12.04 x64 mozilla-central opt test mochitest-1";

let site: Site;
beforeEach(async () => {
	site = await Site.start();
});
afterEach(() => site[Symbol.asyncDispose]());

function reportOf({ report, log, errorOutput }: ActionResult): Report {
	if (report === null) throw new Error(`no report:\n${log}\n${errorOutput}`);
	return JSON.parse(report);
}
const now = () => Math.floor(Date.now() / 1000);
const submit = (builder: string, count: number) => site.database.submit(builder, count, now() - 600);

describe("a tick", () => {
	it("launches what is needed, reports it, and launches no more while they are on their way", async () => {
		submit(BUILD, 17);
		submit(TEST, 3);
		submit("WINNT 5.2 mozilla-central build", 2);
		const first = await site.run();
		expect(first.exitCode).toBe(0);
		expect(first.outputs).toMatchObject({
			pending: "22",
			matched: "20",
			unmatched: "2",
			needed: "20",
			launched: "20",
			shortfall: "0",
		});
		const report = reportOf(first);
		const running = Object.keys(site.policy.regionPriorities).flatMap((region) => site.world.instances(region));
		expect(report.launches.map(({ instanceId }) => instanceId).toSorted()).toEqual(
			running.map(({ instanceId }) => instanceId).toSorted(),
		);
		expect(JSON.parse(first.outputs["launches"] ?? "")).toEqual(report.launches);
		expect(report.pools.map(({ mozType, pending, reasons }) => ({ mozType, pending, reasons }))).toEqual([
			{ mozType: "bld-linux64", pending: 17, reasons: [{ code: "launched", message: "launched", count: 17 }] },
			{ mozType: "tst-linux64", pending: 3, reasons: [{ code: "launched", message: "launched", count: 3 }] },
		]);
		expect(report.apiCalls).toEqual(
			Object.fromEntries(
				["us-east-1", "us-west-2"].map((region) => [region, expect.objectContaining({ DescribeInstances: 1 })]),
			),
		);
		// One call for each place, not for each machine.
		expect(site.endpoint.journal.calls("RunInstances")).toHaveLength(2);
		expect(first.summary).toMatch(/^## ✅ \d+ pending requests = 20 launched/);
		expect(first.summary).toContain("WINNT 5.2 mozilla-central build");

		// All are workers of a master, but only one of each type has built by now.
		const names = running.map(({ tags }) => tags["Name"] ?? "");
		site.database.configure(BUILD, names, now());
		site.world.ageInstances(500);
		const byType = Map.groupBy(running, ({ tags }) => tags["moz-type"]);
		for (const [first] of byType.values()) {
			site.database.build(first?.tags["Name"] ?? "", (first?.launchedAt ?? 0) - 300);
		}
		const second = await site.tick();
		expect(second.outputs).toMatchObject({ needed: "0", launched: "0", shortfall: "0" });
		expect(site.endpoint.journal.calls("RunInstances")).toHaveLength(2);
		const { firstBuilds } = reportOf(second);
		expect(firstBuilds).toMatchObject({ machines: 2, median: 200, slowest: 200 });
		expect(firstBuilds?.neverConnected.reduce((sum, { count }) => sum + count, 0)).toBe(18);
		expect(second.summary).toContain("Launch to first build: median 3 min, slowest 3 min (2 machines launched");
	});

	it("launches with type, name, state, and time as tags, IMDSv2, and termination on shutdown", async () => {
		submit(BUILD, 2);
		const { launches } = reportOf(await site.tick());
		const machines = Object.keys(site.policy.regionPriorities).flatMap((region) => site.world.instances(region));
		expect(machines.map(({ tags }) => tags["Name"]).toSorted()).toEqual(["bld-linux64-ec2-001", "bld-linux64-ec2-002"]);
		expect(launches.map(({ name }) => name).toSorted()).toEqual(["bld-linux64-ec2-001", "bld-linux64-ec2-002"]);
		for (const machine of machines) {
			expect(machine.tags).toMatchObject({
				"moz-type": "bld-linux64",
				"moz-state": "ready",
				FQDN: `${machine.tags["Name"]}.build.${machine.availabilityZone.slice(0, -1)}.example.com`,
				"moz-created": expect.stringMatching(/^\d{10}$/),
				"moz-run-url": "https://github.com/example/builds/actions/runs/1",
				"cost-center": "ci",
			});
			expect(machine.metadata).toMatchObject({ httpTokens: "required", tags: true });
		}
		for (const call of site.endpoint.journal.calls("RunInstances")) {
			expect(call.parameters).toMatchObject({ InstanceInitiatedShutdownBehavior: "terminate", MinCount: "1" });
		}
	});

	it("makes no AWS call and needs no credentials if no pending request maps to AWS", async () => {
		submit("WINNT 5.2 mozilla-central build", 2);
		const result = await runAction({
			workspace: site.workspace,
			inputs: { "database-url": "sqlite:///state.sqlite" },
			environment: { AWS_ENDPOINT_URL: site.endpoint.url, AWS_EC2_METADATA_DISABLED: "true" },
		});
		expect(result.exitCode).toBe(0);
		expect(result.outputs).toMatchObject({ pending: "2", matched: "0", unmatched: "2", launched: "0" });
		expect(site.endpoint.journal.calls()).toHaveLength(0);
	});

	it("launches nothing in a dry run, and reports what it would launch", async () => {
		submit(BUILD, 5);
		const dry = await site.run({ mode: "dry-run" });
		expect(dry.exitCode).toBe(0);
		// Only rehearsals: one for each type, region, and lifecycle.
		expect(site.endpoint.journal.calls("RunInstances")).toHaveLength(1);
		expect(site.world.live()).toEqual([]);
		expect(site.endpoint.journal.calls("CreateTags")).toHaveLength(0);
		expect(dry.summary).toContain("5 to launch");
		const wet = await site.tick();
		const places = (result: ActionResult) =>
			reportOf(result).launches.map(({ availabilityZone, subnetId, instanceType, lifecycle, imageId, maxPrice }) => ({
				availabilityZone,
				subnetId,
				instanceType,
				lifecycle,
				imageId,
				maxPrice,
			}));
		expect(places(dry)).toEqual(places(wet));
		expect(reportOf(dry).launches.every(({ instanceId }) => instanceId === null)).toBe(true);
	});

	it("checks only the configuration in mode check", async () => {
		const result = await runInProcess({ workspace: site.workspace, inputs: { mode: "check" } });
		expect(result.exitCode).toBe(0);
		expect(result.log).toContain("Configuration OK: 11 patterns, 3 instance types");
		expect(site.endpoint.journal.calls()).toHaveLength(0);
	});

	it.each(DATABASES)("reads $name", async ({ dialect, create }) => {
		const requests = [{ builder: BUILD }, { builder: BUILD }, { builder: TRY, claim: "claimed" as const }];
		const result = await site.run({ "database-url": await create("0.8.14", rowsOf("0.8.14", dialect, requests)) });
		expect(result.exitCode).toBe(0);
		expect(result.outputs).toMatchObject({ pending: "2", launched: "2" });
	});

	it("applies max-launches to all pools together", async () => {
		submit(BUILD, 5);
		submit(TRY, 5);
		const result = await site.tick({ "max-launches": "7" });
		expect(result.outputs).toMatchObject({ needed: "10", launched: "7", shortfall: "3" });
		expect(result.exitCode).toBe(0);
		expect((await site.tick({ "max-launches": "0", "fail-on": "shortfall" })).exitCode).toBe(1);
	});
});

describe("the input max-hourly-cost", () => {
	it("keeps what live and new machines cost below it", async () => {
		submit(BUILD, 5);
		const result = await site.tick({ "max-hourly-cost": "0.2" });
		const prices = (result.report === null ? [] : parseReport(result.report).launches).map(
			({ spotPrice }) => spotPrice ?? 1,
		);
		expect(prices.length).toBeGreaterThan(0);
		expect(prices.length).toBeLessThan(5);
		expect(prices.reduce((sum, price) => sum + price, 0)).toBeLessThanOrEqual(0.2);
		expect(result.exitCode).toBe(0);
		expect(result.summary).toContain("max-hourly-cost of 0.2 USD used up. Raise the cost ceiling");
	});
});

describe("what EC2 refuses", () => {
	it("for lack of capacity comes from the next placement, then on demand", async () => {
		submit(BUILD, 5);
		for (const region of ["us-east-1", "us-west-2"]) {
			site.endpoint.faults.add({
				region,
				action: "RunInstances",
				lifecycle: "spot",
				error: { code: "InsufficientInstanceCapacity", status: 500, message: "no capacity" },
			});
		}
		const result = await site.tick();
		expect(result.exitCode).toBe(0);
		const { launches, refusals } = reportOf(result);
		expect(launches).toHaveLength(5);
		expect(new Set(launches.map(({ lifecycle }) => lifecycle))).toEqual(new Set(["on-demand"]));
		// Each place is asked once: three EC2 instance types in three zones of two regions.
		expect(refusals).toHaveLength(18);
		expect(
			new Set(refusals.map(({ availabilityZone, instanceType }) => `${availabilityZone} ${instanceType}`)).size,
		).toBe(18);
	});

	it("in one region leaves the others working, and fails the run", async () => {
		submit(BUILD, 5);
		site.endpoint.faults.add({
			region: "us-east-1",
			action: "DescribeInstances",
			error: { code: "UnauthorizedOperation", status: 403, message: "You are not authorized" },
		});
		const result = await site.tick();
		expect(result.exitCode).toBe(1);
		expect(result.outputs).toMatchObject({ launched: "5" });
		const { launches, failures } = reportOf(result);
		expect(new Set(launches.map(({ region }) => region))).toEqual(new Set(["us-west-2"]));
		expect(failures).toEqual([
			expect.objectContaining({ stage: "read", region: "us-east-1", code: "UnauthorizedOperation" }),
		]);
		expect(result.summary).toMatch(/^## ❌ .*1 failure/);
		expect(result.log).toMatch(/^::error::.*us-east-1/m);
		expect((await site.tick({ "fail-on": "never" })).exitCode).toBe(0);
	});

	it("as denied for two EC2 instance types ends the type in that region and fails the run", async () => {
		submit(BUILD, 5);
		site.endpoint.faults.add({
			action: "RunInstances",
			error: {
				code: "UnauthorizedOperation",
				status: 403,
				message:
					"You are not authorized to perform this operation. User: arn:aws:sts::123456789012:assumed-role/ci/run is not authorized to perform: ec2:RunInstances on resource: arn:aws:ec2:us-east-1:123456789012:instance/*",
			},
		});
		const result = await site.tick();
		expect(result.exitCode).toBe(1);
		expect(site.endpoint.journal.calls("RunInstances")).toHaveLength(4);
		expect(reportOf(result).pools[0]?.reasons).toEqual([expect.objectContaining({ code: "error", count: 5 })]);
	});

	it.each(["before", "after"] as const)(
		"by a reset %s the effect neither loses nor adds an instance",
		async (reset) => {
			submit(BUILD, 3);
			site.endpoint.faults.add({ action: "RunInstances", times: 1, reset });
			const result = await site.tick();
			expect(result.outputs["launched"]).toBe("3");
			const machines = ["us-east-1", "us-west-2"].flatMap((region) => site.world.instances(region));
			expect(machines).toHaveLength(3);
		},
	);
});

describe("a re-run of a workflow run", () => {
	it("launches only once what an earlier attempt launched", async () => {
		submit(BUILD, 3);
		await site.tick({}, { runId: "77" });
		// As if the first run's instances were not to be seen yet.
		const hidden = ["us-east-1", "us-west-2"].flatMap((region) => site.world.instances(region));
		for (const machine of hidden) Object.assign(machine.tags, { "moz-type": "hidden" });
		await site.tick({ "fail-on": "never" }, { runId: "77" });
		const machines = ["us-east-1", "us-west-2"].flatMap((region) => site.world.instances(region));
		expect(machines).toHaveLength(3);
	});

	it("continues where a killed one stopped", async () => {
		submit(BUILD, 3);
		site.endpoint.faults.add({ action: "CreateTags", hold: true });
		const killed = site.run(
			{},
			{
				onStart: (kill) => {
					const watch = setInterval(() => {
						if (site.endpoint.journal.calls("CreateTags").length === 0) return;
						clearInterval(watch);
						kill();
					}, 10);
				},
			},
		);
		expect((await killed).exitCode).toBeNull();
		const result = await site.tick();
		expect(result.outputs).toMatchObject({ needed: "0", launched: "0" });
		expect(["us-east-1", "us-west-2"].flatMap((region) => site.world.instances(region))).toHaveLength(3);
	});
});

const servers = DATABASES.filter(({ dialect }) => dialect !== "sqlite");
it.each(servers)("of two simultaneous ticks one launches and the other names it, on $name", async (database) => {
	const url = await database.create("3.7", rowsOf("3.7", database.dialect, [{ builder: BUILD }]));
	// The first is held in its launch, so that the second comes while it is at work.
	const held = site.endpoint.faults.add({ action: "RunInstances", times: 1, hold: true });
	const first = site.tick({ "database-url": url }, { runId: "100" });
	while (held.held === 0) await new Promise((next) => setTimeout(next, 5));
	const second = await site.tick({ "database-url": url }, { runId: "200" });
	expect(second.exitCode).toBe(0);
	expect(second.outputs).toEqual({ report: expect.any(String) });
	expect(second.summary).toMatch(/^## ⏸️ Skipped: another run holds the lock/);
	expect(reportOf(second)).toMatchObject({
		lockedBy: "https://github.com/example/builds/actions/runs/100",
		launches: [],
		failures: [],
	});
	const dry = await site.tick({ "database-url": url, mode: "dry-run" });
	expect(dry.outputs).toMatchObject({ launched: "1" });
	held.release();
	expect((await first).outputs).toMatchObject({ launched: "1" });
	expect(site.world.live()).toHaveLength(1);
});

it("names an instance that a killed run left unnamed", async () => {
	const { instanceId } = site.world.addInstance({
		region: "us-west-2",
		mozType: "bld-linux64",
		age: 300,
		tags: { "moz-state": "ready", "moz-created": String(now() - 300) },
	});
	submit(BUILD, 2);
	const result = await site.tick();
	expect(result.exitCode).toBe(0);
	// It is fresh, so one of the two requests is its own.
	expect(result.outputs).toMatchObject({ needed: "1", launched: "1" });
	const machine = site.world.instances("us-west-2").find((instance) => instance.instanceId === instanceId);
	expect(machine?.tags).toMatchObject({
		Name: "bld-linux64-ec2-001",
		FQDN: "bld-linux64-ec2-001.build.us-west-2.example.com",
	});
	expect(reportOf(result).launches.map(({ name }) => name)).toEqual(["bld-linux64-ec2-002"]);
});

it("starts no launch after its time is over, and reports it", async () => {
	submit(BUILD, 2);
	const result = await site.tick({ timeout: "0" });
	expect(result.exitCode).toBe(1);
	expect(site.endpoint.journal.calls("RunInstances")).toHaveLength(0);
	expect(reportOf(result).pools[0]?.reasons).toEqual([expect.objectContaining({ code: "timeout", count: 2 })]);
});

describe("the configuration of the original", () => {
	let original: Site;
	beforeEach(async () => {
		const folder = mkdtempSync(join(tmpdir(), "aws-watch-pending-reference-"));
		const configs = join(folder, "configs");
		cpSync(resolve(import.meta.dirname, "../config/fixtures/reference"), configs, { recursive: true });
		// The site reads its main file by this name; the action is given the original's.
		cpSync(join(configs, "watch_pending.cfg"), join(configs, "watch_pending.json"));
		original = await Site.start(configs);
		rmSync(folder, { recursive: true });
	});
	afterEach(() => original[Symbol.asyncDispose]());

	it("works unmodified", async () => {
		original.database.submit("Linux mozilla-central build", 2, now() - 60);
		original.database.submit("Ubuntu VM 12.04 mozilla-central opt test xpcshell", 3, now() - 60);
		const result = await original.tick({ config: "configs/watch_pending.cfg" });
		expect(result.exitCode).toBe(0);
		const launches = reportOf(result).launches;
		expect(launches.map(({ mozType, lifecycle }) => `${mozType} ${lifecycle}`).toSorted()).toEqual([
			...Array.from({ length: 2 }, () => "bld-linux64 spot"),
			...Array.from({ length: 3 }, () => "tst-linux32 spot"),
		]);

		const calls = original.endpoint.journal.calls("RunInstances").map(({ flat }) => flat);
		const builders = calls.filter((flat) => flat["IamInstanceProfile.Name"] === "bld-linux64");
		// Its user data holds the host's name, so each has a call of its own.
		expect(builders).toHaveLength(2);
		for (const flat of builders) {
			const subnetId = flat["NetworkInterface.1.SubnetId"] ?? "";
			const region = original.policy.types["bld-linux64"]?.regions["us-east-1"]?.subnetIds.includes(subnetId)
				? { ami: "ami-4dc07a26", group: "sg-e758e982", atom: "use1" }
				: { ami: "ami-11baab21", group: "sg-f5ca0690", atom: "usw2" };
			expect(flat).toMatchObject({
				ImageId: region.ami,
				// At a third of each bid, the highest performance constant wins; ties go by zone, then by name.
				InstanceType: "c3.2xlarge",
				MinCount: "1",
				MaxCount: "1",
				KeyName: "aws-releng",
				"NetworkInterface.1.SecurityGroupId.1": region.group,
				"NetworkInterface.1.AssociatePublicIpAddress": "true",
				"BlockDeviceMapping.1.DeviceName": "/dev/xvda",
				"BlockDeviceMapping.1.Ebs.VolumeType": "gp2",
				"BlockDeviceMapping.1.Ebs.DeleteOnTermination": "true",
				"BlockDeviceMapping.2.DeviceName": "/dev/sdb",
				"BlockDeviceMapping.2.VirtualName": "ephemeral0",
				"BlockDeviceMapping.3.VirtualName": "ephemeral1",
				"InstanceMarketOptions.MarketType": "spot",
				"InstanceMarketOptions.SpotOptions.MaxPrice": "0.25",
				InstanceInitiatedShutdownBehavior: "terminate",
				"MetadataOptions.HttpTokens": "required",
			});
			expect(flat).not.toHaveProperty("BlockDeviceMapping.1.Ebs.VolumeSize");
			const userData = Buffer.from(flat["UserData"] ?? "", "base64").toString();
			expect(userData).toMatch(
				new RegExp(`^fqdn: bld-linux64-ec2-00[12]\\.build\\.releng\\.${region.atom}\\.mozilla\\.com$`, "m"),
			);
			expect(userData).toContain(`"*.* @@log-aggregator.srv.releng.${region.atom}.mozilla.com:1514"`);
		}
		const testers = calls.filter((flat) => flat["IamInstanceProfile.Name"] === "tst-linux64");
		expect(testers).toHaveLength(1);
		expect(testers[0]).toMatchObject({
			InstanceType: "m1.medium",
			MaxCount: "3",
			"InstanceMarketOptions.SpotOptions.MaxPrice": "0.09",
		});
		expect(testers[0]).not.toHaveProperty("UserData");
	});
});
