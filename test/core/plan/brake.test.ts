import { describe, expect, it } from "vitest";
import { LaunchRun } from "../../../src/core/launch/launch-run.ts";
import type { TerminatedInstance } from "../../../src/core/model/facts.ts";
import { describeSite } from "../../../src/core/plan/brake.ts";
import { makePlan, type PlanInput } from "../../../src/core/plan/plan.ts";
import { demand, given } from "../arbitraries.ts";
import { instance, NOW, planInput, policy, region, spotRule, typeConfig } from "../facts.ts";

const REASON = { code: "Server.InternalError", message: "internal error on launch" };
const dead = (overrides: Partial<TerminatedInstance> = {}, count = 10): TerminatedInstance[] =>
	Array.from({ length: count }, (_, index) => ({
		instanceId: `i-${JSON.stringify(overrides)}-${index}`,
		region: "us-east-1",
		availabilityZone: "us-east-1a",
		mozType: "bld",
		lifecycle: "spot",
		instanceType: "c6i.xlarge",
		imageId: "ami-configured",
		launchedAt: NOW - 200,
		endedAt: null,
		reason: REASON,
		...overrides,
	}));

function launch(overrides: Partial<PlanInput>) {
	const plan = makePlan(planInput({ demand: [demand("bld", 40)], ...overrides }));
	const launchRun = new LaunchRun(plan);
	const requests = [...launchRun.start()];
	for (const request of requests) requests.push(...launchRun.settle(request, given(request)));
	const places = requests.map(({ placement, count }) => `${placement.instanceType} ${placement.region} ${count}`);
	return { plan, places, pools: launchRun.result().pools };
}

const spotOnly = policy({ onDemandLimits: { global: {}, regions: {} } });

describe("a deadly launch site", () => {
	it("gets one probe, and the rest goes elsewhere", () => {
		const facts = [region("us-east-1", { terminated: dead() }), region("us-west-2")];
		const { places, pools, plan } = launch({ policy: spotOnly, facts });
		expect(places).toEqual(["c6i.xlarge us-east-1 1", "c6i.xlarge us-west-2 39"]);
		expect(pools).toMatchObject([{ launched: 40, shortfall: 0 }]);
		expect(plan.deadly.everywhere).toEqual([]);
	});

	it("gets no second probe while one lives, in any zone or lifecycle", () => {
		const probe = instance({
			region: "us-east-1",
			mozType: "bld",
			ours: true,
			imageId: "ami-configured",
			instanceType: "c6i.xlarge",
			launchedAt: NOW - 60,
		});
		const facts = [region("us-east-1", { terminated: dead(), instances: [probe] })];
		const { places, pools } = launch({ facts });
		expect(places).toEqual([]);
		expect(pools[0]?.reasons.find(({ code }) => code === "died-young")).toMatchObject({
			message: expect.stringContaining(
				"9 of the last 10 c6i.xlarge launched in us-east-1 from ami-configured died within 10 min (Server.InternalError: internal error on launch)",
			),
		});
	});

	it("is reported if there is no other", () => {
		const facts = ["us-east-1", "us-west-2"].map((name) => region(name, { terminated: dead({ region: name }) }));
		const { plan, pools } = launch({ policy: spotOnly, facts });
		expect(plan.deadly.everywhere).toEqual(["bld"]);
		expect(pools).toMatchObject([{ launched: 2, shortfall: 38 }]);
		expect(pools[0]?.reasons.map(({ code, count }) => [code, count])).toEqual([
			["launched", 2],
			["died-young", 38],
		]);
	});

	it("leaves other EC2 instance types in the same zone alone", () => {
		const rules = { bld: [spotRule(), spotRule({ instanceType: "m6i.xlarge" })] };
		const facts = [region("us-east-1", { terminated: dead() })];
		const { places } = launch({ policy: { ...spotOnly, spotRules: rules }, facts });
		expect(places).toEqual(["c6i.xlarge us-east-1 1", "m6i.xlarge us-east-1 39"]);
	});

	it("covers a launch whose image EC2 resolves from a parameter", () => {
		const type = typeConfig("bld", ["us-east-1"]);
		const regions = Object.fromEntries(
			Object.entries(type.regions).map(([name, config]) => [name, { ...config, ami: "resolve:ssm:/bld" }]),
		);
		const facts = [region("us-east-1", { terminated: dead({ imageId: "ami-resolved" }) })];
		const { places } = launch({ policy: { ...spotOnly, types: { bld: { ...type, regions } } }, facts });
		expect(places).toEqual(["c6i.xlarge us-east-1 1"]);
	});
});

it.each([
	["Server.InternalError", "m", " (Server.InternalError: m)"],
	["Server.InternalError", "", " (Server.InternalError)"],
	["", "m", " (m)"],
	["", "", ""],
])("a deadly launch site is described with EC2's reason, as far as it gives one: %j, %j", (code, message, suffix) => {
	const site = { mozType: "bld", role: null, region: "us-east-1", instanceType: "c6i.xlarge", imageId: "ami-1" };
	expect(describeSite({ ...site, launches: 10, deaths: 8, reason: { code, message }, probes: 0 })).toBe(
		`8 of the last 10 c6i.xlarge launched in us-east-1 from ami-1 died within 10 min${suffix}`,
	);
});
