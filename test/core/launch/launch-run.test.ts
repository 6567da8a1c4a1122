import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { LaunchRun, simulate } from "../../../src/core/launch/launch-run.ts";
import type { Outcome } from "../../../src/core/launch/outcome.ts";
import type { LaunchRequest, RefusalKind } from "../../../src/core/launch/refusal.ts";
import { makePlan, type Plan, type PlanInput } from "../../../src/core/plan/plan.ts";
import {
	demand,
	given,
	launchArbitrarily,
	refused,
	regionNames,
	someAnswers,
	someInput,
	typeNames,
} from "../arbitraries.ts";
import { instance, instances, NOW, planInput, policy, region, typeConfig } from "../facts.ts";

const plan = (overrides: Partial<PlanInput> = {}): Plan =>
	makePlan(planInput({ demand: [demand("bld", 10)], facts: [region("us-east-1"), region("us-west-2")], ...overrides }));

/** Launches a plan with the given answers, one request after another. Requests are returned in the order they settle. */
function launchWith(given_: Plan, answer: (request: LaunchRequest) => Outcome) {
	const launchRun = new LaunchRun(given_);
	const queue = [...launchRun.start()];
	const requests: LaunchRequest[] = [];
	for (let request = queue.shift(); request !== undefined; request = queue.shift()) {
		requests.push(request);
		queue.push(...launchRun.settle(request, answer(request)));
	}
	return { requests, results: launchRun.result().pools };
}

const places = (requests: readonly LaunchRequest[]) =>
	requests.map(({ placement, count }) => `${placement.lifecycle} ${placement.availabilityZone} ${count}`);
const reasons = (result: { readonly reasons: readonly { readonly code: string; readonly count: number }[] }) =>
	Object.fromEntries(result.reasons.map(({ code, count }) => [code, count]));

describe("spot", () => {
	it("requests everything at the best placement, in one call", () => {
		expect(places(launchWith(plan(), given).requests)).toEqual(["spot us-east-1a 10"]);
	});

	it("tries the next placement with what one could not launch", () => {
		const { requests, results } = launchWith(plan(), (request) =>
			request.placement.availabilityZone === "us-east-1a" ? { ...given(request, 4), refusal: null } : given(request),
		);
		expect(places(requests)).toEqual(["spot us-east-1a 10", "spot us-east-1b 6"]);
		expect(results[0]).toMatchObject({ needed: 10, launched: 10, shortfall: 0 });
	});

	it("requests in two regions at once if the limit of one is below the need", () => {
		const limits = { global: {}, regions: { "us-east-1": { bld: 7 }, "us-west-2": { bld: 100 } } };
		const launchRun = new LaunchRun(plan({ policy: policy({ spotLimits: limits }) }));
		expect(places(launchRun.start())).toEqual(["spot us-east-1a 7", "spot us-west-2a 3"]);
	});

	it("does not use a region without a limit", () => {
		const limits = { global: {}, regions: { "us-west-2": { bld: 100 } } };
		const { requests } = launchWith(plan({ policy: policy({ spotLimits: limits }) }), () => refused("no-capacity"));
		expect(
			requests.filter(({ placement }) => placement.lifecycle === "spot").map(({ placement }) => placement.region),
		).toEqual(["us-west-2", "us-west-2"]);
	});

	it("launches none under a limit of 0", () => {
		const limits = { global: { bld: 0 }, regions: policy().spotLimits.regions };
		const none = policy({ spotLimits: limits, onDemandLimits: { global: {}, regions: {} } });
		const { requests, results } = launchWith(plan({ policy: none }), given);
		expect(requests).toEqual([]);
		expect(results.map(reasons)).toEqual([{ "cap-global": 10 }]);
	});
});

describe("on-demand", () => {
	const onDemandOnly = policy({ spotRules: {} });

	it("is where demand starts for a type without spot rules, divided by priority, the remainder to the highest", () => {
		// 10 × 5/9 = 5.6 and 10 × 4/9 = 4.4: 5 and 4, and 1 more to us-east-1
		expect(places(launchWith(plan({ policy: onDemandOnly }), given).requests)).toEqual([
			"on-demand us-east-1a 6",
			"on-demand us-west-2a 4",
		]);
	});

	it("tries a region's other zones, then the next region", () => {
		const { requests, results } = launchWith(plan({ policy: onDemandOnly }), (request) =>
			request.placement.region === "us-east-1" ? refused("no-capacity") : given(request),
		);
		expect(places(requests)).toEqual([
			"on-demand us-east-1a 6",
			"on-demand us-west-2a 4",
			"on-demand us-east-1b 6",
			"on-demand us-west-2a 6",
		]);
		expect(results[0]).toMatchObject({ launched: 10, shortfall: 0 });
	});

	it("takes over what spot could not launch, reduced by the on-demand instances", () => {
		const onDemand = [
			...instances(3, { lifecycle: "on-demand", launchedAt: NOW - 60 }),
			...instances(10, { lifecycle: "on-demand" }),
		];
		const facts = [region("us-east-1"), region("us-west-2", { instances: onDemand })];
		const { requests, results } = launchWith(plan({ facts }), (request) =>
			request.placement.lifecycle === "spot" ? refused("no-capacity") : given(request),
		);
		const taken = requests.filter(({ placement }) => placement.lifecycle === "on-demand");
		expect(taken.reduce((sum, { count }) => sum + count, 0)).toBe(10 - 3 - 1);
		expect(results[0]).toMatchObject({ needed: 6, launched: 6, shortfall: 0 });
		expect(results[0]?.phases).toEqual([
			{ lifecycle: "spot", count: 10, fresh: 0, old: 0, needed: 10, launched: 0, caps: [] },
			{ lifecycle: "on-demand", count: 10, fresh: 3, old: 10, needed: 6, launched: 6, caps: [] },
		]);
		expect(results.map(reasons)).toEqual([{ "covered-by-fresh": 3, "covered-by-running": 1, launched: 6 }]);
	});

	it("launches none without a global limit, and reports spot's reason", () => {
		const none = policy({ onDemandLimits: { global: {}, regions: { "us-east-1": { bld: 50 } } } });
		const { requests, results } = launchWith(plan({ policy: none }), () => refused("no-capacity"));
		expect(requests.every(({ placement }) => placement.lifecycle === "spot")).toBe(true);
		expect(results.map(reasons)).toEqual([{ "no-capacity": 10 }]);
	});

	it("has the reason no-rules if the type has neither spot rules nor a limit", () => {
		const none = policy({ spotRules: {}, onDemandLimits: { global: {}, regions: {} } });
		const { requests, results } = launchWith(plan({ policy: none }), given);
		expect(requests).toEqual([]);
		expect(results.map(reasons)).toEqual([{ "no-rules": 10 }]);
	});
});

describe("refusals", () => {
	const two = [demand("bld", 10), demand("tst", 5)];

	it("rule out a placement without capacity for every pool", () => {
		const { requests } = launchWith(plan({ demand: two }), (request) =>
			request.pool.mozType === "bld" && request.placement.lifecycle === "spot"
				? refused("no-capacity")
				: given(request),
		);
		// tst was under way in us-east-1a when bld was refused there; nobody asks for spot there again.
		const asked = requests.filter(({ placement }) => placement.lifecycle === "spot");
		expect(asked.filter(({ placement }) => placement.availabilityZone === "us-east-1a")).toHaveLength(2);
	});

	it.each([
		["no-capacity", ["spot us-east-1a 10", "spot us-east-1b 10", "spot us-west-2a 10", "spot us-west-2b 10"]],
		["limit", ["spot us-east-1a 10", "spot us-west-2a 10"]],
		["rejected", ["spot us-east-1a 10", "spot us-west-2a 10"]],
		["unknown", ["spot us-east-1a 10"]],
		["stop-all", ["spot us-east-1a 10"]],
		["timeout", ["spot us-east-1a 10"]],
		["lock-lost", ["spot us-east-1a 10"]],
	] as const)("of kind %s end exactly what they concern", (kind, expected) => {
		const spotOnly = policy({ onDemandLimits: { global: {}, regions: {} } });
		expect(places(launchWith(plan({ policy: spotOnly }), () => refused(kind)).requests)).toEqual(expected);
	});

	it("have the reason error for errors, and no-capacity for missing capacity", () => {
		const spotOnly = policy({ onDemandLimits: { global: {}, regions: {} } });
		const codes = (kind: RefusalKind) =>
			launchWith(plan({ policy: spotOnly }), () => refused(kind)).results.map(reasons);
		expect(codes("rejected")).toEqual([{ error: 10 }]);
		expect(codes("no-capacity")).toEqual([{ "no-capacity": 10 }]);
		expect(codes("stop-all")).toEqual([{ error: 10 }]);
		expect(codes("unknown")).toEqual([{ error: 10 }]);
		expect(codes("lock-lost")).toEqual([{ error: 10 }]);
		expect(codes("timeout")).toEqual([{ timeout: 10 }]);
	});

	it("that end everything end it for every pool", () => {
		const { requests, results } = launchWith(plan({ demand: two }), (request) =>
			refused(request.pool.mozType === "bld" ? "stop-all" : "no-capacity"),
		);
		// tst was under way when bld's answer came; it asks nowhere else.
		expect(places(requests)).toEqual(["spot us-east-1a 10", "spot us-east-1a 5"]);
		expect(results.map(({ launched }) => launched)).toEqual([0, 0]);
	});

	it("lead first to the zone that EC2 suggests", () => {
		const zones = ["us-west-2a", "us-west-2b", "us-west-2c"];
		const facts = region("us-west-2", {
			subnets: zones.map((zone) => ({ subnetId: `subnet-${zone}`, availabilityZone: zone, freeAddresses: 250 })),
		});
		const onDemand = policy({
			spotRules: {},
			types: { bld: typeConfig("bld", ["us-west-2"]) },
		});
		const type = onDemand.types["bld"]?.regions["us-west-2"];
		const types = {
			bld: {
				...typeConfig("bld", []),
				regions:
					type === undefined ? {} : { "us-west-2": { ...type, subnetIds: zones.map((zone) => `subnet-${zone}`) } },
			},
		};
		const { requests } = launchWith(plan({ policy: { ...onDemand, types }, facts: [facts] }), (request) =>
			request.placement.availabilityZone === "us-west-2a"
				? {
						launched: [],
						refusal: { kind: "no-capacity", code: "x", message: "m", suggestedZones: ["us-west-2c"] },
						namingFailures: [],
					}
				: given(request),
		);
		expect(places(requests)).toEqual(["on-demand us-west-2a 10", "on-demand us-west-2c 10"]);
	});

	it("free their reservation for pools that wait under the same limit", () => {
		const spotOnly = policy({ onDemandLimits: { global: {}, regions: {} } });
		const { results } = launchWith(plan({ demand: two, policy: spotOnly, maxLaunches: 10 }), (request) =>
			request.pool.mozType === "bld" ? refused("rejected") : given(request),
		);
		expect(results.map(({ launched }) => launched)).toEqual([0, 5]);
	});
});

describe("caps", () => {
	it("have a reason of their own", () => {
		const spotLimits = { global: {}, regions: { "us-west-2": { bld: 50 } } };
		const live = instances(46, { region: "us-west-2" });
		const { results } = launchWith(
			plan({
				demand: [demand("bld", 30)],
				policy: policy({ spotLimits, onDemandLimits: { global: {}, regions: {} } }),
				facts: [region("us-west-2", { instances: live })],
			}),
			given,
		);
		// 30 pending − ⌊46/10⌋ old = 26 needed, of which the limit of 50 leaves 4
		expect(results[0]?.phases[0]?.caps).toEqual([
			{ code: "cap-region", message: "spot limit of 50 in us-west-2 (46 live)", headroom: 4, launched: 4 },
		]);
		expect(results.map(reasons)).toEqual([{ "covered-by-running": 4, launched: 4, "cap-region": 22 }]);
	});

	it("give max-launches to the pool with the oldest request first", () => {
		const facts = { demand: [demand("tst", 10, NOW - 600), demand("bld", 10, NOW - 60)], maxLaunches: 12 };
		const { results } = launchWith(plan(facts), given);
		expect(results.map(({ launched }) => launched)).toEqual([10, 2]);
		expect(results.map(reasons)).toEqual([{ launched: 10 }, { launched: 2, "cap-tick": 8 }]);
	});

	it("count a region that can't be read with its whole limit", () => {
		const spotLimits = { global: { bld: 105 }, regions: { "us-east-1": { bld: 100 }, "us-west-2": { bld: 100 } } };
		const { results } = launchWith(
			plan({
				policy: policy({ spotLimits, onDemandLimits: { global: {}, regions: {} } }),
				facts: [region("us-west-2")],
				unread: [{ region: "us-east-1", role: null, machines: null }],
			}),
			given,
		);
		expect(results.map(reasons)).toEqual([{ launched: 5, "cap-global": 5 }]);
	});

	it("count loaned and unready instances, which also cost money", () => {
		const spotLimits = { global: { bld: 3 }, regions: policy().spotLimits.regions };
		const live = [instance({ loaned: true }), instance({ mozState: "pending" })];
		const facts = [region("us-west-2", { instances: live })];
		const some = policy({ spotLimits, onDemandLimits: { global: {}, regions: {} } });
		expect(launchWith(plan({ policy: some, facts }), given).results[0]?.launched).toBe(1);
	});

	it("include the free addresses of a subnet", () => {
		const subnets = [
			{ subnetId: "subnet-us-west-2a", availabilityZone: "us-west-2a", freeAddresses: 3 },
			{ subnetId: "subnet-us-west-2b", availabilityZone: "us-west-2b", freeAddresses: 4 },
		];
		const some = policy({ onDemandLimits: { global: {}, regions: {} } });
		const { requests, results } = launchWith(plan({ policy: some, facts: [region("us-west-2", { subnets })] }), given);
		expect(places(requests)).toEqual(["spot us-west-2a 3", "spot us-west-2b 4"]);
		expect(results.map(reasons)).toEqual([{ launched: 7, "no-address": 3 }]);
	});
});

describe("subnets of one zone", () => {
	it("are used in order of the addresses that are left after this tick's launches", () => {
		const subnet = (subnetId: string, freeAddresses: number) => ({
			subnetId,
			availabilityZone: "us-west-2a",
			freeAddresses,
		});
		const facts = region("us-west-2", { subnets: [subnet("subnet-1", 30), subnet("subnet-2", 25)] });
		const type = (mozType: string) => {
			const config = typeConfig(mozType, ["us-west-2"]);
			const here = config.regions["us-west-2"];
			if (here === undefined) throw new Error("no such region");
			return { ...config, regions: { "us-west-2": { ...here, subnetIds: ["subnet-1", "subnet-2"] } } };
		};
		const both = policy({ types: { bld: type("bld"), tst: type("tst") } });
		const { requests } = launchWith(
			plan({ demand: [demand("bld", 10), demand("tst", 30)], policy: both, facts: [facts] }),
			given,
		);
		expect(requests.map(({ placement, count }) => `${placement.subnetId} ${count}`)).toEqual([
			"subnet-1 10",
			"subnet-2 25",
			"subnet-1 5",
		]);
	});
});

describe("names", () => {
	const named = policy({ types: { bld: typeConfig("bld", ["us-east-1", "us-west-2"], "bld-%01d") } });

	it("are the lowest free ones, in order, unique across regions", () => {
		const taken = ["bld-1", "bld-3"].map((name) => instance({ name, mozType: "other" }));
		const facts = [region("us-east-1"), region("us-west-2", { instances: taken })];
		const { requests } = launchWith(plan({ policy: named, facts, demand: [demand("bld", 3)] }), given);
		expect(requests.flatMap(({ names }) => names)).toEqual(["bld-2", "bld-4", "bld-5"]);
	});

	it("limit the launches if they run out", () => {
		const { results } = launchWith(plan({ policy: named, demand: [demand("bld", 12)] }), given);
		expect(results.map(reasons)).toEqual([{ launched: 9, "no-name": 3 }]);
	});

	it("are reused after a refusal, but not if the launch may have succeeded", () => {
		const names = (kind: RefusalKind) => {
			const { requests } = launchWith(plan({ policy: named, demand: [demand("bld", 2)] }), () => refused(kind));
			return requests.map((request) => request.names);
		};
		expect(names("no-capacity").every((list) => list?.join() === "bld-1,bld-2")).toBe(true);
		expect(names("unknown")).toEqual([["bld-1", "bld-2"]]);
	});
});

describe("images", () => {
	const images = [1, 2, 3].map((age) => ({
		imageId: `ami-${age}`,
		mozType: "bld",
		createdAt: NOW - age,
		deprecated: false,
		devices: [],
	}));
	const facts = [region("us-west-2", { images })];
	const imagesOf = (latestAmiPercentage: number, count = 10) =>
		launchWith(plan({ facts, latestAmiPercentage, demand: [demand("bld", count)] }), given).requests.map(
			({ placement, count: ordered }) => `${ordered} ${placement.imageId}`,
		);

	it("split the new instances between the newest and the previous one", () => {
		expect(imagesOf(100)).toEqual(["10 ami-1"]);
		expect(imagesOf(30)).toEqual(["3 ami-1", "7 ami-2"]);
		expect(imagesOf(0)).toEqual(["10 ami-2"]);
		expect(imagesOf(1, 1)).toEqual(["1 ami-2"]);
	});

	it("fall back to the configured one", () => {
		const { requests } = launchWith(plan({ facts: [region("us-west-2")] }), given);
		expect(requests[0]?.placement.imageId).toBe("ami-configured");
	});
});

test("new and live instances never exceed a limit, whatever EC2 answers and in any order", () => {
	fc.assert(
		fc.property(someInput, someAnswers, (input, answers) => {
			const { launches } = launchArbitrarily(makePlan(input), answers);
			expect(launches.length).toBeLessThanOrEqual(input.maxLaunches);
			const live = input.facts
				.flatMap((facts) => facts.instances)
				.filter(({ state }) => state === "pending" || state === "running");
			for (const lifecycle of ["spot", "on-demand"] as const) {
				const { global, regions } = lifecycle === "spot" ? input.policy.spotLimits : input.policy.onDemandLimits;
				for (const mozType of typeNames) {
					const count = (where: string | null) =>
						live.filter(
							(one) => one.mozType === mozType && one.lifecycle === lifecycle && (where ?? one.region) === one.region,
						).length;
					const launched = (where: string | null) =>
						launches.filter(
							({ pool, placement }) =>
								pool.mozType === mozType &&
								placement.lifecycle === lifecycle &&
								(where ?? placement.region) === placement.region,
						).length;
					const holds = (where: string | null, cap: number | undefined) => {
						if (cap === undefined || launched(where) === 0) return;
						expect(launched(where) + count(where)).toBeLessThanOrEqual(cap);
					};
					holds(null, global[mozType]);
					for (const name of regionNames) holds(name, regions[name as "us-east-1"]?.[mozType]);
					if (lifecycle === "on-demand" && global[mozType] === undefined) expect(launched(null)).toBe(0);
				}
			}
			for (const { subnets } of input.facts) {
				for (const { subnetId, freeAddresses } of subnets) {
					const here = launches.filter(({ placement }) => placement.subnetId === subnetId);
					expect(here.length).toBeLessThanOrEqual(freeAddresses);
				}
			}
		}),
	);
});

test("every pending request has one reason, and no pool gets more than it needs", () => {
	fc.assert(
		fc.property(someInput, someAnswers, (input, answers) => {
			const some = makePlan(input);
			for (const { pools } of [launchArbitrarily(some, answers), simulate(some)]) {
				for (const [index, result] of pools.entries()) {
					expect(result.launched).toBeLessThanOrEqual(result.needed);
					expect(result.shortfall).toBe(result.needed - result.launched);
					const pending = result.reasons.reduce((sum, { count }) => sum + count, 0);
					expect(pending).toBe(some.pools[index]?.pending);
					expect(result.reasons.every(({ count }) => count > 0)).toBe(true);
				}
			}
		}),
	);
});

test("no two instances get the same name, and none gets that of a jacuzzi or a connected worker", () => {
	fc.assert(
		fc.property(someInput, (input) => {
			const taken = input.facts.flatMap((facts) => facts.instances).flatMap(({ name }) => name ?? []);
			const { launches } = simulate(makePlan(input));
			const names = launches.flatMap(({ name }) => name ?? []);
			expect(new Set([...names, ...taken]).size).toBe(names.length + new Set(taken).size);
			expect(names.filter((name) => input.connected.has(name))).toEqual([]);
			for (const { pool, name } of launches) {
				if (pool.slaveset !== null) expect(pool.slaveset).toContain(name);
				else if (name !== null) expect(input.allocated.has(name)).toBe(false);
			}
		}),
	);
});

test("the plan does not depend on the order of regions, instances, and subnets, and survives JSON", () => {
	const reversed = <T>(list: readonly T[]) => [...list].reverse();
	fc.assert(
		fc.property(someInput, (input) => {
			const some = makePlan(input);
			const shuffled = makePlan({
				...input,
				facts: reversed(input.facts).map((facts) => ({
					...facts,
					instances: reversed(facts.instances),
					subnets: reversed(facts.subnets),
					images: reversed(facts.images),
					spotPrices: reversed(facts.spotPrices),
					spotRequests: reversed(facts.spotRequests),
				})),
			});
			expect(shuffled).toEqual(some);
			expect(JSON.parse(JSON.stringify(some))).toEqual(some);
			expect(Object.isFrozen(some.pools)).toBe(true);
		}),
	);
});

describe("a launch run rejects, as a bug of its caller,", () => {
	const started = () => {
		const launchRun = new LaunchRun(plan());
		const [request] = launchRun.start();
		if (request === undefined) throw new Error("no request");
		return { launchRun, request };
	};

	it("an answer to a request that is not in flight", () => {
		const { launchRun, request } = started();
		launchRun.settle(request, given(request));
		expect(() => launchRun.settle(request, given(request))).toThrow(new RangeError("the request is not in flight"));
		expect(launchRun.result().launches).toHaveLength(10);
	});

	it("a look at the result while a request is in flight", () => {
		expect(() => started().launchRun.result()).toThrow(new RangeError("requests are still in flight"));
	});

	it("a pool without a phase", () => {
		const some = plan();
		const pools = some.pools.map((pool) => ({ ...pool, phases: [] }));
		expect(() => new LaunchRun({ ...some, pools })).toThrow(new RangeError("a pool has no phase"));
	});
});

describe("the result of a launch run", () => {
	it("has each instance with its pool and placement, and each refusal with its request", () => {
		const { launchRun, first } = (() => {
			const some = new LaunchRun(plan({ demand: [demand("bld", 2)] }));
			const [request] = some.start();
			if (request === undefined) throw new Error("no request");
			return { launchRun: some, first: request };
		})();
		const [second] = launchRun.settle(first, { ...given(first, 1), refusal: null });
		if (second === undefined) throw new Error("no second request");
		launchRun.settle(second, given(second));
		const { launches, refusals } = launchRun.result();
		expect(launches).toEqual(
			[first, second].map(({ pool, placement }) => ({ ...given(first, 1).launched[0], pool, placement })),
		);
		expect(refusals).toEqual([
			{
				request: first,
				refusal: { kind: "no-capacity", code: "partial", message: "launched 1 of 2", suggestedZones: [] },
			},
		]);
	});

	it("of a simulation has the names that the instances would get, and no IDs", () => {
		const named = policy({ types: { bld: typeConfig("bld", ["us-west-2"], "bld-%d") } });
		const { launches } = simulate(plan({ policy: named, demand: [demand("bld", 2)] }));
		const nothing = { instanceId: null, virtualizationType: null, rootDeviceType: null };
		expect(launches).toMatchObject([
			{ ...nothing, name: "bld-1" },
			{ ...nothing, name: "bld-2" },
		]);
		expect(simulate(plan({ demand: [demand("bld", 1)] })).launches).toMatchObject([{ ...nothing, name: null }]);
	});
});
