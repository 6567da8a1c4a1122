/** Ticks that end before their work is done. */
import { describe, expect, it } from "vitest";
import type { TickPorts } from "../../src/tick/ports.ts";
import { tick } from "../../src/tick/tick.ts";
import { region } from "../core/facts.ts";
import { ManualEnding } from "../harness/ending.ts";
import { Journal, OPTIONS, REGION } from "./world.ts";

const never = () => new Promise<never>(() => {});

/** Ends the tick as soon as a port is called that never answers. */
function hanging(ending: ManualEnding): () => Promise<never> {
	return () => {
		setImmediate(() => ending.endNow());
		return never();
	};
}

describe("a port that never answers", () => {
	it.each<[string, string, (hang: () => Promise<never>) => Parameters<Journal["ports"]>[0]]>([
		["the lock", "pending", (hang) => ({ lock: { acquire: hang, confirm: async () => {}, release: () => {} } })],
		["the pending requests", "pending", (hang) => ({ pending: { read: hang } })],
		["the allocations", "jacuzzi", (hang) => ({ allocations: { read: hang } })],
		["a region", "read", (hang) => ({ fleet: { read: hang } })],
	])("is given up when the tick ends: %s", async (_what, stage, ports) => {
		const ending = new ManualEnding();
		const journal = new Journal();
		const report = await tick(OPTIONS, journal.ports({ ending, ...ports(hanging(ending)) }));
		expect(report.failures).toContainEqual(expect.objectContaining({ stage, code: "interrupted" }));
		expect(journal.calls.filter((call) => call.startsWith("launch"))).toEqual([]);
	});

	it("leaves the previous run unknown", async () => {
		const ending = new ManualEnding();
		const report = await tick(OPTIONS, new Journal().ports({ ending, previousRun: { read: hanging(ending) } }));
		expect(report.previousRun).toBeNull();
		expect(report.launches).toHaveLength(3);
	});
});

describe("a tick that is stopped", () => {
	it.each<[string, "pending" | "read", readonly string[], (ending: ManualEnding) => Partial<TickPorts>]>([
		[
			"while it takes the lock, reads nothing",
			"pending",
			[],
			(ending) => ({
				lock: {
					acquire: async () => {
						ending.stopNow();
						return { kind: "acquired" };
					},
					confirm: async () => {},
					release: () => {},
				},
			}),
		],
		[
			"while it reads the allocations, calls no AWS",
			"read",
			["pending"],
			(ending) => ({
				allocations: {
					read: async () => {
						ending.stopNow();
						const allocated = { kind: "known" as const, names: new Set<string>() };
						return { slavesets: new Map(), unknown: new Map(), allocated, connected: new Set<string>() };
					},
				},
			}),
		],
	])("%s", async (_what, stage, calls, ports) => {
		const ending = new ManualEnding();
		const journal = new Journal();
		const report = await tick(OPTIONS, journal.ports({ ending, ...ports(ending) }));
		expect(journal.calls).toEqual(calls);
		expect(report.failures).toMatchObject([{ stage, code: "interrupted", message: "The run was stopped by SIGTERM." }]);
	});

	it("reports the regions that had been read", async () => {
		const ending = new ManualEnding();
		const journal = new Journal();
		const read = async () => {
			ending.stopNow();
			return region(REGION);
		};
		const report = await tick(OPTIONS, journal.ports({ ending, fleet: { read } }));
		expect(report.failures).toEqual([]);
		expect(report.pools).toHaveLength(1);
	});
});
