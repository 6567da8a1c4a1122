/** A simulated tick launches what a real one would if EC2 granted every request. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { simulate } from "../../src/core/launch/launch-run.ts";
import type { Instance } from "../../src/core/model/facts.ts";
import type { Lifecycle } from "../../src/core/model/policy.ts";
import { makePlan, type PlanInput } from "../../src/core/plan/plan.ts";
import { countSupply } from "../../src/core/supply/supply.ts";
import { type Granted, Launching, planLaunches } from "../../src/simulate/launching.ts";
import { regionNames, someInput } from "../core/arbitraries.ts";
import { instance, NOW, region } from "../core/facts.ts";

/** Machines by pool and lifecycle, `0 spot`. */
type Counts = Readonly<Record<string, number>>;

/** What an EC2 with room everywhere runs, whose prices are unknown. */
const factsOf = (instances: readonly Instance[]) =>
	regionNames.map((name) =>
		region(name, {
			instances: instances.filter((one) => one.region === name),
			subnets: region(name).subnets.map((subnet) => ({ ...subnet, freeAddresses: 1e9 })),
			spotPrices: [],
		}),
	);

function add(counts: Record<string, number>, pool: number, lifecycle: Lifecycle, count: number): void {
	counts[`${pool} ${lifecycle}`] = (counts[`${pool} ${lifecycle}`] ?? 0) + count;
}

/** Two real ticks, the second with the machines of the first. */
function realTicks(input: PlanInput): readonly Counts[] {
	const machines: Instance[] = [];
	return [NOW, NOW + 600].map((now) => {
		const plan = makePlan({ ...input, facts: factsOf(machines), now });
		const counts: Record<string, number> = {};
		for (const { pool, placement, name } of simulate(plan).launches) {
			const { lifecycle, region: at, instanceType, imageId } = placement;
			const index = input.demand.findIndex((one) => one.pool === pool);
			add(counts, index, lifecycle, 1);
			const { mozType } = pool;
			machines.push(instance({ ...{ mozType, name, lifecycle, region: at, instanceType, imageId }, launchedAt: now }));
		}
		return counts;
	});
}

function simulatedTicks({ demand, policy, ...input }: PlanInput): readonly Counts[] {
	const pools = demand.map(({ pool, pending }) => ({ pool, requests: 2 * pending }));
	const launching = new Launching(planLaunches(pools, { policy, regions: regionNames, ...input }));
	const machines: { readonly pool: number; readonly lifecycle: Lifecycle; readonly launchedAt: number }[] = [];
	let last: readonly Granted[] = [];
	return [NOW, NOW + 600].map((now) => {
		launching.forget(last.reduce((sum, { count }) => sum + count, 0));
		const needs = demand.map(({ pool, pending }, index) => {
			const serving = machines.filter((machine) => machine.pool === index);
			return {
				pool: index,
				count: pending,
				supply: countSupply({ pool, serving, heuristics: policy.heuristics, now }),
			};
		});
		last = launching.launch(needs, policy.heuristics);
		const counts: Record<string, number> = {};
		for (const { pool, placement, count } of last) {
			const { lifecycle } = placement;
			add(counts, pool, lifecycle, count);
			machines.push(...Array.from({ length: count }, () => ({ pool, lifecycle, launchedAt: now })));
		}
		return counts;
	});
}

const total = (ticks: readonly Counts[]) =>
	ticks.map((counts) => Object.values(counts).reduce((sum, count) => sum + count, 0));

/** Pools without jacuzzis: those with a name in common share machines, which a replay does not simulate. */
const withoutJacuzzis = someInput.map((some) => ({
	...some,
	demand: some.demand.filter(({ pool }) => pool.slaveset === null),
	unread: [],
	allocated: new Set<string>(),
	connected: new Set<string>(),
	latestAmiPercentage: 100,
}));

it("launches what the tick's own plan and launch run would", () => {
	fc.assert(
		fc.property(withoutJacuzzis, (some) => {
			const input = { ...some, maxLaunches: 1_000, maxHourlyCost: null };
			expect(simulatedTicks(input)).toEqual(realTicks(input));
		}),
	);
});

it("launches as many as they would if max-launches stops some pools", () => {
	fc.assert(
		fc.property(withoutJacuzzis, (some) => {
			const input = { ...some, maxHourlyCost: null };
			const [real] = total(realTicks(input));
			expect(total(simulatedTicks(input))[0]).toBe(real);
		}),
	);
});
