import { expect, it } from "vitest";
import { LaunchRun } from "../../../src/core/launch/launch-run.ts";
import type { RegionFacts } from "../../../src/core/model/facts.ts";
import { makePlan, type PlanInput } from "../../../src/core/plan/plan.ts";
import { makeReport } from "../../../src/core/report/make-report.ts";
import { demand, given, refused } from "../arbitraries.ts";
import { instances, NOW, planInput, policy, region, spotRule } from "../facts.ts";
import { NOTHING } from "../reports.ts";

const price = (availabilityZone: string, amount: number) => ({
	...{ availabilityZone, instanceType: "c6i.xlarge", price: amount },
	productDescription: "Linux/UNIX",
});
const PRICES = [price("us-west-2a", 0.1), price("us-west-2b", 0.104)];

/** The report of a tick for six machines of `bld`, spread over two pools; EC2 has no spot capacity in the given zones. */
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
		const { lifecycle, availabilityZone } = request.placement;
		const hasNone = lifecycle === "spot" && empty.includes(availabilityZone);
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

it("counts no on-demand machines as launched in a spot pool", () => {
	const custom = policy({ spotSpread: { bld: { pools: 2, premium: 0.1 } } });
	const { spotPools } = reportOf({}, ["us-west-2a", "us-west-2b"], { policy: custom, demand: [demand("bld", 6)] });
	expect(spotPools).toEqual([]);
});

it("reports the cost of spreading by the work that machines do, whichever other types are in demand", () => {
	const half = spotRule({ instanceType: "c6i.large", performanceConstant: 0.5, bidPrice: 0.1 });
	const custom = policy({
		spotSpread: { bld: { pools: 2, premium: 0.1 } },
		spotRules: { bld: [spotRule(), half], tst: [spotRule({ instanceType: "m6i.large" })] },
	});
	const spotPrices = [
		...[0.1, 0.2].map((amount, index) => price(`us-west-2${"ab"[index]}`, amount)),
		{ ...price("us-west-2a", 0.052), instanceType: "c6i.large" },
		{ ...price("us-west-2a", 0.08), instanceType: "m6i.large" },
		{ ...price("us-west-2a", 0.5), instanceType: "m5.large" },
	];
	const live = [
		// Each costs 0.052 for the work that c6i.xlarge does for 0.05.
		...instances(10, { instanceType: "c6i.large", availabilityZone: "us-west-2a" }),
		// No rule names it, so what it does is unknown.
		...instances(1, { instanceType: "m5.large", availabilityZone: "us-west-2a" }),
	];
	const { spread } = reportOf({ spotPrices, instances: live }, [], {
		policy: custom,
		demand: [demand("tst", 1), demand("bld", 1)],
	});
	expect(spread).toEqual([{ mozType: "bld", pools: 2, premium: 0.1, usdPerHour: 0.02 }]);
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
