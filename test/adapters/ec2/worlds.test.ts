/**
 * Whole ticks over a socket in random worlds, whatever becomes of EC2's answers. Each takes dozens of calls of the SDK; its
 * time limits are wide enough for a busy machine. `test/tick/worlds.test.ts` tries many more worlds without a socket.
 */
import fc from "fast-check";
import { expect, it } from "vitest";
import type { Policy } from "../../../src/core/model/policy.ts";
import { tick } from "../../../src/tick/tick.ts";
import { policy, spotRule, typeConfig } from "../../core/facts.ts";
import { hidingDamages } from "../../ec2-endpoint/damage.ts";
import type { FaultEffect } from "../../ec2-endpoint/faults.ts";
import { Journal, OPTIONS } from "../../tick/world.ts";
import { useCloud } from "./cloud.ts";

const REGIONS = ["us-east-1", "us-west-2"];
const TYPES = ["bld", "tst"];
/** The same value for each type. */
const each = <T>(value: (type: string) => T): Record<string, T> =>
	Object.fromEntries(TYPES.map((type) => [type, value(type)]));
const cloud = useCloud();

const ACTIONS = ["RunInstances", "CreateTags", "DescribeInstances", "DescribeSubnets", "DescribeSpotPriceHistory"];
const effects: readonly FaultEffect[] = [
	{ throttle: true },
	{ reset: "before" },
	{ reset: "after" },
	{ error: { code: "InternalError", status: 500 } },
	{ error: { code: "InsufficientInstanceCapacity", status: 500 } },
	{ error: { code: "VcpuLimitExceeded" } },
	{ error: { code: "InvalidAMIID.NotFound" } },
];
const someMishap = fc.constantFrom(...ACTIONS).chain((action) =>
	fc.record({
		action: fc.constant(action),
		times: fc.integer({ min: 1, max: 25 }),
		effect: fc.constantFrom<FaultEffect>(
			...effects,
			...Object.values(hidingDamages(action)).map((damage): FaultEffect => ({ damage, effect: "after-answer" })),
		),
	}),
);
const someWorld = fc.record({
	need: fc.record({ bld: fc.integer({ min: 1, max: 12 }), tst: fc.nat(6) }),
	live: fc.nat(4),
	limits: fc.record({ "us-east-1": fc.nat(8), "us-west-2": fc.nat(8), spot: fc.nat(12), onDemand: fc.nat(6) }),
	maxLaunches: fc.nat(12),
	capacity: fc.array(fc.nat(6), { minLength: 4, maxLength: 4 }),
	mishaps: fc.array(someMishap, { maxLength: 4 }),
});

function policyOf({ limits }: { readonly limits: Readonly<Record<string, number>> }): Policy {
	return {
		...OPTIONS.policy,
		...policy({
			spotRules: each(() => [spotRule()]),
			spotLimits: {
				global: each(() => limits["spot"] ?? 0),
				regions: Object.fromEntries(REGIONS.map((name) => [name, each(() => limits[name] ?? 0)])),
			},
			onDemandLimits: { global: each(() => limits["onDemand"] ?? 0), regions: {} },
			types: each((type) => typeConfig(type, REGIONS, `${type}-%03d`)),
		}),
		builderMap: TYPES.map((mozType, line) => ({ source: mozType, line, regex: new RegExp(mozType, "y"), mozType })),
	};
}

it("runs no more than every limit and the need, names nothing twice, and reports everything that may run", async () => {
	let run = 0;
	await fc.assert(
		fc.asyncProperty(someWorld, async (some) => {
			await cloud.start();
			const { world, endpoint } = cloud;
			for (const [index, zone] of ["us-east-1a", "us-east-1b", "us-west-2a", "us-west-2b"].entries()) {
				for (const lifecycle of ["spot", "on-demand"] as const) {
					world.setCapacity(zone, "c6i.xlarge", lifecycle, some.capacity[index] ?? 0);
				}
			}
			const old = Array.from({ length: some.live }, (_, index) =>
				world.addInstance({
					region: "us-east-1",
					mozType: "bld",
					name: `bld-00${index + 1}`,
					age: 9000,
					lifecycle: "spot",
					tags: { "moz-created": "1" },
				}),
			);
			for (const { action, times, effect } of some.mishaps) endpoint.faults.add({ action, times, ...effect });
			run += 1;
			const used = policyOf(some);
			const journal = new Journal();
			/** Regions whose instances the run could not read. */
			const unseen = new Set<string>();
			const opened = cloud.open({ policy: used, run: { id: `example/builds/${run}` } });
			const report = await cloud.timer.until(
				tick(
					{ ...OPTIONS, policy: used, regions: REGIONS, maxLaunches: some.maxLaunches },
					{
						...journal.ports(),
						pending: {
							read: async () => ({
								builders: TYPES.map((builder) => ({
									builder,
									count: some.need[builder as "bld"],
									oldestSubmittedAt: cloud.now() - 60,
								})).filter(({ count }) => count > 0),
								outsideAgeWindow: 0,
							}),
						},
						cloud: async () => ({
							...opened,
							fleet: {
								read: async (query) => {
									const read = opened.fleet.read(query);
									read.catch((error) => error.machines === null && unseen.add(query.region));
									return read;
								},
							},
						}),
						clock: { now: () => cloud.now(), elapsed: () => 0 },
					},
				),
			);
			const live = world.live();
			const fresh = live.filter(({ instanceId }) => !old.some((one) => one.instanceId === instanceId));
			for (const type of TYPES) {
				const before = type === "bld" ? old.length : 0;
				const count = (lifecycle: string, region: string | null) =>
					live.filter(
						(one) =>
							one.tags["moz-type"] === type &&
							one.lifecycle === lifecycle &&
							(region === null || one.region === region),
					).length;
				const { limits } = some;
				expect(count("spot", "us-east-1")).toBeLessThanOrEqual(Math.max(limits["us-east-1"], before));
				expect(count("spot", "us-west-2")).toBeLessThanOrEqual(limits["us-west-2"]);
				// What runs in a region whose instances can't be read counts as its own limit allows.
				const uncounted = unseen.has("us-east-1") ? Math.max(0, before - limits["us-east-1"]) : 0;
				expect(count("spot", null)).toBeLessThanOrEqual(Math.max(limits.spot + uncounted, before));
				expect(count("on-demand", null)).toBeLessThanOrEqual(limits.onDemand);
				const launched = fresh.filter(({ tags }) => tags["moz-type"] === type).length;
				expect(launched).toBeLessThanOrEqual(some.need[type as "bld"]);
			}
			expect(fresh.length).toBeLessThanOrEqual(some.maxLaunches);
			const reported = new Set(report.launches.map(({ instanceId }) => instanceId));
			const unreported = fresh.filter(({ instanceId }) => !reported.has(instanceId)).length;
			expect(unreported).toBeLessThanOrEqual(
				report.pools.reduce((sum, { possiblyLaunched }) => sum + possiblyLaunched, 0),
			);
			expect([...reported].filter((id) => !fresh.some(({ instanceId }) => instanceId === id))).toEqual([]);
			// The names in a region whose instances could not be read are unknown.
			if (unseen.size > 0) return;
			const names = live.flatMap(({ tags }) => tags["Name"] ?? []);
			expect(new Set(names).size).toBe(names.length);
		}),
		{
			numRuns: 25,
			examples: [
				[
					{
						need: { bld: 1, tst: 0 },
						live: 1,
						limits: { "us-east-1": 0, "us-west-2": 1, spot: 1, onDemand: 0 },
						maxLaunches: 1,
						capacity: [0, 0, 1, 0],
						mishaps: [{ action: "DescribeSpotPriceHistory", times: 7, effect: { throttle: true } }],
					},
				],
			],
		},
	);
}, 600_000);
