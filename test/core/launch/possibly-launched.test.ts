/** A launch whose answer was lost counts as launched. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { LaunchRun } from "../../../src/core/launch/launch-run.ts";
import type { Outcome } from "../../../src/core/launch/outcome.ts";
import type { LaunchRequest } from "../../../src/core/launch/refusal.ts";
import { makePlan, type Plan } from "../../../src/core/plan/plan.ts";
import { demand, given, someAnswers, someInput } from "../arbitraries.ts";
import { planInput, policy, region } from "../facts.ts";

/** An answer that was lost for all but the first `launched` instances. */
function lost(request: LaunchRequest, launched = 0): Outcome {
	const possiblyLaunched = request.count - launched;
	return {
		...given(request, launched),
		refusal: { kind: "unknown", code: "unread-answer", message: "m", suggestedZones: [], possiblyLaunched },
	};
}

function launch(plan: Plan, answer: (request: LaunchRequest) => Outcome) {
	const launchRun = new LaunchRun(plan);
	const requests = [...launchRun.start()];
	for (const request of requests) requests.push(...launchRun.settle(request, answer(request)));
	return { requests, pools: launchRun.result().pools };
}

const input = planInput({ demand: [demand("bld", 10)], facts: [region("us-east-1"), region("us-west-2")] });

it("ends the pool, also on demand, and reports how many may have launched", () => {
	const { requests, pools } = launch(makePlan(input), (request) => lost(request, 3));
	expect(requests).toHaveLength(1);
	expect(pools).toMatchObject([{ needed: 10, launched: 3, shortfall: 7, possiblyLaunched: 7 }]);
	expect(pools[0]?.reasons.map(({ code, count }) => [code, count])).toEqual([
		["launched", 3],
		["possibly-launched", 7],
	]);
});

it("keeps its place under a limit that pools share", () => {
	const shared = policy({ spotLimits: { global: {}, regions: { "us-east-1": { bld: 50, tst: 50 } } } });
	const two = [demand("bld", 10), demand("tst", 10)];
	const plan = makePlan({ ...input, policy: shared, demand: two, maxLaunches: 12 });
	const { requests } = launch(plan, (request) => (request.pool.mozType === "bld" ? lost(request) : given(request)));
	expect(requests.map(({ pool, count }) => [pool.mozType, count])).toEqual([
		["bld", 10],
		["tst", 2],
	]);
});

it("keeps what may run within max-launches and the need, whatever EC2 answers and in any order", () => {
	fc.assert(
		fc.property(
			someInput,
			someAnswers,
			fc.array(fc.boolean(), { minLength: 1, maxLength: 8 }),
			(some, answers, losses) => {
				const plan = makePlan(some);
				const launchRun = new LaunchRun(plan);
				const inFlight = [...launchRun.start()];
				let mayRun = 0;
				for (let step = 0; inFlight.length > 0; step += 1) {
					const { share = 0, pick = 0 } = answers[step % answers.length] ?? {};
					const [request] = inFlight.splice(pick % inFlight.length, 1);
					if (request === undefined) break;
					const launched = Math.round(request.count * share);
					const isLost = losses[step % losses.length] === true && launched < request.count;
					mayRun += isLost ? request.count : launched;
					inFlight.push(...launchRun.settle(request, isLost ? lost(request, launched) : given(request, launched)));
				}
				const { pools } = launchRun.result();
				expect(mayRun).toBeLessThanOrEqual(some.maxLaunches);
				expect(pools.reduce((sum, pool) => sum + pool.launched + pool.possiblyLaunched, 0)).toBe(mayRun);
				for (const [index, { launched, shortfall, needed, possiblyLaunched, reasons }] of pools.entries()) {
					expect(launched + shortfall).toBe(needed);
					expect(possiblyLaunched).toBeLessThanOrEqual(shortfall);
					expect(reasons.find(({ code }) => code === "possibly-launched")?.count ?? 0).toBe(possiblyLaunched);
					expect(reasons.reduce((sum, { count }) => sum + count, 0)).toBe(plan.pools[index]?.pending);
				}
			},
		),
	);
});
