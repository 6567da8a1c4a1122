import { describe, expect, it } from "vitest";
import type { Refusal } from "../../src/core/launch/refusal.ts";
import { DatabaseError, FleetError } from "../../src/errors.ts";
import type { AllocationSource, PendingSource, TickLock } from "../../src/tick/ports.ts";
import { tick } from "../../src/tick/tick.ts";
import { Journal, OPTIONS, REGION } from "./world.ts";

function lockThat(acquire: TickLock["acquire"]) {
	const lock = {
		acquire,
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
		const lock = lockThat(async () => ({ kind: "held", by: "run 7" }));
		const report = await tick(OPTIONS, journal.ports({ lock }));
		expect(journal.calls).toEqual([]);
		expect(report).toMatchObject({ lockedBy: "run 7", failures: [] });
		expect(journal.lines).toContain("notice: Skipping this run: the lock is held by run 7.");
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

	it("is no failure of the report if it is a bug: the tick throws it, and releases the lock", async () => {
		const lock = lockThat(async () => ({ kind: "acquired" }));
		const ports = new Journal().ports({ lock, pending: { read: failing(new RangeError("bug")) } });
		await expect(tick(OPTIONS, ports)).rejects.toThrow(RangeError);
		expect(lock.released).toBe(1);
	});
});

describe("a refusal", () => {
	it.each<[Refusal["kind"], boolean]>([
		["no-capacity", false],
		["no-price", false],
		["limit", false],
		["no-address", false],
		["timeout", false],
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
