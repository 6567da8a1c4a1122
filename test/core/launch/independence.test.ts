/** What one pool gets depends on its own demand, and on others only through the limits that they share. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { LaunchRun, simulate } from "../../../src/core/launch/launch-run.ts";
import { makePlan, type PlanInput } from "../../../src/core/plan/plan.ts";
import { given, refused, someInput } from "../arbitraries.ts";

const runs = { numRuns: 100 };

it("more pending requests never launch fewer instances for their pool, all else equal", () => {
	fc.assert(
		fc.property(someInput, fc.nat(4), fc.integer({ min: 1, max: 20 }), (input, pick, more) => {
			const index = pick % input.demand.length;
			const demand = input.demand.map((one, at) => (at === index ? { ...one, pending: one.pending + more } : one));
			const launchedOf = (some: PlanInput) => simulate(makePlan(some)).pools[index]?.launched;
			expect(launchedOf({ ...input, demand })).toBeGreaterThanOrEqual(launchedOf(input) ?? Infinity);
		}),
		runs,
	);
});

it("a type whose every launch is refused takes nothing from the others together", () => {
	const someTrouble = fc.constantFrom("rejected" as const, "unknown" as const);
	// Which machines share the last addresses or dollars decides how many there are. What is left to share is max-launches.
	const roomy = someInput.map(
		(input): PlanInput => ({
			...input,
			facts: input.facts.map((one) => ({
				...one,
				subnets: one.subnets.map((subnet) => ({ ...subnet, freeAddresses: 250 })),
			})),
			maxHourlyCost: null,
			policy: { ...input.policy, maxHourlyCosts: {} },
		}),
	);
	fc.assert(
		fc.property(roomy, someTrouble, fc.array(fc.nat(9), { minLength: 1 }), (input, kind, picks) => {
			const isInTrouble = (mozType: string) => mozType === "tst";
			const launchedOf = (some: PlanInput) => {
				const launchRun = new LaunchRun(makePlan(some));
				const inFlight = [...launchRun.start()];
				for (let step = 0; inFlight.length > 0; step += 1) {
					const [request] = inFlight.splice((picks[step % picks.length] ?? 0) % inFlight.length, 1);
					if (request === undefined) break;
					const answer = isInTrouble(request.pool.mozType) ? refused(kind) : given(request);
					inFlight.push(...launchRun.settle(request, answer));
				}
				const { pools } = launchRun.result();
				const healthy = pools.filter((_, index) => !isInTrouble(some.demand[index]?.pool.mozType ?? ""));
				return healthy.reduce((sum, { launched }) => sum + launched, 0);
			};
			const healthy = input.demand.filter(({ pool }) => !isInTrouble(pool.mozType));
			expect(launchedOf(input)).toBeGreaterThanOrEqual(launchedOf({ ...input, demand: healthy }));
		}),
		runs,
	);
});
