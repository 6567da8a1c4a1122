import { describe, expect, it } from "vitest";
import type { ReasonCode } from "../../../src/core/launch/reasons.ts";
import { adviceForReason } from "../../../src/core/report/advice.ts";
import { type FailOn, failureReasons, isCounted } from "../../../src/core/report/fail-on.ts";
import type { Report } from "../../../src/core/report/report.ts";
import { report, reportedPool } from "../reports.ts";

const failure = (stage: string, code = "x") => ({ stage, region: null, mozType: null, code, message: "m" });
const pool = (launched: number, code: ReasonCode, unserved: number, slaveset: readonly string[] | null = null) =>
	reportedPool({
		slaveset,
		pending: launched + unserved,
		needed: code === "covered-by-fresh" ? launched : launched + unserved,
		launched,
		shortfall: code === "covered-by-fresh" ? 0 : unserved,
		reasons: [{ code, message: "m", count: unserved }],
	});

describe("fail-on", () => {
	it.each<[string, Partial<Report>, Record<FailOn, boolean>]>([
		["nothing went wrong", {}, { error: false, shortfall: false, never: false }],
		["a read failed", { failures: [failure("read")] }, { error: true, shortfall: true, never: false }],
		[
			"a read failed and a later one did not",
			{ failures: [{ ...failure("read"), healed: true }] },
			{ error: false, shortfall: false, never: false },
		],
		["a launch failed", { failures: [failure("launch")] }, { error: true, shortfall: true, never: false }],
		["a pattern timed out", { failures: [failure("mapping")] }, { error: false, shortfall: false, never: false }],
		[
			"nothing could be launched",
			{ pools: [pool(0, "no-capacity", 2)] },
			{ error: true, shortfall: true, never: false },
		],
		[
			"the configuration allows no launch at all",
			{ pools: [pool(0, "no-rules", 2)] },
			{ error: true, shortfall: true, never: false },
		],
		[
			"a limit forbade some launches and EC2 refused the others",
			{
				pools: [
					reportedPool({
						...{ needed: 3, shortfall: 3 },
						reasons: (["cap-global", "no-capacity"] as const).map((code) => ({ code, message: "m", count: 1 })),
					}),
				],
			},
			{ error: true, shortfall: true, never: false },
		],
		[
			"EC2 refused all machines of a slaveset",
			{ pools: [pool(0, "no-capacity", 2, ["w"])] },
			{ error: true, shortfall: true, never: false },
		],
		[
			"some instances could not be launched",
			{ pools: [pool(1, "no-capacity", 2)] },
			{ error: false, shortfall: true, never: false },
		],
		[
			"the limits forbade every launch",
			{ pools: [pool(0, "cap-global", 2)] },
			{ error: false, shortfall: true, never: false },
		],
		[
			"running machines cover all requests",
			{ pools: [pool(0, "covered-by-fresh", 2)] },
			{ error: false, shortfall: false, never: false },
		],
		["a type has no name left", { pools: [pool(0, "no-name", 2)] }, { error: true, shortfall: true, never: false }],
		[
			"all machines of a slaveset are running",
			{ pools: [pool(0, "no-name", 2, ["w"])] },
			{ error: false, shortfall: true, never: false },
		],
		[
			"an allocator did not answer",
			{ failures: [failure("jacuzzi", "allocation-unknown")] },
			{ error: true, shortfall: true, never: false },
		],
		[
			"a master is stopped",
			{ failures: [failure("jacuzzi", "not-configured")] },
			{ error: false, shortfall: true, never: false },
		],
	])("decides for each value if %s", (_what, overrides, fails) => {
		for (const failOn of ["error", "shortfall", "never"] as const) {
			expect(failureReasons(report(overrides), failOn).length > 0, failOn).toBe(fails[failOn]);
		}
	});

	it("has a sentence for each failure, and for each pool that is short with its reasons and what to do", () => {
		const reason = (code: ReasonCode, message: string) => ({ code, message, count: 2 });
		const why = `No capacity. ${adviceForReason("no-capacity")} No name. ${adviceForReason("no-name")}`;
		const reasons = [
			reason("covered-by-fresh", "Covered"),
			reason("no-capacity", "No capacity"),
			reason("no-name", "No name"),
		];
		const failed = report({
			failures: [failure("read")],
			pools: [
				reportedPool({ mozType: "bld", needed: 4, shortfall: 4, reasons }),
				reportedPool({ mozType: "tst", needed: 5, launched: 1, shortfall: 4, reasons }),
				reportedPool({ mozType: "try", needed: 1, launched: 1 }),
			],
		});
		expect(failureReasons(failed, "error")).toEqual(["m", `bld: 4 needed, 0 launched: ${why}`]);
		expect(failureReasons(failed, "shortfall")).toEqual([
			"m",
			`bld: 4 of 4 needed not launched: ${why}`,
			`tst: 4 of 5 needed not launched: ${why}`,
		]);
	});
});

it.each<[string, Partial<Report>, boolean]>([
	["are known of a tick that read its database", {}, true],
	["are unknown if another run held the lock", { lockedBy: "https://example/runs/1" }, false],
	["are unknown if the database could not be read", { failures: [failure("pending")] }, false],
	["are known if a later read succeeded", { failures: [{ ...failure("pending"), healed: true }] }, true],
	["are known if EC2 could not be read", { failures: [failure("read")] }, true],
])("the counts of a report %s", (_what, overrides, counted) => {
	expect(isCounted(report(overrides))).toBe(counted);
});
