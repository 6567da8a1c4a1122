import { describe, expect, it } from "vitest";
import { coverage, firstFew, mergeReasons, type Reason, whyNoPlacement } from "../../../src/core/launch/reasons.ts";
import type { Phase } from "../../../src/core/plan/phase.ts";
import type { SkippedPlacement } from "../../../src/core/plan/placements.ts";

it.each([
	["", "fresh instances are on their way", "running instances are likely to become free"],
	["spot", "fresh spot instances are on their way", "running spot instances are likely to become free"],
	["on-demand", "fresh on-demand instances are on their way", "running on-demand instances are likely to become free"],
])('requests covered by instances of the lifecycle "%s" have messages that name it', (lifecycle, fresh, running) => {
	expect(coverage(3, 2, lifecycle)).toEqual([
		{ code: "covered-by-fresh", message: fresh, count: 3 },
		{ code: "covered-by-running", message: running, count: 2 },
	]);
});

describe("the reasons of two phases", () => {
	const spot: readonly Reason[] = [
		{ code: "no-capacity", message: "spot refused", count: 4 },
		{ code: "cap-region", message: "spot limit", count: 3 },
		{ code: "timeout", message: "too late", count: 3 },
	];

	it("are those of the second if the first left none", () => {
		expect(mergeReasons([], spot)).toEqual(spot);
	});

	it("are the first's with the second's message added where a limit or the configuration stopped the second", () => {
		const onDemand: readonly Reason[] = [
			{ code: "cap-global", message: "on-demand limit", count: 2 },
			{ code: "no-rules", message: "not allowed", count: 5 },
		];
		expect(mergeReasons(spot, onDemand)).toEqual([
			{ code: "no-capacity", message: "spot refused; on-demand limit", count: 2 },
			{ code: "no-capacity", message: "spot refused; not allowed", count: 2 },
			{ code: "cap-region", message: "spot limit; not allowed", count: 3 },
		]);
	});

	it("are the second's for any other reason, which replaces as many of the first's", () => {
		const onDemand: readonly Reason[] = [
			{ code: "error", message: "denied", count: 5 },
			{ code: "cap-tick", message: "max-launches", count: 5 },
		];
		expect(mergeReasons(spot, onDemand)).toEqual([
			{ code: "error", message: "denied", count: 5 },
			{ code: "cap-region", message: "spot limit; max-launches", count: 2 },
			{ code: "timeout", message: "too late; max-launches", count: 3 },
		]);
	});

	it("have a message that both share once", () => {
		const both: readonly Reason[] = [{ code: "cap-tick", message: "max-launches", count: 2 }];
		expect(mergeReasons(both, both)).toEqual(both);
	});
});

describe("a phase without placements", () => {
	const without = (skipped: readonly SkippedPlacement[]): Phase => ({
		...{ lifecycle: "spot", disabled: false, shares: [], spread: [] },
		skipped,
	});
	const byWeight = [
		"error",
		"template",
		"no-price",
		"no-capacity",
		"no-subnet",
		"cap-cost",
		"cap-region",
		"no-rules",
	] as const;
	const skip = (code: (typeof byWeight)[number]): SkippedPlacement => ({ code, message: `${code} here` });

	it.each(byWeight.map((code, index) => [code, byWeight.slice(index + 1)] as const))(
		"has the reason %s rather than %j",
		(code, lighter) => {
			expect(whyNoPlacement(without([...lighter, code].map(skip)))).toEqual(skip(code));
			expect(whyNoPlacement(without([code, ...lighter].map(skip)))).toEqual(skip(code));
		},
	);

	it("has every message of its reason, and none of another", () => {
		const skipped = [{ ...skip("no-price"), message: "a" }, skip("no-rules"), { ...skip("no-price"), message: "b" }];
		expect(whyNoPlacement(without(skipped))).toEqual({ code: "no-price", message: "a; b" });
	});

	it("that skipped nothing has no subnet in a region in use", () => {
		expect(whyNoPlacement(without([]))).toEqual({
			code: "no-rules",
			message: "no region in use has one of the subnets configured for the type",
		});
	});
});

it.each([
	[["a"], "a"],
	[["a", "b", "a", "c"], "a; b; c"],
	[["a", "b", "c", "d"], "a; b; c; and 1 more"],
	[["a", "b", "c", "d", "e", "e"], "a; b; c; and 2 more"],
])("of the messages %j, the first three distinct ones are joined and the rest counted", (messages, joined) => {
	expect(firstFew(messages)).toBe(joined);
});
