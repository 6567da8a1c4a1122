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

describe("a run fails", () => {
	it.each<[string, Partial<Report>, Record<FailOn, boolean>]>([
		["not where all is well", {}, { error: false, shortfall: false, never: false }],
		["where a read failed", { failures: [failure("read")] }, { error: true, shortfall: true, never: false }],
		["where a launch went wrong", { failures: [failure("launch")] }, { error: true, shortfall: true, never: false }],
		[
			"not where a pattern ran away",
			{ failures: [failure("mapping")] },
			{ error: false, shortfall: false, never: false },
		],
		[
			"where nothing could be launched",
			{ pools: [pool(0, "no-capacity", 2)] },
			{ error: true, shortfall: true, never: false },
		],
		[
			"where nothing says what to launch",
			{ pools: [pool(0, "no-rules", 2)] },
			{ error: true, shortfall: true, never: false },
		],
		[
			"as a shortfall where some were",
			{ pools: [pool(1, "no-capacity", 2)] },
			{ error: false, shortfall: true, never: false },
		],
		[
			"as a shortfall where the limits forbade",
			{ pools: [pool(0, "cap-global", 2)] },
			{ error: false, shortfall: true, never: false },
		],
		[
			"not where running machines cover all",
			{ pools: [pool(0, "covered-by-fresh", 2)] },
			{ error: false, shortfall: false, never: false },
		],
		[
			"where a type has no name left",
			{ pools: [pool(0, "no-name", 2)] },
			{ error: true, shortfall: true, never: false },
		],
		[
			"as a shortfall where all machines of a slaveset run",
			{ pools: [pool(0, "no-name", 2, ["w"])] },
			{ error: false, shortfall: true, never: false },
		],
		[
			"where an allocator did not tell",
			{ failures: [failure("jacuzzi", "allocation-unknown")] },
			{ error: true, shortfall: true, never: false },
		],
		[
			"as a shortfall where a master is stopped",
			{ failures: [failure("jacuzzi", "not-configured")] },
			{ error: false, shortfall: true, never: false },
		],
	])("%s", (_what, overrides, fails) => {
		for (const failOn of ["error", "shortfall", "never"] as const) {
			expect(failureReasons(report(overrides), failOn).length > 0, failOn).toBe(fails[failOn]);
		}
	});
});
