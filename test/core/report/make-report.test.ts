import { describe, expect, it } from "vitest";
import type { MappedBuilder } from "../../../src/core/demand/demand.ts";
import { LaunchRun, simulate } from "../../../src/core/launch/launch-run.ts";
import type { TerminatedInstance } from "../../../src/core/model/facts.ts";
import { makePlan, type PlanInput } from "../../../src/core/plan/plan.ts";
import { makeReport } from "../../../src/core/report/make-report.ts";
import { demand, refused } from "../arbitraries.ts";
import { instance, NOW, planInput, policy, region, typeConfig } from "../facts.ts";
import { NOTHING } from "../reports.ts";

const iso = (seconds: number) => new Date(seconds * 1000).toISOString();
const builder = (overrides: Partial<MappedBuilder>): MappedBuilder => ({
	builder: "b",
	count: 1,
	oldestSubmittedAt: NOW,
	mozType: "bld",
	slaveset: null,
	skipReason: null,
	...overrides,
});
const planned = (overrides: Partial<PlanInput> = {}) => {
	const plan = makePlan(planInput({ demand: [demand("bld", 2)], facts: [region("us-west-2")], ...overrides }));
	return { plan, launched: simulate(plan) };
};

it("a tick that found nothing has an empty report", () => {
	expect(makeReport({ ...NOTHING, finishedAt: NOW + 1.5 })).toEqual({
		version: 1,
		mode: "launch",
		startedAt: iso(NOW),
		finishedAt: iso(NOW + 1.5),
		lockedBy: null,
		lockedSince: null,
		previousRun: null,
		regions: ["us-east-1", "us-west-2"],
		pending: {
			total: 0,
			matched: 0,
			unmatched: 0,
			outsideAgeWindow: 0,
			oldestSubmittedAt: null,
			builders: [],
			reasons: [],
		},
		heuristics: null,
		pools: [],
		instances: [],
		deaths: [],
		spotPools: [],
		spread: [],
		firstBuilds: null,
		launches: [],
		refusals: [],
		exclusions: [],
		failures: [],
		apiCalls: {},
		timings: [],
		cost: { usdPerHour: 0, unpriced: 0 },
		ticks: null,
		waits: null,
	});
});

it("regions are in order", () => {
	expect(makeReport({ ...NOTHING, regions: ["us-west-2", "us-east-1"] }).regions).toEqual(["us-east-1", "us-west-2"]);
});

it.each([
	[{ by: "a run", since: NOW - 60 }, "a run", iso(NOW - 60)],
	[{ by: "a run", since: null }, "a run", null],
])("the holder of the lock is reported, and since when if that is known", (lockHolder, lockedBy, lockedSince) => {
	expect(makeReport({ ...NOTHING, lockHolder })).toMatchObject({ lockedBy, lockedSince });
});

it.each([
	[NOW - 900, 900],
	[NOW + 5, 0],
])("the gap since a run that finished at %i is %i s, never negative", (finishedAt, gapSeconds) => {
	const { previousRun } = makeReport({ ...NOTHING, previousRun: { finishedAt, expectedSeconds: 300 } });
	expect(previousRun).toEqual({ finishedAt: iso(finishedAt), gapSeconds, expectedSeconds: 300 });
});

it("pending requests are counted, and their builders ordered by count, then by name", () => {
	const { pending } = makeReport({
		...NOTHING,
		outsideAgeWindow: 4,
		builders: [
			builder({ builder: "few", count: 2, oldestSubmittedAt: NOW - 5 }),
			builder({ builder: "z", count: 3, mozType: null, skipReason: "unmatched" }),
			builder({ builder: "slow", count: 3, mozType: null, skipReason: "pattern-timeout" }),
			builder({ builder: "bound", count: 3, slaveset: ["w-1"], oldestSubmittedAt: NOW - 9 }),
			builder({ builder: "unsure", count: 1, skipReason: "allocation-unknown" }),
			builder({ builder: "stopped", count: 1, skipReason: "not-configured" }),
			builder({ builder: "y", count: 3, mozType: null, skipReason: "unmatched" }),
		],
	});
	expect(pending).toMatchObject({
		total: 16,
		matched: 7,
		unmatched: 9,
		outsideAgeWindow: 4,
		oldestSubmittedAt: iso(NOW - 9),
	});
	expect(pending.builders.map((one) => one.builder)).toEqual(["bound", "slow", "y", "z", "few", "stopped", "unsure"]);
	expect(pending.builders[0]).toEqual({ builder: "bound", count: 3, mozType: "bld", slaveset: ["w-1"], reason: null });
	expect(pending.reasons).toEqual([
		{ code: "unmatched", message: "no pattern of buildermap matches", count: 6 },
		{ code: "pattern-timeout", message: "a pattern of buildermap timed out", count: 3 },
		{ code: "allocation-unknown", message: "their workers are unknown", count: 1 },
		{ code: "not-configured", message: "no master has workers configured for them", count: 1 },
	]);
});

it("running instances are counted by what they are, in a fixed order; others are not", () => {
	const machine = { region: "us-west-2", mozType: "bld", instanceType: "c6i.xlarge", lifecycle: "spot" } as const;
	const kind = { virtualizationType: "hvm", rootDeviceType: "ebs" };
	const { instances } = makeReport({
		...NOTHING,
		instances: [
			instance({ ...machine, region: "us-west-2" }),
			instance({ ...machine, region: "us-east-1" }),
			instance({ ...machine, state: "pending" }),
			instance({ ...machine }),
			instance({ ...machine, mozType: null }),
		],
	});
	expect(instances).toEqual([
		{ ...machine, ...kind, region: "us-east-1", count: 1 },
		{ ...machine, ...kind, count: 2 },
		{ ...machine, ...kind, mozType: null, count: 1 },
	]);
});

it("instances that died young are counted by where and why", () => {
	const where = { region: "us-east-1", availabilityZone: "us-east-1a", mozType: "bld", lifecycle: "spot" } as const;
	const dead = (code: string, imageId = "ami-1"): TerminatedInstance => ({
		...where,
		instanceId: "i",
		instanceType: "c6i.xlarge",
		imageId,
		launchedAt: NOW,
		endedAt: null,
		reason: { code, message: "m" },
	});
	const { deaths } = makeReport({ ...NOTHING, deaths: [dead("B"), dead("A"), dead("B"), dead("B", "ami-0")] });
	expect(deaths.map(({ imageId, code, count }) => [imageId, code, count])).toEqual([
		["ami-0", "B", 1],
		["ami-1", "A", 1],
		["ami-1", "B", 2],
	]);
	expect(deaths[0]).toEqual({
		...where,
		instanceType: "c6i.xlarge",
		imageId: "ami-0",
		code: "B",
		message: "m",
		count: 1,
	});
});

describe("a planned tick", () => {
	it("reports its pools with what runs for them, and each launch", () => {
		const some = planned({
			policy: policy({ types: { bld: typeConfig("bld", ["us-west-2"], "bld-%d") } }),
			facts: [
				region("us-west-2", {
					instances: [
						instance({ launchedAt: NOW - 60 }),
						instance(),
						instance({ lifecycle: "on-demand" }),
						instance({ lifecycle: "on-demand" }),
					],
				}),
			],
			demand: [demand("bld", 3, NOW - 77)],
		});
		const { pools, launches, heuristics } = makeReport({ ...NOTHING, planned: some });
		expect(heuristics).toEqual(some.plan.heuristics);
		expect(pools).toMatchObject([
			{
				mozType: "bld",
				slaveset: null,
				pending: 3,
				oldestSubmittedAt: iso(NOW - 77),
				running: { spot: 2, onDemand: 2 },
				fresh: { spot: 1, onDemand: 0 },
				needed: 2,
				launched: 2,
			},
		]);
		expect(launches).toHaveLength(2);
		expect(launches[0]).toEqual({
			mozType: "bld",
			slaveset: null,
			region: "us-west-2",
			role: null,
			availabilityZone: "us-west-2a",
			subnetId: "subnet-us-west-2a",
			instanceType: "c6i.xlarge",
			lifecycle: "spot",
			imageId: "ami-configured",
			maxPrice: 0.2,
			spotPrice: 0.05,
			onDemandPrice: null,
			instanceId: null,
			name: "bld-5",
			virtualizationType: null,
			rootDeviceType: null,
		});
	});

	it("reports no pool whose launch has no result", () => {
		const { plan, launched } = planned();
		expect(makeReport({ ...NOTHING, planned: { plan, launched: { ...launched, pools: [] } } }).pools).toEqual([]);
	});

	it("reports each refusal", () => {
		const { plan } = planned();
		const launchRun = new LaunchRun(plan);
		const requests = [...launchRun.start()];
		for (const request of requests) requests.push(...launchRun.settle(request, refused("stop-all")));
		expect(makeReport({ ...NOTHING, planned: { plan, launched: launchRun.result() } }).refusals).toEqual([
			{
				mozType: "bld",
				region: "us-west-2",
				availabilityZone: "us-west-2a",
				instanceType: "c6i.xlarge",
				lifecycle: "spot",
				wanted: 2,
				code: "stop-all",
				message: "refused: stop-all",
			},
		]);
	});

	it("reports once what it excluded, for the phases that needed instances", () => {
		const exclusions = (overrides: Partial<PlanInput>) =>
			makeReport({ ...NOTHING, planned: planned(overrides) }).exclusions;
		const unread = [{ region: "us-east-1", role: null, machines: null }];
		const excluded = { mozType: "bld", lifecycle: "spot", code: "error", message: "us-east-1 could not be read" };
		const slaveset = { ...demand("bld", 1), pool: { mozType: "bld", slaveset: ["w-1"] } };
		expect(exclusions({ unread, demand: [demand("bld", 2), slaveset] })).toEqual([excluded]);
		const fresh = [instance({ launchedAt: NOW }), instance({ launchedAt: NOW })];
		expect(exclusions({ unread, facts: [region("us-west-2", { instances: fresh })] })).toEqual([]);
		const none = policy({ spotLimits: { global: { bld: 0 }, regions: policy().spotLimits.regions } });
		expect(exclusions({ unread, policy: none })).toEqual([excluded, { ...excluded, lifecycle: "on-demand" }]);
	});
});

it("the times to first builds are reported, with when the latest of each group was launched", () => {
	const group = {
		...{ mozType: "bld", region: "us-west-2", availabilityZone: "us-west-2a", instanceType: "c6i.xlarge" },
		...{ imageId: "ami-1", count: 2 },
	};
	const firstBuilds = { machines: 3, median: 200, slowest: 300, neverConnected: [{ ...group, launchedAt: NOW }] };
	expect(makeReport({ ...NOTHING, firstBuilds }).firstBuilds).toEqual({
		...firstBuilds,
		neverConnected: [{ ...group, launchedAt: iso(NOW) }],
	});
});
