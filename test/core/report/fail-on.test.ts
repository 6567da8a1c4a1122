import { describe, expect, it } from "vitest";
import type { ReasonCode } from "../../../src/core/launch/reasons.ts";
import { type FailOn, failureReasons } from "../../../src/core/report/fail-on.ts";
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
});
