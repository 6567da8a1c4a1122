/** A watch with stepped time, a real database, and EC2 over a socket. */
import { describe, expect, it } from "vitest";
import { sleep } from "../../src/adapters/sleep.ts";
import { DatabaseError } from "../../src/errors.ts";
import { useCloud } from "../adapters/ec2/cloud.ts";
import { threeZoneRegions } from "../ec2-endpoint/world.ts";
import { POLICY, Stage, TestLock } from "./stage.ts";

const cloud = useCloud({ regions: threeZoneRegions(["us-east-1", "us-west-2"], { freeAddresses: 2_000 }) });
const launched = () => cloud.running().length;

describe("an idle watch", () => {
	it("looks at the database at every interval and makes no AWS call", async () => {
		using stage = new Stage(cloud);
		stage.submit("mac build", 3);
		const { report } = await stage.run({ duration: 600, interval: 15 });
		expect(stage.looks).toHaveLength(600 / 15);
		expect(stage.ticks).toEqual([0]);
		expect(cloud.endpoint.journal.calls()).toEqual([]);
		expect(report).toMatchObject({ apiCalls: {}, pending: { total: 3, unmatched: 3 }, waits: null });
		expect(report.ticks).toHaveLength(1);
	});

	it("opens no cloud, so that it needs no credentials", async () => {
		using stage = new Stage(cloud);
		const cloudOf = () => Promise.reject(new RangeError("opened"));
		const setup = () => ({
			options: {
				policy: POLICY,
				regions: ["us-west-2"],
				mode: "launch" as const,
				latestAmiPercentage: 100,
				maxLaunches: 1,
				maxHourlyCost: null,
				timeout: 240,
			},
			allocations: null,
			cloud: cloudOf,
		});
		await expect(stage.run({ duration: 120, ports: { setup } })).resolves.toMatchObject({ last: { failures: [] } });
	});
});

describe("a watch that finds new requests", () => {
	it.each([1, 7, 14])("ticks within the interval for a request that arrives %i s after a look", async (after) => {
		using stage = new Stage(cloud);
		await stage.run({ duration: 200, at: { [90 + after]: () => stage.submit("linux build") } });
		expect(stage.ticks).toHaveLength(2);
		expect(stage.ticks[1]).toBeGreaterThan(90 + after);
		expect(stage.ticks[1]).toBeLessThanOrEqual(90 + after + 16);
		expect(launched()).toBe(1);
	});

	it("does not wait a minute after a tick that had nothing to decide", async () => {
		using stage = new Stage(cloud);
		await stage.run({ duration: 60, at: { 5: () => stage.submit("linux build") } });
		expect(stage.ticks).toEqual([0, 15]);
	});

	it("ticks for a request that takes the place of a claimed one, although the count is the same", async () => {
		using stage = new Stage(cloud);
		stage.submit("linux build");
		const replace = () => {
			stage.database.claim("linux build", 1);
			stage.submit("linux build");
		};
		await stage.run({ duration: 200, at: { 100: replace } });
		expect(stage.ticks).toEqual([0, 105]);
	});

	it("ticks once a minute in a storm, and launches as many as one tick would for the sum", async () => {
		using stage = new Stage(cloud);
		const at = Object.fromEntries(
			Array.from({ length: 100 }, (_, index) => [30 + 0.6 * index, () => stage.submit("linux build", 5)]),
		);
		stage.submit("linux build");
		await stage.run({ duration: 240, interval: 5, at });
		expect(launched()).toBe(501);
		const pauses = stage.ticks.slice(1).map((tick, index) => tick - (stage.ticks[index] ?? 0));
		expect(Math.min(...pauses)).toBeGreaterThanOrEqual(60);
		expect(stage.ticks.length).toBeLessThanOrEqual(4);
	});

	it("ticks every five minutes while mapped requests are pending", async () => {
		using stage = new Stage(cloud);
		stage.submit("linux build");
		await stage.run({ duration: 1_000 });
		expect(stage.ticks).toEqual([0, 300, 600, 900]);
		expect(launched()).toBe(1);
	});

	it("logs one line per look that found something, and one group per tick", async () => {
		using stage = new Stage(cloud);
		const submit = () => {
			stage.submit("linux build", 2);
			stage.submit("test mochitest");
		};
		await stage.run({ duration: 100, at: { 70: submit } });
		expect(stage.lines.filter((line) => line.includes("new build request"))).toEqual([
			"3 new build requests: 2 for bld, 1 for tst.",
		]);
		expect(stage.lines.filter((line) => line.startsWith("group: "))).toEqual([
			expect.stringMatching(/^group: Tick 1 at \d\d:\d\d:\d\d UTC$/),
			expect.stringMatching(/^group: Tick 2 at \d\d:\d\d:\d\d UTC$/),
		]);
	});

	it("uses another token in each tick", async () => {
		using stage = new Stage(cloud);
		stage.submit("linux build");
		await stage.run({ duration: 200, at: { 100: () => stage.submit("linux build") } });
		const tokens = cloud.calls("RunInstances").map(({ flat }) => flat["ClientToken"]);
		expect(new Set(tokens).size).toBe(2);
	});
});

describe("a watch remembers its launches", () => {
	it.each([
		["does not show them", { unlisted: 90 }],
		["shows them without tags", { untagged: 90 }],
	])("while EC2 %s, so that the next tick launches none for the same requests", async (_what, consistency) => {
		await cloud.start({ regions: threeZoneRegions(["us-west-2"], { region: () => ({ consistency }) }) });
		using stage = new Stage(cloud);
		stage.submit("linux build", 40);
		await stage.run({
			duration: 130,
			at: { 10: () => stage.submit("test mochitest"), 61: () => stage.submit("linux build") },
		});
		expect(stage.ticks.length).toBeGreaterThanOrEqual(2);
		expect(launched()).toBe(42);
	});

	it("while their region can't be read completely, so that no other region launches for the same requests", async () => {
		const regions = ["us-west-2", "us-east-1"];
		const consistency = { unlisted: 90 };
		await cloud.start({ regions: threeZoneRegions(regions, { region: () => ({ consistency }) }) });
		using stage = new Stage(cloud);
		stage.submit("linux build", 40);
		const everywhere = Object.fromEntries(regions.map((name) => [name, POLICY.spotLimits.regions["us-west-2"] ?? {}]));
		await stage.run({
			duration: 130,
			policy: { ...POLICY, regionPriorities: {}, spotLimits: { global: {}, regions: everywhere } },
			options: { regions },
			at: {
				10: () => {
					const error = { code: "UnauthorizedOperation", status: 403 };
					for (const region of regions.filter((name) => cloud.running(name).length > 0)) {
						cloud.endpoint.faults.add({ action: "DescribeImages", region, error });
					}
					stage.submit("linux build");
				},
			},
		});
		expect(stage.ticks.length).toBeGreaterThanOrEqual(2);
		expect(regions.flatMap((name) => cloud.running(name)).length).toBe(41);
	});

	it("skips a placement without capacity for three minutes, then probes it with one", async () => {
		await cloud.start({ regions: threeZoneRegions(["us-west-2"]) });
		for (const zone of ["a", "b", "c"]) cloud.world.setCapacity(`us-west-2${zone}`, "c6i.xlarge", "spot", 0);
		using stage = new Stage(cloud);
		stage.submit("linux build", 5);
		const asked: number[] = [];
		cloud.endpoint.watch = (when, action) => {
			if (when === "before" && action === "RunInstances") asked.push(stage.seconds);
			return "continue";
		};
		await stage.run({
			duration: 400,
			at: {
				65: () => stage.submit("linux build"),
				130: () => cloud.world.setCapacity("us-west-2a", "c6i.xlarge", "spot", 100),
				200: () => stage.submit("linux build"),
			},
		});
		expect(asked.filter((seconds) => seconds > 0 && seconds < 180)).toEqual([]);
		const probe = asked.findIndex((seconds) => seconds >= 180);
		expect(cloud.calls("RunInstances")[probe]?.flat["MaxCount"]).toBe("1");
		expect(launched()).toBe(7);
	});

	it("limits the launches of any 60 minutes by max-launches", async () => {
		using stage = new Stage(cloud);
		stage.submit("linux build", 4);
		await stage.run({
			duration: 3_900,
			options: { maxLaunches: 5 },
			at: { 100: () => stage.submit("linux build", 4), 3800: () => stage.submit("linux build", 2) },
		});
		const times = cloud.running().map(({ launchedAt }) => launchedAt);
		const first = Math.min(...times);
		expect(times.filter((time) => time < first + 3_600)).toHaveLength(5);
		expect(times.filter((time) => time >= first + 3_600).length).toBeGreaterThan(0);
	});
});

describe("the lock of a watch", () => {
	it("is taken once, held between ticks, and released once", async () => {
		using stage = new Stage(cloud);
		const lock = new TestLock();
		stage.submit("linux build");
		await stage.run({ duration: 700, ports: { lock } });
		expect(stage.ticks.length).toBeGreaterThan(2);
		expect(lock).toMatchObject({ acquired: 1, released: 1 });
	});

	it("ends the watch when it is lost, with a failure", async () => {
		using stage = new Stage(cloud);
		const lock = new TestLock();
		const lose = () => {
			lock.lost = new DatabaseError("lock-lost", "The lock was lost.");
		};
		const { report, last } = await stage.run({ duration: 700, ports: { lock }, at: { 100: lose } });
		expect(stage.seconds).toBeLessThanOrEqual(116);
		expect(last.failures).toMatchObject([{ code: "lock-lost" }]);
		expect(report.failures).toMatchObject([{ code: "lock-lost", healed: false }]);
	});

	it("is waited for while another run holds it", async () => {
		using stage = new Stage(cloud);
		const lock = new TestLock();
		lock.isFree = false;
		const free = () => {
			lock.isFree = true;
		};
		stage.submit("linux build");
		const { report } = await stage.run({ duration: 200, ports: { lock }, at: { 100: free } });
		expect(launched()).toBe(1);
		expect(report.lockedBy).toBeNull();
		expect(stage.lines.filter((line) => line.includes("Skipping this run"))).toHaveLength(1);
	});
});

describe("a watch that meets trouble", () => {
	it("continues while the database can't be read, and warns once", async () => {
		using stage = new Stage(cloud);
		const lost = new DatabaseError("connection-lost", "The connection broke.");
		let fails = false;
		const set = (value: boolean) => () => {
			fails = value;
		};
		const at = { 20: set(true), 100: set(false), 130: () => stage.submit("linux build") };
		const inner = await stage.pendingSource();
		const pending = {
			read: async (window: typeof POLICY.pending) => (fails ? Promise.reject(lost) : inner.read(window)),
		};
		const { last } = await stage.run({ duration: 200, ports: { pending }, at });
		expect(stage.lines.filter((line) => line.startsWith("warning: "))).toEqual([
			"warning: The connection broke. The watch continues.",
		]);
		expect(last.failures).toEqual([]);
		expect(launched()).toBe(1);
	});

	it("ends in good order when the credentials expire, and succeeds", async () => {
		using stage = new Stage(cloud);
		stage.submit("linux build", 2);
		const expire = () => cloud.endpoint.faults.add({ error: { code: "RequestExpired", status: 400 } });
		const { report, last } = await stage.run({
			duration: 1_000,
			at: { 100: expire, 110: () => stage.submit("linux build") },
		});
		expect(stage.seconds).toBeLessThan(200);
		expect(stage.lines).toContainEqual(expect.stringMatching(/^notice: The AWS credentials have expired/));
		expect(last.failures).toEqual([]);
		expect(report.failures).toEqual([]);
		expect(report.launches).toHaveLength(2);
	});

	it("leaves no timer behind, neither of its ticks nor of a pause that was cut short", async () => {
		using stage = new Stage(cloud);
		stage.submit("linux build");
		await stage.run({ duration: 1_000 });
		expect(stage.ticks.length).toBeGreaterThan(2);
		expect(stage.timers.size).toBe(0);
		const timers = () => process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
		const stopped = async (milliseconds: number, signal: AbortSignal) => {
			// No timer of another test can end before the pause does.
			const before = timers();
			const pause = sleep(milliseconds, signal);
			expect(timers()).toBe(before + 1);
			stage.ending.stopNow();
			await pause;
			expect(timers()).toBe(before);
		};
		await stage.run({ duration: 1_000, ports: { sleep: stopped } });
		expect.assertions(4);
	});

	it("stops between ticks as soon as the run is stopped", async () => {
		using stage = new Stage(cloud);
		await stage.run({ duration: 1_000, at: { 100: () => stage.ending.stopNow() } });
		expect(stage.seconds).toBe(100);
	});
});

describe("the report of a watch", () => {
	it("covers the run, lists its ticks, and says how long requests waited for the launch call", async () => {
		using stage = new Stage(cloud);
		stage.submit("linux build", 2);
		const { report } = await stage.run({ duration: 200, at: { 100: () => stage.submit("linux build") } });
		expect(report.launches).toHaveLength(3);
		expect(report.ticks).toMatchObject([
			{ pending: 2, needed: 2, launched: 2, shortfall: 0 },
			{ pending: 3, needed: 1, launched: 1, shortfall: 0 },
		]);
		expect(report.waits).toEqual({ requests: 3, p50: 1, p95: 5, longest: 5 });
		expect(report.pools).toMatchObject([{ pending: 3, needed: 1, launched: 1 }]);
	});

	it("counts the calls of all its ticks, also of those before the configuration was read again", async () => {
		using stage = new Stage(cloud);
		stage.submit("linux build");
		const more = () => {
			stage.reopen();
			stage.submit("linux build");
		};
		const at = { 100: () => stage.submit("linux build"), 200: more };
		const { report } = await stage.run({ duration: 300, at });
		expect(report.ticks).toHaveLength(3);
		expect(report.apiCalls["us-west-2"]).toMatchObject({ DescribeInstances: 3, RunInstances: 3 });
	});

	it("keeps a failure that a later tick healed, but not as one of the run's result", async () => {
		using stage = new Stage(cloud);
		stage.submit("linux build");
		const fault = cloud.endpoint.faults.add({
			action: "DescribeSubnets",
			error: { code: "UnauthorizedOperation", status: 403 },
		});
		const { report, last } = await stage.run({
			duration: 200,
			at: { 50: () => fault.remove(), 100: () => stage.submit("linux build") },
		});
		expect(report.failures).toMatchObject([{ stage: "read", code: "UnauthorizedOperation", healed: true }]);
		expect(last.failures).toEqual([]);
	});
});
