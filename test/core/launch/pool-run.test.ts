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
import { spotPoolKey } from "../../../src/core/plan/spot-pools.ts";
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

describe("a share that can request no more", () => {
	it("hands on what it lacks when its requests are answered, not before", () => {
		const subnets = [5, 0].map((freeAddresses, index) => {
			const zone = `us-east-1${"ab"[index]}`;
			return { subnetId: `subnet-${zone}`, availabilityZone: zone, freeAddresses };
		});
		const launchRun = new LaunchRun(
			plan({
				policy: policy({ spotRules: {} }),
				facts: [region("us-east-1", { subnets }), region("us-west-2")],
				demand: [demand("tst", 1, NOW - 900), demand("bld", 10)],
			}),
		);
		const shown = (requests: readonly LaunchRequest[]) =>
			requests.map(({ pool, placement, count }) => `${pool.mozType} ${placement.availabilityZone} ${count}`);
		const [tst, bld, ...others] = launchRun.start();
		if (tst === undefined || bld === undefined) throw new Error("no requests");
		// bld lacks 2 in us-east-1.
		expect(shown([tst, bld, ...others])).toEqual(["tst us-east-1a 1", "bld us-east-1a 4", "bld us-west-2a 4"]);
		expect(shown(launchRun.settle(tst, refusedWith({ scope: "region" })))).toEqual(["tst us-west-2a 1"]);
		expect(shown(launchRun.settle(bld, given(bld, 3)))).toEqual(["bld us-west-2b 3"]);
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

describe("a pool", () => {
	it("has no on-demand phase if spot serves it", () => {
		const { pools } = launch(plan(), given);
		expect(pools[0]?.phases.map(({ lifecycle }) => lifecycle)).toEqual(["spot"]);
	});

	it("has an on-demand phase alone if its type has no spot rules", () => {
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

	it("are reused without those of launched instances, and without one for each whose naming failed", () => {
		const some = plan({ policy: named, demand: [demand("bld", 5)] });
		const { requests } = launch(some, (request) => {
			if (request.placement.availabilityZone !== "us-east-1a") return given(request);
			const [unnamed, ...others] = given(request, 3).launched;
			if (unnamed === undefined) throw new Error("no instance");
			return refusedWith({}, [unnamed, ...others.map((one, index) => ({ ...one, name: `bld-${index + 2}` }))]);
		});
		expect(requests.map(({ names }) => names)).toEqual([
			["bld-1", "bld-2", "bld-3", "bld-4", "bld-5"],
			["bld-4", "bld-5"],
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
	it.each([
		["lifecycle", "spot "],
		["pool", ""],
	] as const)("say with scope %s which instances cover requests", (scope, kind) => {
		const running = [...instances(2, { launchedAt: NOW - 60 }), ...instances(30)];
		const { pools } = launch(
			plan({
				policy: policy({ heuristics: { ...HEURISTICS, scope } }),
				facts: [region("us-west-2", { instances: running })],
			}),
			given,
		);
		expect(pools[0]?.reasons).toEqual([
			{ code: "covered-by-fresh", message: `fresh ${kind}instances are on their way`, count: 2 },
			{ code: "covered-by-running", message: `running ${kind}instances are likely to become free`, count: 3 },
			{ code: "launched", message: "launched", count: 5 },
		]);
	});

	it("name the answers to the pool's own requests, not those to another pool at the same placement", () => {
		const spotOnly = policy({ onDemandLimits: { global: {}, regions: {} } });
		const some = plan({ policy: spotOnly, facts: [region("us-west-2")], demand: [demand("bld", 2), demand("tst", 3)] });
		const { pools } = launch(some, ({ pool, placement }) =>
			refusedWith({ code: `${pool.mozType}-${placement.availabilityZone}` }),
		);
		const message = (mozType: string) =>
			[
				`${mozType}-us-west-2a (spot c6i.xlarge in us-west-2a)`,
				`${mozType}-us-west-2b (spot c6i.xlarge in us-west-2b)`,
				`no global on-demand limit is set for ${mozType}, so on-demand is not used`,
			].join("; ");
		expect(pools.map(({ reasons }) => reasons)).toEqual([
			[{ code: "no-capacity", message: message("bld"), count: 2 }],
			[{ code: "no-capacity", message: message("tst"), count: 3 }],
		]);
	});

	it("are no-capacity if only some placements have errors", () => {
		const spotOnly = policy({ onDemandLimits: { global: {}, regions: {} } });
		const { pools } = launch(plan({ policy: spotOnly }), ({ placement }) =>
			refused(placement.region === "us-east-1" ? "rejected" : "no-capacity"),
		);
		expect(reasonsOf(pools)).toEqual([["no-capacity 10"]]);
	});
});

/** The first pool of a plan, without the others. */
function firstPool({ caps, heuristics, pools }: Plan) {
	const [pool] = pools;
	if (pool === undefined) throw new Error("no pool");
	const liveSpot = new LiveSpotMachines([]);
	const shared = { caps: new CapTracker(caps), unavailable: new UnavailableCapacity(), liveSpot };
	return { run: new PoolRun(pool, { ...shared, heuristics, suggestedZones: new SuggestedZones() }), liveSpot };
}

it("a pool rejects an answer to a request that is not its own", () => {
	const { run } = firstPool(plan());
	const [request] = run.request();
	if (request === undefined) throw new Error("no request");
	expect(() => run.settle({ ...request }, given(request))).toThrow(new RangeError("the request is not in flight"));
	expect(run.settle(request, given(request)).refusal).toBeNull();
});

it("a pool that is done requests nothing", () => {
	const { run } = firstPool(plan());
	const [request] = run.request();
	if (request === undefined) throw new Error("no request");
	run.settle(request, given(request));
	expect([run.handOn(), run.isDone]).toEqual([true, true]);
	expect(run.request()).toEqual([]);
	expect(run.blockingCaps()).toEqual(new Set());
});

it.each([
	["spot", 10, policy()],
	["on-demand", 0, policy({ spotRules: {} })],
])("a request for 10 %s machines adds %d to the live ones of their spot pool", (_lifecycle, live, custom) => {
	const { run, liveSpot } = firstPool(plan({ policy: custom, facts: [region("us-west-2")] }));
	const [request] = run.request();
	if (request === undefined) throw new Error("no request");
	expect(liveSpot.in(spotPoolKey("bld", request.placement))).toBe(live);
});

describe("the caps that keep a pool from requesting more", () => {
	const subnets = (...free: readonly number[]) =>
		["us-west-2a", "us-west-2b"].map((zone, index) => ({
			...{ subnetId: `subnet-${zone}`, availabilityZone: zone },
			freeAddresses: free[index] ?? 0,
		}));
	const blocking = (overrides: Partial<PlanInput>) => {
		const { run } = firstPool(plan({ facts: [region("us-west-2", { subnets: subnets(3, 0) })], ...overrides }));
		const requests = run.request().map(({ placement, count }) => `${placement.availabilityZone} ${count}`);
		return { requests, caps: [...run.blockingCaps()] };
	};

	it("are none if it has requested all that it needs", () => {
		expect(blocking({ maxLaunches: 3, demand: [demand("bld", 3)] })).toEqual({ requests: ["us-west-2a 3"], caps: [] });
	});

	it("are those of the placements that it has not requested", () => {
		expect(blocking({})).toEqual({ requests: ["us-west-2a 3"], caps: ["subnet/subnet-us-west-2b"] });
	});

	it("are none if it waits for answers although there is room", () => {
		const zones = ["a", "b", "c"].map((zone) => `us-west-2${zone}`);
		const config = typeConfig("bld", ["us-west-2"]);
		const where = config.regions["us-west-2"];
		if (where === undefined) throw new Error("no such region");
		const regions = { "us-west-2": { ...where, subnetIds: zones.map((zone) => `subnet-${zone}`) } };
		const { run } = firstPool(
			plan({
				demand: [demand("bld", 4)],
				policy: policy({ types: { bld: { ...config, regions } }, spotSpread: { bld: { pools: 2, premium: 0.1 } } }),
				facts: [
					region("us-west-2", {
						subnets: zones.map((zone) => ({ subnetId: `subnet-${zone}`, availabilityZone: zone, freeAddresses: 9 })),
						spotPrices: zones.map((zone) => ({
							...{ availabilityZone: zone, instanceType: "c6i.xlarge" },
							...{ productDescription: "Linux/UNIX", price: 0.05 },
						})),
					}),
				],
			}),
		);
		const [request, ...others] = run.request();
		if (request === undefined) throw new Error("no request");
		expect(others).toHaveLength(1);
		run.settle(request, refused("no-capacity"));
		expect(run.request()).toEqual([]);
		expect(run.blockingCaps()).toEqual(new Set());
	});
});
