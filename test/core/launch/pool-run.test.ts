/** What a pool requests next, and what an answer means for it and for other pools. */
import { describe, expect, it } from "vitest";
import { LaunchRun } from "../../../src/core/launch/launch-run.ts";
import type { Outcome } from "../../../src/core/launch/outcome.ts";
import { SuggestedZones } from "../../../src/core/launch/placement-order.ts";
import { PoolRun } from "../../../src/core/launch/pool-run.ts";
import type { LaunchRequest, Refusal } from "../../../src/core/launch/refusal.ts";
import { LiveSpotMachines } from "../../../src/core/launch/spread.ts";
import { UnavailableCapacity } from "../../../src/core/launch/unavailable-capacity.ts";
import { CapTracker } from "../../../src/core/plan/caps.ts";
import { makePlan, type Plan, type PlanInput } from "../../../src/core/plan/plan.ts";
import { demand, given, refused } from "../arbitraries.ts";
import { HEURISTICS, instances, NOW, planInput, policy, region, typeConfig } from "../facts.ts";

const REGIONS = ["us-east-1", "us-west-2"];
const plan = (overrides: Partial<PlanInput> = {}): Plan =>
	makePlan(planInput({ demand: [demand("bld", 10)], facts: REGIONS.map((name) => region(name)), ...overrides }));

const refusedWith = (overrides: Partial<Refusal>, launched: Outcome["launched"] = []): Outcome => ({
	launched,
	refusal: { kind: "no-capacity", code: "X", message: "x", suggestedZones: [], ...overrides },
	namingFailures: [],
});

function launch(some: Plan, answer: (request: LaunchRequest) => Outcome) {
	const launchRun = new LaunchRun(some);
	const requests = [...launchRun.start()];
	for (const request of requests) requests.push(...launchRun.settle(request, answer(request)));
	return { requests, pools: launchRun.result().pools };
}

const reasonsOf = (pools: ReturnType<typeof launch>["pools"]) =>
	pools.map(({ reasons }) => reasons.map(({ code, count }) => `${code} ${count}`));

describe("a share that is refused everywhere", () => {
	const three = ["eu-west-1", ...REGIONS];
	const priorities = { "us-east-1": 3, "us-west-2": 2, "eu-west-1": 1 };
	const custom = policy({
		spotRules: {},
		regionPriorities: priorities,
		types: { bld: typeConfig("bld", three) },
		onDemandLimits: { global: { bld: 100 }, regions: {} },
	});
	const some = plan({ policy: custom, facts: three.map((name) => region(name)), demand: [demand("bld", 6)] });

	it("hands over to the next region by priority, and numbers its requests of one placement", () => {
		const { requests } = launch(some, (request) =>
			request.placement.region === "us-west-2" ? refused("no-capacity") : given(request),
		);
		const numbered = requests.map(
			({ placement, count, ordinal }) => `${placement.availabilityZone} ${count} #${ordinal}`,
		);
		expect(numbered).toEqual([
			"us-east-1a 3 #0",
			"us-west-2a 2 #0",
			"eu-west-1a 1 #0",
			"us-west-2b 2 #0",
			"eu-west-1a 2 #1",
		]);
	});
});

describe("what falls through to on-demand", () => {
	it("is not reduced again with scope pool, which counts both lifecycles first", () => {
		const running = instances(4, { lifecycle: "on-demand", launchedAt: NOW - 60 });
		const { requests, pools } = launch(
			plan({
				policy: policy({ heuristics: { ...HEURISTICS, scope: "pool" } }),
				facts: [region("us-east-1", { instances: running.map((one) => ({ ...one, region: "us-east-1" })) })],
			}),
			(request) => (request.placement.lifecycle === "spot" ? refused("no-capacity") : given(request)),
		);
		expect(requests[0]?.count).toBe(6);
		expect(pools[0]).toMatchObject({ needed: 6, launched: 6 });
		expect(reasonsOf(pools)).toEqual([["covered-by-fresh 4", "launched 6"]]);
	});

	it("is requested as soon as another pool's answer rules out spot for the account", () => {
		const types = { bld: typeConfig("bld", REGIONS), tst: typeConfig("tst", ["us-west-2"]) };
		const spotLimits = { global: {}, regions: { "us-east-1": { bld: 5 }, "us-west-2": { tst: 5 } } };
		const tst = (slaveset: readonly string[] | null, age: number) => ({
			...demand("tst", 5, NOW - age),
			pool: { mozType: "tst", slaveset },
		});
		const launchRun = new LaunchRun(
			plan({
				demand: [demand("bld", 5, NOW - 900), tst(["w-1", "w-2", "w-3", "w-4", "w-5"], 600), tst(null, 300)],
				policy: policy({ types, spotLimits }),
			}),
		);
		const [first, second, ...others] = launchRun.start();
		if (first === undefined || second === undefined) throw new Error("no requests");
		expect(others).toEqual([]);
		const next = launchRun.settle(first, refusedWith({ scope: "lifecycle" }));
		expect(next.map(({ pool, placement }) => `${pool.mozType} ${placement.lifecycle}`)).toContain("tst on-demand");
	});
});

describe("a type without spot rules", () => {
	it("has one phase", () => {
		const { pools } = launch(plan({ policy: policy({ spotRules: {} }) }), given);
		expect(pools[0]?.phases.map(({ lifecycle }) => lifecycle)).toEqual(["on-demand"]);
	});
});

describe("names of instances that are missing", () => {
	const named = policy({ types: { bld: typeConfig("bld", REGIONS, "bld-%d") } });
	it("are reused, except the first, which a launched instance may have if its naming failed", () => {
		const some = plan({ policy: named, demand: [demand("bld", 4)] });
		const { requests } = launch(some, (request) =>
			request.placement.availabilityZone === "us-east-1a"
				? refusedWith({}, given(request, 1).launched)
				: given(request),
		);
		expect(requests.map(({ names }) => names)).toEqual([
			["bld-1", "bld-2", "bld-3", "bld-4"],
			["bld-2", "bld-3", "bld-4"],
		]);
	});

	it("are not reused if the instances may have been launched, whatever the scope of the refusal", () => {
		const some = plan({ policy: named, demand: [demand("bld", 2)] });
		const { requests } = launch(some, () => refusedWith({ kind: "unknown", scope: "capacity" }));
		const names = requests.flatMap((request) => request.names ?? []);
		expect(new Set(names).size).toBe(names.length);
	});
});

describe("a full subnet", () => {
	it("leaves the zone's other subnets", () => {
		const config = typeConfig("bld", ["us-west-2"]);
		const where = config.regions["us-west-2"];
		if (where === undefined) throw new Error("no such region");
		const subnetIds = ["subnet-1", "subnet-2"];
		const subnets = subnetIds.map((subnetId) => ({ subnetId, availabilityZone: "us-west-2a", freeAddresses: 50 }));
		const types = { bld: { ...config, regions: { "us-west-2": { ...where, subnetIds } } } };
		const { requests } = launch(
			plan({ policy: policy({ types }), facts: [region("us-west-2", { subnets })] }),
			(request) => (request.placement.subnetId === "subnet-1" ? refused("no-address") : given(request)),
		);
		expect(requests.map(({ placement }) => `${placement.lifecycle} ${placement.subnetId}`)).toEqual([
			"spot subnet-1",
			"spot subnet-2",
		]);
	});
});

describe("reasons", () => {
	it("are no-capacity if only some placements have errors", () => {
		const spotOnly = policy({ onDemandLimits: { global: {}, regions: {} } });
		const { pools } = launch(plan({ policy: spotOnly }), ({ placement }) =>
			refused(placement.region === "us-east-1" ? "rejected" : "no-capacity"),
		);
		expect(reasonsOf(pools)).toEqual([["no-capacity 10"]]);
	});
});

it("a pool rejects an answer to a request that is not its own", () => {
	const { caps, heuristics, pools } = plan();
	const [pool] = pools;
	if (pool === undefined) throw new Error("no pool");
	const shared = { caps: new CapTracker(caps), unavailable: new UnavailableCapacity() };
	const run = new PoolRun(pool, {
		...shared,
		heuristics,
		suggestedZones: new SuggestedZones(),
		liveSpot: new LiveSpotMachines([]),
	});
	const [request] = run.request();
	if (request === undefined) throw new Error("no request");
	expect(() => run.settle({ ...request }, given(request))).toThrow(new RangeError("the request is not in flight"));
	expect(run.settle(request, given(request)).refusal).toBeNull();
});
