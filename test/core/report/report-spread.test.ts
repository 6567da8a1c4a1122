import { expect, it } from "vitest";
import { LaunchRun } from "../../../src/core/launch/launch-run.ts";
import type { RegionFacts } from "../../../src/core/model/facts.ts";
import { makePlan, type PlanInput } from "../../../src/core/plan/plan.ts";
import { makeReport } from "../../../src/core/report/make-report.ts";
import { demand, given, refused } from "../arbitraries.ts";
import { instances, NOW, planInput, policy, region } from "../facts.ts";
import { NOTHING } from "../reports.ts";

const price = (availabilityZone: string, amount: number) => ({
	...{ availabilityZone, instanceType: "c6i.xlarge", price: amount },
	productDescription: "Linux/UNIX",
});
const PRICES = [price("us-west-2a", 0.1), price("us-west-2b", 0.104)];

/** The report of a tick for six machines of `bld`, spread over two pools; EC2 has none in the given zones. */
function reportOf(overrides: Partial<RegionFacts> = {}, empty: readonly string[] = [], input: Partial<PlanInput> = {}) {
	const plan = makePlan(
		planInput({
			demand: [demand("bld", 6)],
			policy: policy({ spotSpread: { bld: { pools: 2, premium: 0.1 } }, onDemandLimits: { global: {}, regions: {} } }),
			facts: [region("us-west-2", { spotPrices: PRICES, ...overrides })],
			...input,
		}),
	);
	const launchRun = new LaunchRun(plan);
	const requests = [...launchRun.start()];
	for (const request of requests) {
		const hasNone = empty.includes(request.placement.availabilityZone);
		requests.push(...launchRun.settle(request, hasNone ? refused("no-capacity") : given(request)));
	}
	const { spotPools, spread } = makeReport({ ...NOTHING, planned: { plan, launched: launchRun.result() } });
	return { spotPools, spread };
}

it("reports live, launched, and reclaimed machines of a type by spot pool", () => {
	const reclaim = { createdAt: NOW - 3600, statusAt: NOW - 5, statusCode: "instance-terminated-no-capacity" };
	const live = [
		...instances(2, { availabilityZone: "us-west-2a" }),
		...instances(1, { instanceType: "m5.large", availabilityZone: "us-west-2c" }),
		...instances(3, { lifecycle: "on-demand" }),
		...instances(3, { mozType: "tst" }),
	];
	const pool = { mozType: "bld", region: "us-west-2", role: null, instanceType: "c6i.xlarge", reclaimed: 0 };
	const spotRequests = [{ ...reclaim, availabilityZone: "us-west-2b", instanceType: "c6i.xlarge" }];
	expect(reportOf({ instances: live, spotRequests }).spotPools).toEqual([
		{ ...pool, availabilityZone: "us-west-2a", live: 2, launched: 6, spotPrice: 0.1 },
		{ ...pool, availabilityZone: "us-west-2b", live: 0, launched: 0, spotPrice: 0.104, reclaimed: 1 },
		{ ...pool, availabilityZone: "us-west-2c", live: 1, launched: 0, spotPrice: null, instanceType: "m5.large" },
	]);
});

it("leaves out pools in which the type has nothing", () => {
	expect(reportOf({}, [], { demand: [demand("bld", 1)] }).spotPools).toHaveLength(1);
});

it.each([
	[
		"over the cheapest pool, for live and new machines",
		{ instances: instances(2, { availabilityZone: "us-west-2b" }) },
		[],
		0.016,
	],
	["nothing for machines in a pool that EC2 had to refuse", {}, ["us-west-2a"], 0],
	["nothing if EC2 had too little everywhere", {}, ["us-west-2a", "us-west-2b"], 0],
	["an unknown amount if no price is known", { spotPrices: [] }, [], null],
] as const)("reports as the cost of spreading %s", (_what, overrides, empty, usdPerHour) => {
	expect(reportOf(overrides, empty).spread).toEqual([{ mozType: "bld", pools: 2, premium: 0.1, usdPerHour }]);
});

it("reports no spread for types without one", () => {
	const custom = policy();
	expect(reportOf({}, [], { policy: custom }).spread).toEqual([]);
});
