import { describe, expect, it } from "vitest";
import type { Refusal } from "../../src/core/launch/refusal.ts";
import { DatabaseError, FleetError } from "../../src/errors.ts";
import type { AllocationSource, Fleet, FleetQuery, Launcher, PendingSource, TickLock } from "../../src/tick/ports.ts";
import { tick } from "../../src/tick/tick.ts";
import { instance, instances, NOW, region, typeConfig } from "../core/facts.ts";
import { Journal, OPTIONS, REGION } from "./world.ts";

function lockThat(acquire: TickLock["acquire"]) {
	const lock = {
		acquire,
		confirm: async () => {},
		released: 0,
		release: () => {
			lock.released += 1;
		},
	};
	return lock;
}
const failing = (error: Error) => async (): Promise<never> => {
	throw error;
};
const LOST = new DatabaseError("connection-lost", "The connection broke.");

describe("the line of steps", () => {
	it("calls the ports in its order, and reports what was launched", async () => {
		const journal = new Journal();
		const report = await tick(OPTIONS, journal.ports());
		expect(journal.calls).toEqual(["pending", "cloud", `read ${REGION}`, `launch 3 in ${REGION}`]);
		expect(report.pools).toMatchObject([{ mozType: "bld", needed: 3, launched: 3 }]);
		expect(report.failures).toEqual([]);
		expect(report.timings.map(({ stage }) => stage)).toEqual(["lock", "pending", "mapping", "read", "plan", "launch"]);
	});

	it("ends in a frozen report", async () => {
		const report = await tick(OPTIONS, new Journal().ports());
		expect(Object.isFrozen(report) && Object.isFrozen(report.pools[0]) && Object.isFrozen(report.launches[0])).toBe(
			true,
		);
	});

	it("launches nothing in a dry run", async () => {
		const journal = new Journal();
		const report = await tick({ ...OPTIONS, mode: "dry-run" }, journal.ports());
		expect(journal.calls).toEqual(["pending", "cloud", `read ${REGION}`, `rehearse spot in ${REGION}`]);
		expect(report.pools).toMatchObject([{ launched: 3 }]);
	});

	it("reports what EC2 would refuse in a dry run", async () => {
		const journal = new Journal();
		const refusal: Refusal = { kind: "rejected", code: "InvalidGroup.NotFound", message: "m", suggestedZones: [] };
		const launcher = { ...journal.launcher, rehearse: async () => refusal };
		const { failures } = await tick({ ...OPTIONS, mode: "dry-run" }, journal.ports({ launcher }));
		expect(failures).toEqual([
			{ stage: "launch", region: REGION, mozType: "bld", code: "InvalidGroup.NotFound", message: "Dry run: m" },
		]);
	});

	it("makes no AWS call if no pending request maps to AWS", async () => {
		const journal = new Journal();
		const pending: PendingSource = {
			read: async () => ({
				builders: [{ builder: "mac build", count: 2, oldestSubmittedAt: 0 }],
				outsideAgeWindow: 4,
			}),
		};
		const report = await tick(OPTIONS, journal.ports({ pending }));
		expect(journal.calls).toEqual([]);
		expect(report.pending).toMatchObject({ total: 2, unmatched: 2, outsideAgeWindow: 4 });
	});

	it("reads nothing if another run holds the lock", async () => {
		const journal = new Journal();
		const lock = lockThat(async () => ({ kind: "held", by: "run 7", seconds: null }));
		const report = await tick(OPTIONS, journal.ports({ lock }));
		expect(journal.calls).toEqual([]);
		expect(report).toMatchObject({ lockedBy: "run 7", failures: [] });
		expect(journal.lines).toEqual(["notice: Skipping this run: the lock is held by run 7."]);
	});
});

describe("a failed port", () => {
	it("ends the tick if it is the lock", async () => {
		const journal = new Journal();
		const lock = lockThat(failing(LOST));
		const report = await tick(OPTIONS, journal.ports({ lock }));
		expect(journal.calls).toEqual([]);
		expect(report.failures).toEqual([LOST.toFailure("pending")]);
		expect(lock.released).toBe(1);
	});

	it("ends the tick if it is the pending requests", async () => {
		const journal = new Journal();
		const report = await tick(OPTIONS, journal.ports({ pending: { read: failing(LOST) } }));
		expect(journal.calls).toEqual([]);
		expect(report.failures).toEqual([LOST.toFailure("pending")]);
	});

	it("skips the matched builders if it is the allocations", async () => {
		const journal = new Journal();
		const allocations: AllocationSource = { read: failing(LOST) };
		const report = await tick(OPTIONS, journal.ports({ allocations }));
		expect(journal.calls).toEqual(["pending"]);
		expect(report.failures).toEqual([LOST.toFailure("jacuzzi")]);
		expect(report.pending.reasons).toMatchObject([{ code: "allocation-unknown", count: 3 }]);
	});

	it("leaves out a region that can't be read, and names it", async () => {
		const error = new FleetError("UnauthorizedOperation", "Reading failed.");
		const report = await tick(OPTIONS, new Journal().ports({ fleet: { read: failing(error) } }));
		expect(report.failures).toEqual([
			{ stage: "read", region: REGION, mozType: null, code: "UnauthorizedOperation", message: "Reading failed." },
		]);
		expect(report.pools).toMatchObject([{ needed: 3, launched: 0 }]);
	});

	it("counts the instances of a region of which only something else can't be read", async () => {
		const [running, dead] = ["running", "terminated"].map((state) =>
			instances(2, { region: "us-east-1", launchedAt: NOW - 60, state }),
		);
		const east = region("us-east-1", {
			instances: running ?? [],
			terminated: (dead ?? []).map((one) => ({
				...one,
				mozType: "bld",
				endedAt: NOW,
				reason: { code: "Server.InternalError", message: "" },
			})),
		});
		const error = new FleetError("Throttling", "Reading failed.", { machines: east });
		const read = async (query: FleetQuery) => {
			if (query.region === "us-east-1") throw error;
			return region(query.region);
		};
		const options = { ...OPTIONS, regions: ["us-east-1", REGION] };
		const journal = new Journal();
		const report = await tick(options, journal.ports({ fleet: { read } }));
		expect(journal.lines).toContain("us-east-1: could not be read (Throttling), except its instances (2).");
		expect(report.failures).toEqual([error.toFailure("read", { region: "us-east-1" })]);
		expect(report.pools).toMatchObject([{ needed: 1, launched: 1 }]);
		expect(report.instances).toMatchObject([{ region: "us-east-1", mozType: "bld", count: 2 }]);
		expect(report.deaths).toMatchObject([{ region: "us-east-1", count: 2 }]);
	});

	it("is no failure of the report if it is a bug: the tick throws it, and releases the lock", async () => {
		const lock = lockThat(async () => ({ kind: "acquired" }));
		const ports = new Journal().ports({ lock, pending: { read: failing(new RangeError("bug")) } });
		await expect(tick(OPTIONS, ports)).rejects.toThrow(RangeError);
		expect(lock.released).toBe(1);
	});
});

it("a builder whose name can't be decoded is unmatched, and shown by its bytes; the others are served", async () => {
	const journal = new Journal();
	const everything = { source: ".*", line: 1, regex: /.*/y, mozType: "bld" };
	const read = async () => ({
		builders: ["L\udcefnux", "linux"].map((builder) => ({ builder, count: 2, oldestSubmittedAt: NOW })),
		outsideAgeWindow: 0,
	});
	const options = { ...OPTIONS, policy: { ...OPTIONS.policy, builderMap: [everything] } };
	const { pending, pools } = await tick(options, journal.ports({ pending: { read } }));
	expect(pending).toMatchObject({ matched: 2, unmatched: 2, reasons: [{ code: "unmatched", count: 2 }] });
	expect(pending.builders).toEqual([
		expect.objectContaining({ builder: "L\\xefnux", mozType: null }),
		expect.objectContaining({ builder: "linux", mozType: "bld" }),
	]);
	expect(pools).toMatchObject([{ pending: 2, launched: 2 }]);
	expect(journal.lines.filter((line) => line.startsWith("warning"))).toEqual([
		expect.stringMatching(/builder "L\\xefnux" is not valid text.*its 2 requests/),
	]);
});

describe("a lock", () => {
	const held = (seconds: number) => lockThat(async () => ({ kind: "held", by: "run 7", seconds }));

	it("that another run has held for longer than the timeout is a warning, with the time", async () => {
		const journal = new Journal();
		const report = await tick(OPTIONS, journal.ports({ lock: held(OPTIONS.timeout + 1) }));
		const since = new Date((NOW - OPTIONS.timeout - 1) * 1000).toISOString();
		expect(report.lockedSince).toBe(since);
		expect(journal.lines.filter((line) => line.startsWith("warning"))).toEqual([
			expect.stringContaining(`held by run 7 since ${since}, longer than the timeout of 240 s`),
		]);
		const within = new Journal();
		await tick(OPTIONS, within.ports({ lock: held(OPTIONS.timeout) }));
		expect(within.lines.filter((line) => line.startsWith("warning"))).toEqual([]);
	});

	it.each([
		["still has time", { until: NOW + 60 }, false],
		["is finishing its last tick", { until: NOW - OPTIONS.timeout }, false],
		["should have ended", { until: NOW - OPTIONS.timeout - 1 }, true],
		["ends when it is stopped", { until: null }, false],
	])("that a watch holds which %s is named with its end", async (_what, watch, warns) => {
		const journal = new Journal();
		const lock = lockThat(async () => ({ kind: "held", by: "run 7", seconds: 7_200, watch }));
		const report = await tick(OPTIONS, journal.ports({ lock }));
		const at = new Date((watch.until ?? 0) * 1000).toISOString();
		const until = watch.until === null ? "it is stopped" : `${at.slice(0, 10)} ${at.slice(11, 16)} UTC`;
		expect(report.lockedBy).toBe(`run 7, which watches until ${until}`);
		expect(journal.lines).toEqual([
			`notice: Skipping this run: the lock is held by run 7, which watches until ${until}.`,
			...(warns ? [expect.stringContaining(`still held by run 7, which watched until ${until}. If that run`)] : []),
		]);
	});

	it("that is lost stops launches and the naming of unnamed instances, and is one failure", async () => {
		const journal = new Journal();
		const lock = { ...lockThat(async () => ({ kind: "acquired" })), confirm: failing(LOST) };
		const adopted: string[] = [];
		const launcher: Launcher = {
			launch: async (_request, _deadline, confirmLock) => {
				const error: unknown = await confirmLock().catch((reason: unknown) => reason);
				if (error !== LOST) throw error;
				const refusal = { kind: "lock-lost" as const, code: LOST.code, message: LOST.message, suggestedZones: [] };
				return { launched: [], refusal, namingFailures: [] };
			},
			rehearse: async () => null,
			finishNaming: async () => [],
			adopt: async ({ instanceId }) => {
				adopted.push(instanceId);
				return [];
			},
		};
		const fleet: Fleet = {
			read: async (query) => ({
				...region(query.region),
				instances: [instance({ region: query.region, mozType: "bld", name: null })],
			}),
		};
		const types = { bld: typeConfig("bld", [REGION], "bld-%03d") };
		const options = { ...OPTIONS, policy: { ...OPTIONS.policy, types } };
		const { failures, pools } = await tick(options, journal.ports({ lock, launcher, fleet }));
		expect(failures).toEqual([
			{ stage: "launch", region: null, mozType: null, code: LOST.code, message: LOST.message },
		]);
		expect(pools).toMatchObject([
			{ launched: 0, reasons: expect.arrayContaining([expect.objectContaining({ code: "error" })]) },
		]);
		expect(adopted).toEqual([]);
	});
});

describe("a refusal", () => {
	it.each<[Refusal["kind"], boolean]>([
		["no-capacity", false],
		["no-price", false],
		["limit", false],
		["no-address", false],
		["timeout", false],
		["lock-lost", false],
		["rejected", true],
		["unknown", true],
		["stop-all", true],
	])("of kind %s is a failure: %s", async (kind, expected) => {
		const journal = new Journal();
		const refusal: Refusal = { kind, code: "Some.Code", message: "refused", suggestedZones: [] };
		const launcher = {
			launch: async () => ({ launched: [], refusal, namingFailures: [] }),
			adopt: async () => [],
			rehearse: async () => null,
			finishNaming: async () => [],
		};
		const { failures, refusals } = await tick(OPTIONS, journal.ports({ launcher }));
		expect(refusals.length).toBeGreaterThan(0);
		expect(failures.length > 0).toBe(expected);
		const failure = { stage: "launch", region: REGION, mozType: "bld", code: "Some.Code", message: "refused" };
		for (const one of failures) expect(one).toEqual(failure);
	});

	it("to name an instance is a failure of its own stage", async () => {
		const journal = new Journal();
		const namingFailures = [{ code: "UnauthorizedOperation", message: "Naming failed." }];
		const launcher = {
			...journal.launcher,
			launch: async (...request: Parameters<typeof journal.launcher.launch>) => ({
				...(await journal.launcher.launch(...request)),
				namingFailures,
			}),
		};
		const { failures } = await tick(OPTIONS, journal.ports({ launcher }));
		expect(failures).toEqual([{ stage: "name", region: REGION, mozType: "bld", ...namingFailures[0] }]);
	});
});

describe("the workers of running machines", () => {
	const running = instance({ name: "w", launchedAt: NOW - 7_200 });
	const fleet: Fleet = { read: async (query) => region(query.region, { instances: [running] }) };
	const known = [{ name: "w", isConnected: true, firstBuild: { startedAt: NOW - 6_900, submittedAt: NOW - 8_000 } }];

	it("are looked up by name, and their times reported and logged", async () => {
		const journal = new Journal();
		const asked: unknown[] = [];
		const read = async (...parameters: readonly unknown[]) => {
			asked.push(parameters);
			return { known, buildsSince: 0 };
		};
		const { firstBuilds } = await tick(OPTIONS, journal.ports({ fleet, workers: { read } }));
		expect(asked).toMatchObject([[[{ name: "w", launchedAt: NOW - 7_200 }], NOW]]);
		expect(firstBuilds).toEqual({ machines: 1, median: 300, slowest: 300, neverConnected: [] });
		expect(journal.lines.filter((line) => line.startsWith("Launch to first build: median 5 min"))).toHaveLength(1);
	});

	it("are warned of if machines at one place never connected", async () => {
		const journal = new Journal();
		const names = ["a", "b"];
		const silent = names.map((name) => ({ name, isConnected: false, firstBuild: null }));
		const instances = names.map((name) => instance({ name, launchedAt: NOW - 7_200 }));
		const report = await tick(
			OPTIONS,
			journal.ports({
				fleet: { read: async (query) => region(query.region, { instances }) },
				workers: { read: async () => ({ known: silent, buildsSince: 0 }) },
			}),
		);
		expect(report.firstBuilds?.neverConnected).toMatchObject([{ count: 2, imageId: "ami-1" }]);
		expect(journal.lines).toContainEqual(expect.stringMatching(/^warning: 2 machines .* all of them on image ami-1\./));
	});

	it("are not looked up without machines, and a failure costs the tick nothing but a line", async () => {
		const journal = new Journal();
		const debug: string[] = [];
		const log = { ...journal.log, debug: (message: string) => message.startsWith("The time") && debug.push(message) };
		const workers = { read: failing(new DatabaseError("no-worker-tables", "The workers could not be read.")) };
		expect((await tick(OPTIONS, journal.ports({ workers, log }))).firstBuilds).toBeNull();
		expect(debug).toEqual([]);
		const report = await tick(OPTIONS, journal.ports({ fleet, workers, log }));
		expect(report.firstBuilds).toBeNull();
		expect(report.failures).toEqual([]);
		expect(report.launches).toHaveLength(3);
		expect(debug).toEqual(["The time from launch to first build is unknown. The workers could not be read."]);
	});
});

describe("the previous run", () => {
	it("is reported, with a warning if it was long ago", async () => {
		const journal = new Journal();
		const run = { finishedAt: 1_799_990_000, expectedSeconds: 300 };
		const previousRun = { read: async () => ({ kind: "known" as const, run }) };
		const report = await tick(OPTIONS, journal.ports({ previousRun }));
		expect(report.previousRun).toMatchObject({ gapSeconds: 10_000, expectedSeconds: 300 });
		expect(journal.lines.filter((line) => line.startsWith("warning: No run"))).toHaveLength(1);
	});

	it("is null if it is unknown", async () => {
		const previousRun = { read: async () => ({ kind: "unknown" as const, reason: "no answer" }) };
		expect((await tick(OPTIONS, new Journal().ports({ previousRun }))).previousRun).toBeNull();
	});
});
