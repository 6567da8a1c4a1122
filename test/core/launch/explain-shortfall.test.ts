import { expect, it } from "vitest";
import { LaunchRun } from "../../../src/core/launch/launch-run.ts";
import type { LaunchRequest, Refusal } from "../../../src/core/launch/refusal.ts";
import { makePlan } from "../../../src/core/plan/plan.ts";
import { demand, given } from "../arbitraries.ts";
import { planInput, policy, region } from "../facts.ts";

/** Launches for 10 requests in two regions with two zones each, spot and on demand. */
function launch(refuse: (request: LaunchRequest) => Omit<Refusal, "message" | "suggestedZones"> | null) {
	const plan = makePlan(planInput({ demand: [demand("bld", 10)], facts: [region("us-east-1"), region("us-west-2")] }));
	const launchRun = new LaunchRun(plan);
	const requests = [...launchRun.start()];
	for (const request of requests) {
		const refusal = refuse(request);
		const outcome =
			refusal === null
				? given(request)
				: { launched: [], refusal: { ...refusal, message: "m", suggestedZones: [] }, namingFailures: [] };
		requests.push(...launchRun.settle(request, outcome));
	}
	const asked = requests.map(({ placement }) => `${placement.lifecycle} ${placement.availabilityZone}`);
	return { asked, reasons: launchRun.result().pools[0]?.reasons };
}

it("attributes a cause to the placement that was refused, and counts the others that it ruled out", () => {
	const { asked, reasons } = launch(() => ({ kind: "rejected", scope: "account", code: "Blocked" }));
	expect(asked).toEqual(["spot us-east-1a"]);
	expect(reasons).toEqual([
		{
			code: "error",
			count: 10,
			message: expect.stringMatching(
				/^Blocked \(spot c6i\.xlarge in us-east-1a; \d+ more placements were skipped because of it\)$/,
			),
		},
	]);
});

it("reports one cause once, with every placement that was refused for it", () => {
	const { reasons } = launch(() => ({ kind: "no-capacity", code: "InsufficientInstanceCapacity" }));
	expect(reasons).toHaveLength(1);
	expect(reasons?.[0]?.message.match(/InsufficientInstanceCapacity/g)).toHaveLength(1);
	expect(reasons?.[0]?.message).not.toContain("skipped");
});

it("names a limit only if it was used up", () => {
	const onDemandLimits = (bld: number) => ({ global: { bld }, regions: {} });
	const phasesUnder = (limit: number, share: number) => {
		const custom = policy({ spotRules: {}, onDemandLimits: onDemandLimits(limit) });
		const launchRun = new LaunchRun(
			makePlan(planInput({ policy: custom, demand: [demand("bld", 10)], facts: [region("us-west-2")] })),
		);
		const requests = [...launchRun.start()];
		for (const request of requests) {
			const outcome = requests.length === 1 ? given(request, share) : given(request, 0);
			requests.push(...launchRun.settle(request, outcome));
		}
		const [pool] = launchRun.result().pools;
		return [pool?.reasons.map(({ code, count }) => `${count} ${code}`), pool?.phases[0]?.caps.length];
	};
	expect(phasesUnder(6, 6)).toEqual([["6 launched", "4 cap-global"], 1]);
	expect(phasesUnder(6, 2)).toEqual([["2 launched", "8 no-capacity"], 0]);
});

it("reports two causes apart", () => {
	const { reasons } = launch(({ placement }) =>
		placement.region === "us-east-1"
			? { kind: "no-capacity", code: "InsufficientInstanceCapacity" }
			: { kind: "limit", code: "VcpuLimitExceeded" },
	);
	expect(reasons?.[0]?.message).toMatch(
		/InsufficientInstanceCapacity \(.*us-east-1a.*\); VcpuLimitExceeded \(.*us-west-2a.*\)/,
	);
});
