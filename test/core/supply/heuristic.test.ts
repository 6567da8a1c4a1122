import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { reduce, reduceByLifecycle } from "../../../src/core/supply/heuristic.ts";
import { countSupply, ServingInstances } from "../../../src/core/supply/supply.ts";
import { HEURISTICS, instance, instances, NOW } from "../facts.ts";

const number = fc.nat(5_000);

test("the need is the seed's formula for every count, fresh and old", () => {
	fc.assert(
		fc.property(number, number, number, (count, fresh, old) => {
			// num_fresh + (num_old / 10), in the seed's integer division, then max(0, count - delta)
			const delta = fresh + (old - (old % 10)) / 10;
			const { need, byFresh, byOld } = reduce({ count, fresh, old, oldDivisor: 10 });
			expect(need).toBe(count > delta ? count - delta : 0);
			expect(byFresh + byOld + need).toBe(count);
			expect(Math.min(byFresh, byOld)).toBeGreaterThanOrEqual(0);
		}),
	);
});

test.each([
	{ count: 17, fresh: 3, old: 41, need: 10 },
	{ count: 1, fresh: 0, old: 9, need: 1 },
	{ count: 1, fresh: 0, old: 10, need: 0 },
	{ count: 5, fresh: 9, old: 0, need: 0 },
])("$count pending with $fresh fresh and $old old need $need", ({ need, ...facts }) => {
	expect(reduce({ ...facts, oldDivisor: 10 }).need).toBe(need);
});

describe("reduction by lifecycle", () => {
	const supply = { running: { spot: 23, "on-demand": 14 }, fresh: { spot: 3, "on-demand": 4 } };
	it.each([
		{ scope: "lifecycle", lifecycle: "spot", fellThrough: false, need: 30 - 3 - 2 },
		{ scope: "lifecycle", lifecycle: "on-demand", fellThrough: true, need: 30 - 4 - 1 },
		{ scope: "pool", lifecycle: "spot", fellThrough: false, need: 30 - 7 - 3 },
		// Both lifecycles have reduced the count before it was handed over.
		{ scope: "pool", lifecycle: "on-demand", fellThrough: true, need: 30 },
		{ scope: "pool", lifecycle: "on-demand", fellThrough: false, need: 30 - 7 - 3 },
	] as const)("with scope $scope, $lifecycle (handed over: $handedOver) leaves $need of 30", (row) => {
		const heuristics = { ...HEURISTICS, scope: row.scope };
		expect(reduceByLifecycle({ count: 30, supply, heuristics, ...row }).need).toBe(row.need);
	});
});

describe("supply", () => {
	const pool = { mozType: "bld", slaveset: null };
	const supplyOf = (list: ReturnType<typeof instance>[], some: Parameters<typeof countSupply>[0]["pool"] = pool) =>
		countSupply({
			pool: some,
			serving: new ServingInstances(list, new Set()).of(some),
			heuristics: HEURISTICS,
			now: NOW,
		});

	it.each([
		["state pending", { state: "pending" }, 1],
		["state running", { state: "running" }, 1],
		["state stopping", { state: "stopping" }, 0],
		["state stopped", { state: "stopped" }, 0],
		["state shutting-down", { state: "shutting-down" }, 0],
		["another type", { mozType: "tst" }, 0],
		["no type", { mozType: null }, 0],
		["a loan", { loaned: true }, 0],
		["no moz-state", { mozState: null }, 1],
		["moz-state ready", { mozState: "ready" }, 1],
		["moz-state pending", { mozState: "pending" }, 0],
	] as const)("an instance with %s counts %3$s times", (_what, overrides, running) => {
		expect(supplyOf([instance(overrides)]).running.spot).toBe(running);
	});

	it("counts an instance as fresh if it was launched less than the delay ago", () => {
		const list = [1199, 1200, 1201].map((age) => instance({ launchedAt: NOW - age }));
		expect(supplyOf(list)).toEqual({ running: { spot: 3, "on-demand": 0 }, fresh: { spot: 1, "on-demand": 0 } });
	});

	it("counts lifecycles separately", () => {
		const list = [...instances(2), ...instances(3, { lifecycle: "on-demand", launchedAt: NOW })];
		expect(supplyOf(list)).toEqual({ running: { spot: 2, "on-demand": 3 }, fresh: { spot: 0, "on-demand": 3 } });
	});

	it("counts no instance twice for a slaveset that repeats a name, and none without a name", () => {
		const list = ["w1", "", null].map((name) => instance({ name }));
		const serving = new ServingInstances(list, new Set());
		expect(serving.of({ mozType: "bld", slaveset: ["w1", "w1", "", "w9"] })).toEqual(list.slice(0, 1));
		expect(supplyOf(list, { mozType: "tst", slaveset: ["w1"] }).running.spot).toBe(0);
	});

	it("counts an instance of a jacuzzi for no pool without a slaveset", () => {
		const list = ["w1", "w2", null].map((name) => instance({ name }));
		expect(new ServingInstances(list, new Set(["w1"])).of(pool)).toEqual(list.slice(1));
		expect(new ServingInstances(list, new Set(["w1"])).of({ ...pool, mozType: "tst" })).toEqual([]);
	});

	it("has a delay of its own for slavesets", () => {
		const heuristics = { ...HEURISTICS, freshInstanceDelay: 100, freshInstanceDelayJacuzzi: 200 };
		const serving = [instance({ launchedAt: NOW - 150 })];
		const fresh = (slaveset: readonly string[] | null) =>
			countSupply({ pool: { mozType: "bld", slaveset }, serving, heuristics, now: NOW }).fresh.spot;
		expect([fresh(null), fresh(["w1"])]).toEqual([0, 1]);
	});

	it("counts for a slaveset only the instances with one of its names", () => {
		const list = ["w1", "w2", "w9", null].map((name) => instance({ name }));
		expect(supplyOf(list, { mozType: "bld", slaveset: ["w1", "w2"] }).running.spot).toBe(2);
	});
});
