import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { LaunchRun, simulate } from "../../../src/core/launch/launch-run.ts";
import type { Instance } from "../../../src/core/model/facts.ts";
import { costCapKeys, costCaps } from "../../../src/core/plan/cost.ts";
import type { Placement } from "../../../src/core/plan/placements.ts";
import { makePlan, type PlanInput } from "../../../src/core/plan/plan.ts";
import { RegionIndex } from "../../../src/core/plan/region-index.ts";
import { demand, given, refused, someAnswers, someInput, typeNames } from "../arbitraries.ts";
import { instance, instances, placement, planInput, policy, region, spotRule } from "../facts.ts";

/** Launches of a plan with 40 pending requests of `bld` and spot at 0.05 USD an hour. */
function launch(overrides: Partial<PlanInput>) {
	const input = planInput({ demand: [demand("bld", 40)], facts: [region("us-west-2")], ...overrides });
	return simulate(makePlan(input));
}

function reasonsOf(overrides: Partial<PlanInput>) {
	return launch(overrides).pools.flatMap(({ reasons }) => reasons.map(({ code, count }) => [code, count]));
}

function messageOf(overrides: Partial<PlanInput>): string | undefined {
	return launch(overrides).pools[0]?.reasons.find(({ code }) => code === "cap-cost")?.message;
}

describe("a ceiling on cost", () => {
	const noPrices = [region("us-west-2", { spotPrices: [] })];
	const spotOnly = policy({ onDemandLimits: { global: {}, regions: {} } });
	const onDemandOnly = (prices: Readonly<Record<string, number>>) => policy({ spotRules: {}, onDemandPrices: prices });

	it("allows as many machines as it pays for at the spot price", () => {
		expect(reasonsOf({ policy: spotOnly, maxHourlyCost: 0.35 })).toEqual([
			["launched", 7],
			["cap-cost", 33],
		]);
	});

	it("counts a spot machine without a known price at its bid", () => {
		expect(reasonsOf({ policy: spotOnly, facts: noPrices, maxHourlyCost: 0.7 })).toEqual([
			["launched", 3],
			["cap-cost", 37],
		]);
	});

	it("counts an on-demand machine at its configured price", () => {
		const custom = onDemandOnly({ "c6i.xlarge": 0.17 });
		expect(reasonsOf({ policy: custom, maxHourlyCost: 1 })).toEqual([
			["launched", 5],
			["cap-cost", 35],
		]);
	});

	it("launches no on-demand machine without a price, and gives the reason", () => {
		const custom = onDemandOnly({ "m5.large": 0.1 });
		expect(reasonsOf({ policy: custom, maxHourlyCost: 100 })).toEqual([["cap-cost", 40]]);
		expect(messageOf({ policy: custom, maxHourlyCost: 100 })).toBe(
			"on_demand_price has no price of c6i.xlarge, so it is not launched on demand under a cost ceiling",
		);
		expect(reasonsOf({ policy: custom })).toEqual([["launched", 40]]);
	});

	it("includes what the live machines of all types cost", () => {
		const live = [...instances(4, { mozType: "tst" }), ...instances(1, { lifecycle: "on-demand", mozType: "old" })];
		const facts = [region("us-west-2", { instances: live })];
		const custom = policy({ onDemandPrices: { "c6i.xlarge": 0.17 } });
		expect(messageOf({ policy: custom, facts, maxHourlyCost: 0.4 })).toBe("max-hourly-cost of 0.4 USD (0.37 USD live)");
		expect(reasonsOf({ policy: custom, facts, maxHourlyCost: 0.42 })[0]).toEqual(["launched", 1]);
	});

	it("launches nothing while it is unknown what live machines cost", () => {
		const facts = [region("us-west-2", { instances: instances(2, { instanceType: "x9.large" }) })];
		expect(reasonsOf({ facts, policy: spotOnly, maxHourlyCost: 100 })).toEqual([["cap-cost", 40]]);
		expect(messageOf({ facts, policy: spotOnly, maxHourlyCost: 100 })).toContain(
			"max-hourly-cost of 100 USD: no price is known for 2 live x9.large",
		);
	});

	it("launches nothing while a region can't be read, because what runs there is unknown", () => {
		const unread = [{ region: "us-east-1", role: null, machines: null }];
		expect(messageOf({ unread, policy: spotOnly, maxHourlyCost: 100 })).toContain(
			"max-hourly-cost of 100 USD: what runs in us-east-1 is unknown, because it could not be read",
		);
	});

	it("applies to a single type if it is configured for that type", () => {
		const custom = policy({ onDemandLimits: { global: {}, regions: {} }, maxHourlyCosts: { bld: 0.1 } });
		const two = [demand("bld", 4), demand("tst", 4)];
		expect(reasonsOf({ policy: custom, demand: two })).toEqual([
			["launched", 2],
			["cap-cost", 2],
			["launched", 4],
		]);
	});

	it("is one limit to the reader, whatever its machines cost", () => {
		const rules = [spotRule(), spotRule({ instanceType: "m6i.xlarge" })];
		const custom = policy({ ...spotOnly, spotRules: { bld: rules } });
		const [pool] = launch({ policy: custom, maxHourlyCost: 0.7 }).pools;
		expect(pool?.phases[0]?.caps).toEqual([
			{ code: "cap-cost", message: "max-hourly-cost of 0.7 USD (0.00 USD live)", headroom: 14, launched: 14 },
		]);
	});

	it("gives room that a refused launch leaves to a pool whose machines cost less", () => {
		const rules = { bld: [spotRule({ instanceType: "m6i.xlarge" })], tst: [spotRule()] };
		const custom = policy({ ...spotOnly, spotRules: rules });
		const facts = [region("us-west-2")];
		const launching = new LaunchRun(
			makePlan(
				planInput({ policy: custom, facts, demand: [demand("bld", 4, 0), demand("tst", 20)], maxHourlyCost: 0.8 }),
			),
		);
		const asked = [...launching.start()];
		expect(asked.map(({ pool, count }) => [pool.mozType, count])).toEqual([["bld", 4]]);
		for (const request of asked) {
			asked.push(
				...launching.settle(request, request.pool.mozType === "bld" ? refused("no-capacity") : given(request)),
			);
		}
		// 0.80 USD pays for four machines at the bid of 0.20, or for sixteen at the spot price of 0.05.
		expect(launching.result().pools.map(({ launched }) => launched)).toEqual([0, 16]);
	});
});

describe("the caps of ceilings", () => {
	const TST = "arn:tst";
	const ceilings = policy({ maxHourlyCosts: { bld: 1 }, roles: { regions: {}, types: { tst: TST } } });
	const caps = (overrides: Partial<Parameters<typeof costCaps>[0]> = {}) =>
		costCaps({
			policy: ceilings,
			maxHourlyCost: 2,
			placements: [
				{ mozType: "bld", placement: placement() },
				{ mozType: "tst", placement: placement({ spotPrice: 0.1 }) },
			],
			...{ instances: [], accounts: [], unseen: [] },
			...overrides,
		});
	const labels = (overrides: Partial<Parameters<typeof costCaps>[0]>) =>
		Object.fromEntries(Object.entries(caps(overrides)).map(([key, { label }]) => [key.replace(/@.*/, ""), label]));

	it("count live machines with a type, and under a type's own ceiling only machines and costs of that type", () => {
		const live = [
			instance(),
			instance({ mozType: "tst", state: "pending" }),
			instance({ state: "stopped" }),
			instance({ mozType: null, instanceType: "x9.large" }),
		];
		const all = { code: "cap-cost", label: "max-hourly-cost of 2 USD (0.40 USD live)" };
		const own = { code: "cap-cost", label: "max_hourly_cost of 1 USD for bld (0.20 USD live)" };
		expect(caps({ instances: live })).toEqual({
			cost: { ...all, headroom: 1_600_000 },
			"cost@70000": { ...all, headroom: 22, draws: { from: "cost", each: 70_000 } },
			"cost@100000": { ...all, headroom: 16, draws: { from: "cost", each: 100_000 } },
			"cost/bld": { ...own, headroom: 800_000 },
			"cost/bld@70000": { ...own, headroom: 11, draws: { from: "cost/bld", each: 70_000 } },
		});
	});

	it("allow nothing while anything is unknown, and name all of it", () => {
		const unpriced = ["x9.large", "x8.large", "x9.large"].map((instanceType) => instance({ instanceType }));
		const unseen = ["us-east-1", "us-west-2"].map((name) => ({ region: name, role: null }));
		const unknown =
			"no price is known for 3 live x8.large, x9.large, and what runs in us-east-1, us-west-2 is unknown, because it could not be read";
		const some = caps({ instances: unpriced, unseen });
		expect(some["cost"]?.label).toBe(`max-hourly-cost of 2 USD: ${unknown}`);
		expect(some["cost/bld"]?.label).toBe(`max_hourly_cost of 1 USD for bld: ${unknown}`);
		expect(Object.values(some).map(({ headroom }) => headroom)).toEqual([0, 0, 0, 0, 0]);
	});

	it("of one type do not depend on an unread account of another type", () => {
		expect(labels({ unseen: [{ region: "us-west-2", role: TST }] })).toEqual({
			cost: `max-hourly-cost of 2 USD: what runs in us-west-2 as ${TST} is unknown, because it could not be read`,
			"cost/bld": "max_hourly_cost of 1 USD for bld (0.00 USD live)",
		});
	});

	it.each([
		["the price in its own account", null, "0.05"],
		["the price in its own account of several in a region", TST, "0.11"],
		["its bid if its account is not known", "arn:other", "0.20"],
	])("count a live spot machine at %s", (_what, role, spent) => {
		const dear = region("us-west-2").spotPrices.map((price) => ({ ...price, price: 0.11 }));
		const facts = [region("us-east-1"), region("us-west-2", { role: TST, spotPrices: dear }), region("us-west-2")];
		const accounts = facts.map((one) => new RegionIndex(one));
		expect(caps({ accounts, instances: [instance({ role })] })["cost"]?.label).toBe(
			`max-hourly-cost of 2 USD (${spent} USD live)`,
		);
	});

	it("count a live spot machine for which its type has several rules at the highest of their prices", () => {
		const products = ["Linux/UNIX", "Windows", "SUSE Linux"];
		const rules = [
			...products.map((productDescription) => spotRule({ productDescription })),
			spotRule({ instanceType: "m6i.xlarge", bidPrice: 0.9 }),
		];
		const [price] = region("us-west-2").spotPrices;
		if (price === undefined) throw new Error("no price");
		const spotPrices = products.map((productDescription, index) => ({
			...price,
			productDescription,
			price: [0.05, 0.09, 0.07][index] ?? 0,
		}));
		expect(
			caps({
				policy: { ...ceilings, spotRules: { bld: rules } },
				accounts: [new RegionIndex(region("us-west-2", { spotPrices }))],
				instances: [instance()],
			})["cost"]?.label,
		).toBe("max-hourly-cost of 2 USD (0.09 USD live)");
	});
});

/** USD per hour of a live machine by the documented rules; null: unknown. */
function costOfLive(
	{ mozType, lifecycle, availabilityZone, region: name }: Instance,
	{ policy: custom, facts }: PlanInput,
) {
	const onDemand = custom.onDemandPrices["c6i.xlarge"] ?? null;
	const rule = custom.spotRules[mozType ?? ""]?.find(({ instanceType }) => instanceType === "c6i.xlarge");
	if (lifecycle === "on-demand" || rule === undefined) return onDemand;
	const prices = facts.find((one) => one.region === name)?.spotPrices ?? [];
	return prices.find((price) => price.availabilityZone === availabilityZone)?.price ?? rule.bidPrice;
}

const costOfNew = ({ lifecycle, spotPrice, maxPrice }: Placement, { policy: custom }: PlanInput) =>
	lifecycle === "spot" ? (spotPrice ?? maxPrice) : (custom.onDemandPrices["c6i.xlarge"] ?? null);

test("live and new machines never cost more than a ceiling, whatever EC2 answers and in any order", () => {
	let bound = 0;
	fc.assert(
		fc.property(someInput, someAnswers, (input, answers) => {
			const mayRun: { readonly mozType: string; readonly cost: number | null }[] = [];
			const launching = new LaunchRun(makePlan(input));
			const inFlight = [...launching.start()];
			for (let step = 0; inFlight.length > 0; step += 1) {
				const answer = answers[step % answers.length];
				const [request] = inFlight.splice((answer?.pick ?? 0) % inFlight.length, 1);
				if (request === undefined || answer === undefined) break;
				const launched = Math.round(request.count * answer.share);
				const missing = request.count - launched;
				const possiblyLaunched = answer.kind === "unknown" ? missing : 0;
				const { refusal } = refused(answer.kind);
				const cost = costOfNew(request.placement, input);
				for (let each = 0; each < launched + possiblyLaunched; each += 1) {
					mayRun.push({ mozType: request.pool.mozType, cost });
				}
				const outcome = {
					...given(request, launched),
					refusal: missing === 0 || refusal === null ? null : { ...refusal, possiblyLaunched },
				};
				inFlight.push(...launching.settle(request, outcome));
			}
			const live = input.facts
				.flatMap((facts) => facts.instances)
				.filter(({ state, mozType }) => state !== "stopped" && mozType !== null)
				.map((one) => ({ mozType: one.mozType, cost: costOfLive(one, input) }));
			const holds = (ceiling: number | null | undefined, mozType: string | null) => {
				const isUnder = (one: { readonly mozType: string | null }) => mozType === null || one.mozType === mozType;
				const started = mayRun.filter(isUnder);
				if (ceiling === null || ceiling === undefined || started.length === 0) return;
				const costs = [...live.filter(isUnder), ...started].map(({ cost }) => cost);
				expect(costs).not.toContain(null);
				expect(costs.reduce<number>((sum, cost) => sum + (cost ?? 0), 0)).toBeLessThanOrEqual(ceiling + 1e-9);
				bound += 1;
			};
			holds(input.maxHourlyCost, null);
			for (const mozType of typeNames) holds(input.policy.maxHourlyCosts[mozType], mozType);
			for (const { reasons, launched, needed } of launching.result().pools) {
				expect(reasons.every(({ count }) => count > 0)).toBe(true);
				expect(launched).toBeLessThanOrEqual(needed);
			}
		}),
		{ numRuns: 500 },
	);
	expect(bound).toBeGreaterThan(20);
});

it("a placement of unknown cost has no cap of its own, and counts under no ceiling", () => {
	const source = { policy: policy(), maxHourlyCost: 1 };
	const unknown = placement({ maxPrice: null, spotPrice: null, onDemandPrice: null });
	const placements = [{ mozType: "bld", placement: unknown }];
	expect(Object.keys(costCaps({ ...source, placements, instances: [], accounts: [], unseen: [] }))).toEqual(["cost"]);
	expect(costCapKeys(source, "bld", unknown)).toEqual([]);
});
