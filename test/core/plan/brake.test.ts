import { describe, expect, it } from "vitest";
import { LaunchRun } from "../../../src/core/launch/launch-run.ts";
import type { TerminatedInstance } from "../../../src/core/model/facts.ts";
import { Brake, describeSite } from "../../../src/core/plan/brake.ts";
import { probeCap } from "../../../src/core/plan/caps.ts";
import { makePlan, type PlanInput } from "../../../src/core/plan/plan.ts";
import { type LaunchSite, siteKey } from "../../../src/core/supply/deaths.ts";
import { demand, given } from "../arbitraries.ts";
import { instance, instances, NOW, planInput, policy, region, spotRule, typeConfig } from "../facts.ts";

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

describe("a type dies everywhere", () => {
	const everywhere = (overrides: Partial<PlanInput>) =>
		launch({ policy: spotOnly, ...overrides }).plan.deadly.everywhere;
	const deadly = [region("us-east-1", { terminated: dead() })];

	it("although placements of a disabled lifecycle are left", () => {
		const rules = { bld: [spotRule({ instanceType: "m6i.xlarge" })] };
		const facts = [region("us-east-1", { terminated: dead({ instanceType: "m6i.xlarge" }) })];
		const withOnDemand = (bld: number) =>
			policy({ spotRules: rules, onDemandLimits: { global: { bld }, regions: {} } });
		expect(everywhere({ policy: withOnDemand(0), facts })).toEqual(["bld"]);
		expect(everywhere({ policy: withOnDemand(1), facts })).toEqual([]);
	});

	it("once, if several of its pools need machines", () => {
		const jacuzzi = { ...demand("bld", 1), pool: { mozType: "bld", slaveset: ["w-1"] } };
		expect(everywhere({ facts: deadly, demand: [demand("bld", 1), jacuzzi] })).toEqual(["bld"]);
	});

	it("only if it needs machines", () => {
		const fresh = instances(3, { region: "us-west-2", launchedAt: NOW - 60 });
		const facts = [...deadly, region("us-west-2", { instances: fresh, subnets: [] })];
		expect(everywhere({ facts, demand: [demand("bld", 4)] })).toEqual(["bld"]);
		expect(everywhere({ facts, demand: [demand("bld", 3)] })).toEqual([]);
	});

	it("only if it has a placement", () => {
		expect(everywhere({ facts: [] })).toEqual([]);
	});
});

const SITE = { mozType: "bld", role: null, region: "us-east-1", instanceType: "c6i.xlarge", imageId: "ami-1" };

it("the brake caps launches from the deadly image, and from any that EC2 may resolve to a deadly one", () => {
	const others = [
		{ mozType: "tst" },
		{ role: "arn:other" },
		{ region: "us-west-2" },
		{ instanceType: "m6i.xlarge" },
		{ imageId: "ami-2" },
	].map((other) => ({ ...SITE, ...other }));
	const brake = new Brake(
		[SITE, ...others].map((site) => ({ ...site, launches: 10, deaths: 8, reason: REASON, probes: 0 })),
	);
	const capOf = (site: LaunchSite) => probeCap(siteKey(site));
	expect(brake.capsAt(SITE)).toEqual([capOf(SITE)]);
	expect(brake.capsAt({ ...SITE, imageId: "ami-3" })).toEqual([]);
	expect(brake.capsAt({ ...SITE, imageId: "resolve:ssm:/bld" })).toEqual([
		capOf(SITE),
		capOf({ ...SITE, imageId: "ami-2" }),
	]);
	expect(brake.capsAt({ ...SITE, region: "eu-west-1", imageId: "resolve:ssm:/bld" })).toEqual([]);
});

it.each([
	["Server.InternalError", "m", " (Server.InternalError: m)"],
	["Server.InternalError", "", " (Server.InternalError)"],
	["", "m", " (m)"],
	["", "", ""],
])("a deadly launch site is described with EC2's reason, as far as it gives one: %j, %j", (code, message, suffix) => {
	expect(describeSite({ ...SITE, launches: 10, deaths: 8, reason: { code, message }, probes: 0 })).toBe(
		`8 of the last 10 c6i.xlarge launched in us-east-1 from ami-1 died within 10 min${suffix}`,
	);
});
