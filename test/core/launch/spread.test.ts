/** Over which spot pools a type's machines are spread, and what follows a reclaim. */
import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import type { Demand } from "../../../src/core/demand/demand.ts";
import { LaunchRun, simulate } from "../../../src/core/launch/launch-run.ts";
import type { Outcome } from "../../../src/core/launch/outcome.ts";
import type { LaunchRequest } from "../../../src/core/launch/refusal.ts";
import type { Instance, RegionFacts } from "../../../src/core/model/facts.ts";
import type { Policy, Spread, TypeConfig } from "../../../src/core/model/policy.ts";
import { CapTracker } from "../../../src/core/plan/caps.ts";
import type { Placement } from "../../../src/core/plan/placements.ts";
import { makePlan, type Plan, type PlanInput } from "../../../src/core/plan/plan.ts";
import { demand, given, launchArbitrarily, refused, someAnswers, someInput } from "../arbitraries.ts";
import { instance, instances, NOW, planInput, policy, region, spotRule, typeConfig } from "../facts.ts";

const ZONES = ["us-west-2a", "us-west-2b", "us-west-2c", "us-west-2d"];
const PRICES = [0.1, 0.101, 0.103, 0.12];

const price = (availabilityZone: string, amount: number, instanceType = "c6i.xlarge") => ({
	...{ availabilityZone, instanceType, price: amount },
	productDescription: "Linux/UNIX",
});

/** A region with four zones, of which the fourth exceeds a premium of 10 %. */
function fourZones(overrides: Partial<RegionFacts> = {}): RegionFacts {
	return region("us-west-2", {
		subnets: ZONES.map((zone) => ({ subnetId: `subnet-${zone}`, availabilityZone: zone, freeAddresses: 250 })),
		spotPrices: ZONES.map((zone, index) => price(zone, PRICES[index] ?? 0)),
		...overrides,
	});
}

/** A type with two zones in us-east-1, and these in us-west-2. */
function inZones(mozType: string, zones: readonly string[]): TypeConfig {
	const config = typeConfig(mozType, ["us-east-1", "us-west-2"]);
	const here = config.regions["us-west-2"];
	if (here === undefined) throw new Error("no such region");
	const subnetIds = zones.map((zone) => `subnet-${zone}`);
	return { ...config, regions: { ...config.regions, "us-west-2": { ...here, subnetIds } } };
}

const SPREAD: Spread = { pools: 3, premium: 0.1 };

/** A plan for spot machines of `bld`, spread over three pools with a premium of 10 % unless overridden. */
function planOf(
	count: number,
	facts: readonly RegionFacts[],
	overrides: Partial<Policy> = {},
	input: Partial<PlanInput> = {},
): Plan {
	return makePlan(
		planInput({
			demand: [demand("bld", count)],
			policy: policy({
				types: { bld: inZones("bld", ZONES) },
				spotSpread: { bld: SPREAD },
				onDemandLimits: { global: {}, regions: {} },
				...overrides,
			}),
			facts,
			...input,
		}),
	);
}

const spreadBy = (pools: number, premium: number): Partial<Policy> => ({ spotSpread: { bld: { pools, premium } } });
const OFF: Partial<Policy> = { spotSpread: {} };

function countBy(texts: readonly string[]): Readonly<Record<string, number>> {
	return Object.fromEntries([...Map.groupBy(texts, (text) => text)].map(([text, some]) => [text, some.length]));
}

/** What a dry run launches in each zone. */
function byZone(plan: Plan): Readonly<Record<string, number>> {
	return countBy(simulate(plan).launches.map(({ placement }) => placement.availabilityZone));
}

const show = ({ placement, count }: LaunchRequest) => `${placement.availabilityZone} ${count}`;

/** Answers the requests of a plan one after another. */
function launch(plan: Plan, answer: (request: LaunchRequest) => Outcome) {
	const launchRun = new LaunchRun(plan);
	const requests = [...launchRun.start()];
	for (const request of requests) requests.push(...launchRun.settle(request, answer(request)));
	return { requests, result: launchRun.result() };
}

/** An EC2 with so much capacity in each spot pool: the first, the second, and so on, by zone and EC2 instance type. */
function withCapacity(capacity: Map<string, number>) {
	return (request: LaunchRequest): Outcome => {
		const key = `${request.placement.availabilityZone} ${request.placement.instanceType}`;
		const left = capacity.get(key) ?? Infinity;
		const count = Math.min(left, request.count);
		capacity.set(key, left - count);
		return count === request.count
			? given(request)
			: { ...given(request, count), refusal: refused("no-capacity").refusal };
	};
}

describe("with spread, the machines of a type", () => {
	it("are shared by the cheapest pools within the premium, which bounds them as the number of pools does", () => {
		expect(byZone(planOf(12, [fourZones()]))).toEqual({ "us-west-2a": 4, "us-west-2b": 4, "us-west-2c": 4 });
		expect(byZone(planOf(12, [fourZones()], OFF))).toEqual({ "us-west-2a": 12 });
		expect(byZone(planOf(12, [fourZones()], spreadBy(2, 0.1)))).toEqual({ "us-west-2a": 6, "us-west-2b": 6 });
		expect(byZone(planOf(12, [fourZones()], spreadBy(20, 0.2)))).toEqual(
			Object.fromEntries(ZONES.map((zone) => [zone, 3])),
		);
		expect(byZone(planOf(12, [fourZones()], spreadBy(20, 0)))).toEqual({ "us-west-2a": 12 });
	});

	it("go where the fewest spot machines of the type live, ties to the cheaper pool", () => {
		const live = (zone: string, count: number, overrides: Partial<Instance> = {}) =>
			instances(count, { availabilityZone: zone, ...overrides });
		const facts = fourZones({
			instances: [
				...live("us-west-2a", 8),
				...live("us-west-2b", 9, { mozType: "tst" }),
				...live("us-west-2c", 9, { lifecycle: "on-demand" }),
				...live("us-west-2c", 9, { state: "stopped" }),
			],
		});
		expect(byZone(planOf(12, [facts]))).toEqual({ "us-west-2b": 6, "us-west-2c": 6 });
	});

	it("count as live if they are loaned, pending, or in a jacuzzi", () => {
		const others = [{ loaned: true }, { state: "pending" }, { name: "w-1" }].map((overrides) =>
			instance({ availabilityZone: "us-west-2a", ...overrides }),
		);
		const plan = planOf(5, [fourZones({ instances: others })], {}, { allocated: new Set(["w-1"]) });
		expect(byZone(plan)).toEqual({ "us-west-2b": 3, "us-west-2c": 2 });
	});

	it("are even after six ticks of one machine each", () => {
		let live: readonly Instance[] = [];
		for (let tick = 0; tick < 6; tick += 1) {
			const { launches } = simulate(planOf(live.length + 1, [fourZones({ instances: live })]));
			const [{ placement } = { placement: null }, ...others] = launches;
			expect(others).toEqual([]);
			live = [...live, instance({ availabilityZone: placement?.availabilityZone ?? "", launchedAt: NOW - 60 })];
		}
		expect(countBy(live.map(({ availabilityZone }) => availabilityZone))).toEqual({
			"us-west-2a": 2,
			"us-west-2b": 2,
			"us-west-2c": 2,
		});
	});

	it("are spread over all jacuzzis of the type together", () => {
		const jacuzzis = ["w-1", "w-2", "w-3", "w-4", "w-5", "w-6"].map((name) => ({
			...demand("bld", 1),
			pool: { mozType: "bld", slaveset: [name] },
		}));
		const plan = planOf(1, [fourZones()], {}, { demand: jacuzzis });
		expect(byZone(plan)).toEqual({ "us-west-2a": 2, "us-west-2b": 2, "us-west-2c": 2 });
	});

	it("are requested in several regions at once, in each up to its limit", () => {
		const east = region("us-east-1", { spotPrices: [price("us-east-1a", 0.1005), price("us-east-1b", 0.102)] });
		const start = (overrides: Partial<Policy>) =>
			new LaunchRun(planOf(12, [east, fourZones()], { ...spreadBy(4, 0.1), ...overrides })).start().map(show);
		expect(start({})).toEqual(["us-west-2a 3", "us-east-1a 3", "us-west-2b 3", "us-east-1b 3"]);
		const spotLimits = { global: {}, regions: { "us-east-1": { bld: 2 }, "us-west-2": { bld: 100 } } };
		expect(start({ spotLimits })).toEqual(["us-west-2a 5", "us-east-1a 1", "us-west-2b 5", "us-east-1b 1"]);
	});

	it("leave a pool without room to the others, and use every subnet of a zone", () => {
		const subnets = fourZones().subnets.map((subnet, index) => ({ ...subnet, freeAddresses: index === 1 ? 1 : 250 }));
		const plan = planOf(13, [fourZones({ subnets })]);
		expect(byZone(plan)).toEqual({ "us-west-2a": 6, "us-west-2b": 1, "us-west-2c": 6 });
		const both = subnets.map((subnet, index) => ({
			...{ ...subnet, freeAddresses: 3 },
			availabilityZone: index < 2 ? "us-west-2a" : "us-west-2b",
		}));
		expect(byZone(planOf(8, [fourZones({ subnets: both })]))).toEqual({ "us-west-2a": 4, "us-west-2b": 4 });
	});

	it("compare prices by the work that a machine does", () => {
		const fast = spotRule({ instanceType: "c7i.xlarge", performanceConstant: 1.5, bidPrice: 0.3 });
		const spotRules = { bld: [spotRule(), fast] };
		const spotPrices = [
			price("us-west-2a", 0.1),
			price("us-west-2b", 0.1101),
			price("us-west-2a", 0.15, "c7i.xlarge"),
			price("us-west-2b", 0.165, "c7i.xlarge"),
			price("us-west-2c", 0.166, "c7i.xlarge"),
		];
		const { launches } = simulate(planOf(9, [fourZones({ spotPrices })], { spotRules, ...spreadBy(9, 0.1) }));
		expect(countBy(launches.map(({ placement }) => `${placement.instanceType} ${placement.availabilityZone}`))).toEqual(
			{ "c6i.xlarge us-west-2a": 3, "c7i.xlarge us-west-2a": 3, "c7i.xlarge us-west-2b": 3 },
		);
	});

	it("include a price that equals the premium, whatever binary fractions make of it", () => {
		// In binary, 1.15 × 0.06 is less than 0.069.
		const spotPrices = [price("us-west-2a", 0.06), price("us-west-2b", 0.069), price("us-west-2c", 0.069001)];
		const plan = planOf(4, [fourZones({ spotPrices })], spreadBy(3, 0.15));
		expect(byZone(plan)).toEqual({ "us-west-2a": 2, "us-west-2b": 2 });
	});

	it("go to distinct pools, however many rules name an EC2 instance type", () => {
		const spotRules = { bld: [spotRule(), spotRule({ bidPrice: 0.3 })] };
		const plan = planOf(4, [fourZones()], { spotRules, ...spreadBy(2, 0.1) });
		expect(byZone(plan)).toEqual({ "us-west-2a": 2, "us-west-2b": 2 });
	});

	it("all go to the first placement if no price is known", () => {
		expect(byZone(planOf(12, [fourZones({ spotPrices: [] })]))).toEqual({ "us-west-2a": 12 });
	});
});

describe("what a pool refuses", () => {
	it("goes to the best of the others in the same tick", () => {
		const { requests } = launch(planOf(12, [fourZones()]), withCapacity(new Map([["us-west-2b c6i.xlarge", 1]])));
		expect(requests.map(show)).toEqual(["us-west-2a 4", "us-west-2b 4", "us-west-2c 4", "us-west-2a 3"]);
	});

	it("waits for the pools that are being asked, rather than for a more expensive one", () => {
		const launchRun = new LaunchRun(planOf(12, [fourZones()]));
		const [a, b, c] = launchRun.start();
		if (a === undefined || b === undefined || c === undefined) throw new Error("three requests were expected");
		expect(launchRun.settle(a, refused("no-capacity"))).toEqual([]);
		expect(launchRun.settle(c, refused("no-capacity"))).toEqual([]);
		const [again, ...others] = launchRun.settle(b, given(b));
		expect(again).toMatchObject({ placement: b.placement, count: 8, ordinal: 1 });
		expect(others).toEqual([]);
		if (again === undefined) throw new Error("a request was expected");
		expect(launchRun.settle(again, refused("no-capacity")).map(show)).toEqual(["us-west-2d 8"]);
	});

	it("does not wait for other answers if the premium allows one pool", () => {
		const subnets = fourZones().subnets.map((subnet) => ({ ...subnet, freeAddresses: 5 }));
		const launchRun = new LaunchRun(planOf(9, [fourZones({ subnets })], spreadBy(3, 0)));
		const [a, b, ...others] = launchRun.start();
		if (a === undefined || b === undefined) throw new Error("two requests were expected");
		expect([a, b, ...others].map(show)).toEqual(["us-west-2a 5", "us-west-2b 4"]);
		expect(launchRun.settle(a, refused("no-capacity")).map(show)).toEqual(["us-west-2c 5"]);
	});

	it("is not spread again, so that it takes few calls", () => {
		const empty = new Map(["us-west-2a", "us-west-2c"].map((zone) => [`${zone} c6i.xlarge`, 0]));
		const { requests } = launch(planOf(12, [fourZones()], spreadBy(20, 1)), withCapacity(empty));
		expect(requests.map(show)).toEqual([
			"us-west-2a 3",
			"us-west-2b 3",
			"us-west-2c 3",
			"us-west-2d 3",
			"us-west-2b 6",
		]);
	});
});

describe("what EC2 refuses one pool of a plan", () => {
	/** The other pool gets its turn when the first no longer needs what `max-launches` allows. */
	const startTogether = (first: Demand, second: Demand, facts: RegionFacts, custom: Partial<Policy> = {}) => {
		const limit = { demand: [first, second], maxLaunches: first.pending };
		const launchRun = new LaunchRun(planOf(0, [facts], { ...spreadBy(3, 0.1), ...custom }, limit));
		return { launchRun, requests: launchRun.start() };
	};

	const jacuzzi = (workers: number, age: number): Demand => ({
		...demand("bld", workers, NOW - age),
		pool: { mozType: "bld", slaveset: Array.from({ length: workers }, (_, index) => `w-${age}-${index}`) },
	});

	it("leaves the spread of another over the remaining zones", () => {
		const types = { bld: inZones("bld", ZONES), tst: inZones("tst", ["us-west-2a"]) };
		const { launchRun, requests } = startTogether(demand("tst", 12, NOW - 900), demand("bld", 12), fourZones(), {
			types,
		});
		expect(requests.map(show)).toEqual(["us-west-2a 12"]);
		const [request] = requests;
		if (request === undefined) throw new Error("a request was expected");
		expect(launchRun.settle(request, refused("no-capacity")).map(show)).toEqual(["us-west-2b 6", "us-west-2c 6"]);
	});

	it("does not count as live for another", () => {
		const { launchRun, requests } = startTogether(jacuzzi(4, 900), jacuzzi(2, 60), fourZones(), spreadBy(2, 0.1));
		const [a, b, ...others] = requests;
		expect([a, b, ...others].map((request) => request && show(request))).toEqual(["us-west-2a 2", "us-west-2b 2"]);
		if (a === undefined || b === undefined) throw new Error("two requests were expected");
		launchRun.settle(a, refused("unknown"));
		expect(launchRun.settle(b, given(b)).map(show)).toEqual(["us-west-2a 2"]);
	});

	it("counts as live for another where it was launched", () => {
		const facts = fourZones({ instances: instances(2, { availabilityZone: "us-west-2a" }) });
		const { launchRun, requests } = startTogether(jacuzzi(4, 900), jacuzzi(2, 60), facts, spreadBy(2, 0.1));
		const [a, b, ...others] = requests;
		if (a === undefined || b === undefined) throw new Error("two requests were expected");
		expect([a, b, ...others].map(show)).toEqual(["us-west-2a 1", "us-west-2b 3"]);
		launchRun.settle(a, given(a));
		// Now 3 live in us-west-2a, and none in us-west-2b.
		expect(launchRun.settle(b, refused("unknown")).map(show)).toEqual(["us-west-2b 2"]);
	});

	it("gives its room to another after the last answer, also in a region that answered before", () => {
		const east = region("us-east-1", { spotPrices: [price("us-east-1a", 0.1005)] });
		const subnets = fourZones().subnets.map((subnet) => ({ ...subnet, freeAddresses: 2 }));
		const custom = {
			...spreadBy(2, 0.1),
			types: { bld: inZones("bld", ZONES), tst: inZones("tst", ["us-west-2a"]) },
			spotLimits: { global: {}, regions: { "us-east-1": { bld: 9 }, "us-west-2": { bld: 9, tst: 9 } } },
		};
		const both = [demand("bld", 4, NOW - 900), demand("tst", 2)];
		const launchRun = new LaunchRun(planOf(0, [east, fourZones({ subnets })], custom, { demand: both }));
		const [a, b, ...others] = launchRun.start();
		if (a === undefined || b === undefined) throw new Error("two requests were expected");
		expect([a, b, ...others].map(show)).toEqual(["us-west-2a 2", "us-east-1a 2"]);
		expect(launchRun.settle(a, refused("unknown"))).toEqual([]);
		const [next] = launchRun.settle(b, given(b));
		expect(next).toMatchObject({ pool: { mozType: "tst" }, placement: { subnetId: a.placement.subnetId }, count: 2 });
	});

	it("leaves the room under a limit to the pool with the older request", () => {
		const { launchRun, requests } = startTogether(jacuzzi(4, 900), jacuzzi(2, 60), fourZones(), spreadBy(2, 0.1));
		const [a, b] = requests;
		if (a === undefined || b === undefined) throw new Error("two requests were expected");
		expect(launchRun.settle(a, refused("no-capacity"))).toEqual([]);
		const [next, ...others] = launchRun.settle(b, given(b));
		expect(next).toMatchObject({ pool: b.pool, placement: b.placement, count: 2 });
		expect(others).toEqual([]);
	});
});

describe("a reclaim", () => {
	const reclaimed = (
		zone: string,
		age: number,
		statusCode = "instance-terminated-no-capacity",
		statusAt = NOW - 5,
	) => ({
		...{ availabilityZone: zone, instanceType: "c6i.xlarge", statusCode, statusAt },
		createdAt: NOW - age,
	});
	const afterwards = (spotRequests: RegionFacts["spotRequests"], overrides: Partial<Policy> = OFF) =>
		byZone(planOf(6, [fourZones({ spotRequests })], overrides));

	it("of machines 20 and 60 minutes old sends their replacements to the other zones first", () => {
		const requests = [reclaimed("us-west-2a", 1200), reclaimed("us-west-2a", 3600)];
		expect(afterwards(requests)).toEqual({ "us-west-2b": 6 });
		expect(afterwards(requests, {})).toEqual({ "us-west-2b": 3, "us-west-2c": 3 });
	});

	it("leaves the zone as the last one to try, before on-demand", () => {
		const spotRequests = ["us-west-2a", "us-west-2b"].map((zone) => reclaimed(zone, 60));
		const onDemandLimits = { global: { bld: 100 }, regions: {} };
		for (const overrides of [OFF, {}]) {
			const plan = planOf(6, [fourZones({ spotRequests })], { ...overrides, onDemandLimits });
			const { requests } = launch(plan, ({ placement }) =>
				refused(placement.lifecycle === "spot" ? "no-capacity" : "stop-all"),
			);
			const spot = requests.filter(({ placement }) => placement.lifecycle === "spot");
			const zones = spot.map(({ placement }) => placement.availabilityZone);
			expect(zones.slice(-2)).toEqual(["us-west-2a", "us-west-2b"]);
			expect(new Set(zones)).toEqual(new Set(ZONES));
			expect(requests.at(spot.length)?.placement.lifecycle).toBe("on-demand");
		}
	});

	it("everywhere leaves the order by price, and the spread", () => {
		const everywhere = ZONES.map((zone) => reclaimed(zone, 1200));
		expect(afterwards(everywhere)).toEqual({ "us-west-2a": 6 });
		expect(afterwards(everywhere, {})).toEqual({ "us-west-2a": 2, "us-west-2b": 2, "us-west-2c": 2 });
	});

	it.each([
		["instance-terminated-by-price", true],
		["instance-terminated-no-capacity", true],
		["instance-terminated-capacity-oversubscribed", true],
		["instance-terminated-launch-group-constraint", true],
		["instance-terminated-by-service", true],
		["instance-stopped-by-price", true],
		["instance-stopped-no-capacity", true],
		["marked-for-termination", true],
		["marked-for-stop", true],
		["instance-terminated-by-user", false],
		["instance-stopped-by-user", false],
		["instance-terminated-by-schedule", false],
		["spot-instance-terminated-by-user", false],
		["fulfilled", false],
	])("with status %s counts: %s", (statusCode, counts) => {
		expect(afterwards([reclaimed("us-west-2a", 3600, statusCode)])).toEqual(
			counts ? { "us-west-2b": 6 } : { "us-west-2a": 6 },
		);
	});

	it("counts for 15 minutes, for its EC2 instance type and zone alone", () => {
		const at = (age: number) => reclaimed("us-west-2a", 3600, "instance-terminated-no-capacity", NOW - age);
		expect(afterwards([at(899)])).toEqual({ "us-west-2b": 6 });
		expect(afterwards([at(900)])).toEqual({ "us-west-2a": 6 });
		expect(afterwards([{ ...at(5), instanceType: "m6i.xlarge" }])).toEqual({ "us-west-2a": 6 });
	});

	it("is no failed request, so the zone is not skipped", () => {
		const plan = planOf(6, [fourZones({ spotRequests: [reclaimed("us-west-2a", 60)] })]);
		expect(plan.pools[0]?.phases[0]?.skipped).toEqual([]);
	});
});

/**
 * Without spread, what a single pool requests: at each placement in order, what the caps allow. A refusal rules out the
 * zone for the EC2 instance type.
 */
function expectedRequests(plan: Plan, answer: (request: Pick<LaunchRequest, "placement" | "count">) => number) {
	const [pool] = plan.pools;
	const placements = pool?.phases[0]?.shares[0]?.placements ?? [];
	const caps = new CapTracker(plan.caps);
	const busy = new Set<Placement>();
	const empty = new Set<string>();
	const keyOf = ({ availabilityZone, instanceType }: Placement) => `${availabilityZone} ${instanceType}`;
	const requests: { readonly placement: Placement; readonly count: number }[] = [];
	let left = pool?.reduction.need ?? 0;
	const request = () => {
		for (const placement of placements) {
			if (busy.has(placement) || empty.has(keyOf(placement))) continue;
			const count = caps.available(placement.caps, left);
			if (count === 0) continue;
			busy.add(placement);
			caps.reserve(placement.caps, count);
			left -= count;
			requests.push({ placement, count });
		}
	};
	request();
	for (const { placement, count } of requests) {
		const launched = answer({ placement, count });
		caps.settle(placement.caps, count, launched);
		left += count - launched;
		busy.delete(placement);
		if (launched < count) empty.add(keyOf(placement));
		request();
	}
	return requests;
}

/** Inputs of one pool of `bld` with spot only, prices that differ, and what EC2 has in each zone. */
const someShortage = fc
	.record({
		input: someInput,
		count: fc.integer({ min: 1, max: 60 }),
		prices: fc.array(fc.integer({ min: 50, max: 70 }), { minLength: 8, maxLength: 8 }),
		capacity: fc.array(fc.oneof(fc.nat(12), fc.constant(1000)), { minLength: 8, maxLength: 8 }),
		spread: fc.record({ pools: fc.integer({ min: 2, max: 5 }), premium: fc.constantFrom(0, 0.05, 0.1, 1) }),
	})
	.map(({ input, count, prices, capacity, spread }) => {
		const keys = ["us-east-1a", "us-east-1b", "us-west-2a", "us-west-2b"].flatMap((zone) =>
			["c6i.xlarge", "m6i.xlarge"].map((instanceType) => ({ zone, instanceType })),
		);
		const spotPrices = keys.map(({ zone, instanceType }, index) =>
			price(zone, (prices[index] ?? 0) / 1000, instanceType),
		);
		return {
			spread,
			capacity: keys.map(({ zone, instanceType }, index) => [`${zone} ${instanceType}`, capacity[index] ?? 0] as const),
			/** Under a ceiling on cost, machines that cost more are fewer, and a second image may need a call of its own. */
			plan: (spotSpread: Policy["spotSpread"]) =>
				makePlan({
					...input,
					demand: [demand("bld", count)],
					facts: input.facts.map((facts) => ({
						...facts,
						spotPrices: spotPrices.filter(({ availabilityZone }) => availabilityZone.startsWith(facts.region)),
					})),
					maxHourlyCost: null,
					latestAmiPercentage: 100,
					policy: {
						...input.policy,
						spotSpread,
						maxHourlyCosts: {},
						onDemandLimits: { global: {}, regions: {} },
					},
				}),
		};
	});

test("without spread, the requests are those of the best placements, one after another", () => {
	fc.assert(
		fc.property(someShortage, ({ plan, capacity }) => {
			const off = plan({});
			const answer = withCapacity(new Map(capacity));
			const expected = withCapacity(new Map(capacity));
			const { requests } = launch(off, answer);
			expect(requests.map(({ placement, count }) => ({ placement, count }))).toEqual(
				expectedRequests(off, (request) => {
					const whole = { ...request, pool: { mozType: "bld", slaveset: null }, names: null, ordinal: 0 };
					return expected(whole).launched.length;
				}),
			);
		}),
		{ numRuns: 1000 },
	);
});

test("with spread, no fewer machines are launched than without, and at most a call per pool more, also after a refusal", () => {
	fc.assert(
		fc.property(someShortage, ({ plan, capacity, spread }) => {
			const off = launch(plan({}), withCapacity(new Map(capacity)));
			const answer = withCapacity(new Map(capacity));
			let refusals = 0;
			const on = launch(plan({ bld: spread }), (request) => {
				const outcome = answer(request);
				if (outcome.refusal !== null) refusals += 1;
				return outcome;
			});
			expect(on.result.launches.length).toBeGreaterThanOrEqual(off.result.launches.length);
			expect(on.requests.length).toBeLessThanOrEqual(off.requests.length + spread.pools * (1 + refusals));
		}),
		{ numRuns: 500 },
	);
});

test("no two requests of a pool have the same placement and number, from which their token derives", () => {
	fc.assert(
		fc.property(someInput, someAnswers, (input, answers) => {
			const { requests } = launchArbitrarily(makePlan(input), answers);
			const tokens = requests.map(({ pool, placement, ordinal }) => JSON.stringify([pool, placement, ordinal]));
			expect(new Set(tokens).size).toBe(tokens.length);
		}),
	);
});
