import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Instance } from "../../../src/core/model/facts.ts";
import { makeReport } from "../../../src/core/report/make-report.ts";
import { metricsOf } from "../../../src/core/report/metrics.ts";
import type { Report } from "../../../src/core/report/report.ts";
import { instance } from "../facts.ts";
import { NOTHING, reportedLaunch, reportedPool } from "../reports.ts";

const reportOf = (instances: readonly Instance[]) => makeReport({ ...NOTHING, instances });
const EMPTY = reportOf([]);
const pool = (mozType: string, needed: number, slaveset: readonly string[] | null = null) =>
	reportedPool({ mozType, slaveset, pending: needed + 1, needed, shortfall: needed });
const launch = (overrides: Partial<Report["launches"][number]> = {}) =>
	reportedLaunch({ mozType: "bld-linux64", instanceType: "c6i.2xlarge", ...overrides });
const metrics = (overrides: Partial<Report>) =>
	Object.fromEntries(metricsOf({ ...EMPTY, ...overrides }).map(({ path, value }) => [path, value]));

describe("metrics", () => {
	it("count the pending requests, even if there are none", () => {
		expect(metricsOf(EMPTY)).toEqual([
			{ path: "aws_pending", value: 0 },
			{ path: "pending", value: 0 },
		]);
		const pending = { ...EMPTY.pending, total: 22, matched: 20, unmatched: 2 };
		expect(metrics({ pending })).toEqual({ pending: 22, aws_pending: 20 });
	});

	it("add up the needs of a type's pools, separately for jacuzzis", () => {
		const pools = [pool("bld", 3), pool("tst", 0), pool("bld", 2, ["w-1"]), pool("bld", 5, ["w-2", "w-3"])];
		expect(metrics({ pools })).toMatchObject({
			"need.bld.not_jacuzzied": 3,
			"need.bld.jacuzzied": 7,
			"need.tst.not_jacuzzied": 0,
		});
	});

	it("count running instances of all types and of none, by their properties", () => {
		const { instances } = reportOf([
			instance({ mozType: "bld" }),
			instance({ mozType: "bld" }),
			instance({ mozType: "bld", lifecycle: "on-demand" }),
			instance({ mozType: "bld", region: "us-east-1", instanceType: "m1.medium", virtualizationType: "paravirtual" }),
			instance({ mozType: null, rootDeviceType: "instance-store" }),
			instance({ mozType: "bld", state: "pending" }),
			instance({ mozType: "bld", state: "stopped" }),
			instance({ mozType: "bld", loaned: true }),
		]);
		expect(metrics({ instances })).toMatchObject({
			"running.us-west-2.bld.c6i-xlarge.spot.hvm.ebs": 3,
			"running.us-west-2.bld.c6i-xlarge.ondemand.hvm.ebs": 1,
			"running.us-east-1.bld.m1-medium.spot.paravirtual.ebs": 1,
			"running.us-west-2.none.c6i-xlarge.spot.hvm.instance-store": 1,
		});
		expect(Object.keys(metrics({ instances })).filter((path) => path.startsWith("running."))).toHaveLength(4);
	});

	it("count launches", () => {
		const launches = [launch(), launch({ availabilityZone: "us-west-2b" }), launch({ lifecycle: "on-demand" })];
		expect(metrics({ launches })).toMatchObject({
			"started.us-west-2.bld-linux64.c6i-2xlarge.spot.hvm.ebs": 2,
			"started.us-west-2.bld-linux64.c6i-2xlarge.ondemand.hvm.ebs": 1,
		});
	});

	it.each<[string, Partial<Report>]>([
		["a dry run", { mode: "dry-run" }],
		["a run without the lock", { lockedBy: "another" }],
		[
			"an unreadable database",
			{ failures: [{ stage: "pending", region: null, mozType: null, code: "timeout", message: "m" }] },
		],
	])("are empty for %s", (_what, overrides) => {
		expect(metricsOf({ ...EMPTY, ...overrides })).toEqual([]);
	});

	it("have valid Graphite paths for any name of a type", () => {
		fc.assert(
			fc.property(fc.string({ unit: "binary" }), (mozType) => {
				const paths = Object.keys(metrics({ pools: [pool(mozType, 1)], launches: [launch({ mozType })] }));
				expect(paths).toHaveLength(4);
				for (const path of paths) expect(path).toMatch(/^[\w-]+(\.[\w-]+)*$/);
				expect(paths.find((path) => path.startsWith("need."))?.split(".")).toHaveLength(3);
				expect(paths.find((path) => path.startsWith("started."))?.split(".")).toHaveLength(7);
			}),
		);
	});
});
