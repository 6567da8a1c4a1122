import { describe, expect, it } from "vitest";
import { explainShortfall, type RefusedPlacement } from "../../../src/core/launch/explain-shortfall.ts";
import { LaunchRun } from "../../../src/core/launch/launch-run.ts";
import type { LaunchRequest, Refusal, RefusalKind } from "../../../src/core/launch/refusal.ts";
import { type Cap, type CapCode, CapTracker } from "../../../src/core/plan/caps.ts";
import type { Placement } from "../../../src/core/plan/placements.ts";
import { makePlan } from "../../../src/core/plan/plan.ts";
import { demand, given } from "../arbitraries.ts";
import { placement, planInput, policy, region } from "../facts.ts";

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

/** Explains the unmet need of a phase with these placements, under caps with these headrooms. */
function explain(
	unmet: number,
	placements: readonly Placement[],
	caps: Readonly<Record<string, readonly [code: CapCode, headroom: number]>>,
	{ refused = [], possiblyLaunched = 0 }: { refused?: readonly RefusedPlacement[]; possiblyLaunched?: number } = {},
) {
	const tracked = Object.fromEntries(
		Object.entries(caps).map(([key, [code, headroom]]): [string, Cap] => [
			key,
			{ code, label: `limit ${key}`, headroom },
		]),
	);
	const phase = {
		lifecycle: "spot",
		disabled: false,
		shares: [{ weight: 1, placements }],
		spread: [],
		skipped: [],
	} as const;
	const { reasons, reached } = explainShortfall({
		...{ phase, unmet, possiblyLaunched, refused },
		caps: new CapTracker(tracked),
	});
	return { reasons, reached: reached.map(({ key }) => key) };
}

const at = (zone: string, ...caps: readonly string[]) => placement({ availabilityZone: zone, subnetId: zone, caps });
const becauseOf = (where: Placement, kind: RefusalKind, code: string, skipped = where): RefusedPlacement => ({
	placement: skipped,
	cause: { placement: where, refusal: { kind, code, message: "m", suggestedZones: [] } },
});

describe("what the caps allow and EC2 refused", () => {
	const a = at("a", "tick");
	const b = at("b", "tick");
	const c = at("c", "tick");
	const noCapacity = becauseOf(a, "no-capacity", "Empty");

	it.each([
		["lock-lost", "error", "Code (spot c6i.xlarge in b)"],
		["timeout", "timeout", "Empty (spot c6i.xlarge in a); Code (spot c6i.xlarge in b)"],
		["rejected", "no-capacity", "Empty (spot c6i.xlarge in a); Code (spot c6i.xlarge in b)"],
		["limit", "no-capacity", "Empty (spot c6i.xlarge in a); Code (spot c6i.xlarge in b)"],
	] as const)("has, for a refusal of kind %s after missing capacity, the reason %s", (kind, code, message) => {
		const refused = [noCapacity, becauseOf(b, kind, "Code")];
		expect(explain(5, [a, b], { tick: ["cap-tick", 9] }, { refused })).toEqual({
			reasons: [{ code, message, count: 5 }],
			reached: [],
		});
	});

	it("is an error if every refusal is one", () => {
		const refused = [
			becauseOf(a, "rejected", "Denied"),
			becauseOf(b, "unknown", "Lost"),
			becauseOf(c, "stop-all", "Stop"),
		];
		const message = "Denied (spot c6i.xlarge in a); Lost (spot c6i.xlarge in b); Stop (spot c6i.xlarge in c)";
		expect(explain(5, [a, b, c], { tick: ["cap-tick", 9] }, { refused }).reasons).toEqual([
			{ code: "error", message, count: 5 },
		]);
	});

	it.each([
		[[], ""],
		[[b], "; 1 more placement was skipped because of it"],
		[[b, c], "; 2 more placements were skipped because of it"],
	] as const)("names the placement that was refused, and counts those skipped: %#", (skipped, others) => {
		const refused = [noCapacity, ...skipped.map((one) => becauseOf(a, "no-capacity", "Empty", one))];
		expect(explain(5, [a, ...skipped], { tick: ["cap-tick", 9] }, { refused }).reasons).toEqual([
			{ code: "no-capacity", message: `Empty (spot c6i.xlarge in a${others})`, count: 5 },
		]);
	});
});

describe("an unmet need", () => {
	const full = at("full", "tick", "full");
	const [one, other] = [at("one", "tick", "open"), at("other", "tick", "open")];
	const refused = [one, other].map((where) => becauseOf(where, "no-capacity", "Empty"));
	const empty = { code: "no-capacity", message: "Empty (spot c6i.xlarge in one; spot c6i.xlarge in other)" };
	const caps = { tick: ["cap-tick", 9], full: ["cap-region", 0], open: ["cap-region", 3] } as const;
	const lost = { code: "possibly-launched", message: "EC2's answer to the launch was lost, so they may be running" };

	it("of 0 has no reason, also in a phase without placements", () => {
		expect(explain(0, [full], caps)).toEqual({ reasons: [], reached: [] });
		expect(explain(0, [], caps)).toEqual({ reasons: [], reached: [] });
	});

	it("begins with the part that may run nevertheless", () => {
		expect(explain(2, [one, other], caps, { refused, possiblyLaunched: 2 })).toEqual({
			reasons: [{ ...lost, count: 2 }],
			reached: [],
		});
		expect(explain(3, [one, other], caps, { refused, possiblyLaunched: 2 })).toEqual({
			reasons: [
				{ ...lost, count: 2 },
				{ ...empty, count: 1 },
			],
			reached: [],
		});
	});

	it("is EC2's refusal as far as the caps allow, and the rest is held back by those that are used up", () => {
		const limit = { code: "cap-region", message: "limit full" };
		expect(explain(5, [full, one, other], caps, { refused })).toEqual({
			reasons: [
				{ ...empty, count: 3 },
				{ ...limit, count: 2 },
			],
			reached: ["full"],
		});
		expect(explain(5, [full], caps)).toEqual({ reasons: [{ ...limit, count: 5 }], reached: ["full"] });
	});

	it("that the other placements could have met is not held back by a cap that is used up", () => {
		expect(explain(3, [full, one, other], caps, { refused })).toEqual({
			reasons: [{ ...empty, count: 3 }],
			reached: [],
		});
	});

	it("has the reason of the first placement's cap, and names every cap of its kind", () => {
		const limits = { x: ["cap-region", 0], y: ["no-address", 0], z: ["cap-region", 0] } as const;
		expect(explain(4, [at("a", "x"), at("b", "y"), at("c", "z")], limits)).toEqual({
			reasons: [{ code: "cap-region", message: "limit x; limit z", count: 4 }],
			reached: ["x", "y", "z"],
		});
	});

	it("has the reason of another limit, although an image's share is used up, too", () => {
		const limits = { newest: ["image-share", 0], previous: ["image-share", 4], cost: ["cap-cost", 0] } as const;
		const both = [at("a", "newest", "cost"), at("a", "previous", "cost")];
		const expected = { reasons: [{ code: "cap-cost", message: "limit cost", count: 4 }], reached: ["cost", "cost"] };
		expect(explain(4, both, limits)).toEqual(expected);
		// Also if the share is all that keeps the first placement from more.
		expect(explain(4, [at("a", "newest"), at("b", "previous", "cost")], limits)).toEqual({
			...expected,
			reached: ["cost"],
		});
	});

	it("that only the images' shares hold back is an error, since they add up to the need", () => {
		expect(explain(4, [at("a", "image")], { image: ["image-share", 0] })).toEqual({
			reasons: [{ code: "error", message: "limit image", count: 4 }],
			reached: ["image"],
		});
	});
});
