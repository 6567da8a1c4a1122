import { expect, it } from "vitest";
import { appliedCaps, beginPhase, phaseResult } from "../../../src/core/launch/phase-result.ts";

const cap = (key: string, headroom: number, from?: string) => ({
	key,
	code: "cap-cost" as const,
	label: `label of ${from ?? key}`,
	headroom,
	...(from === undefined ? {} : { draws: { from, each: 1 } }),
});
const launched: Readonly<Record<string, number>> = { a: 1, b: 2, "cost@1": 3, "cost@2": 4 };
const applied = (...caps: readonly ReturnType<typeof cap>[]) => appliedCaps(caps, (key) => launched[key] ?? 0);

it("caps that were reached are listed once each, with what was launched under them", () => {
	expect(applied(cap("a", 5), cap("b", 6), cap("a", 5))).toEqual([
		{ code: "cap-cost", message: "label of a", headroom: 5, launched: 1 },
		{ code: "cap-cost", message: "label of b", headroom: 6, launched: 2 },
	]);
});

it.each([[[8, 4]], [[4, 8]]])(
	"caps that draw on one amount are one limit, with the headroom of the cheapest machine: %j",
	([one = 0, other = 0]) => {
		expect(applied(cap("cost@1", one, "cost"), cap("cost@2", other, "cost"))).toEqual([
			{ code: "cap-cost", message: "label of cost", headroom: 8, launched: 7 },
		]);
	},
);

it("a phase begins with nothing launched and no cap reached", () => {
	const phase = { lifecycle: "spot", disabled: false, shares: [], spread: [], skipped: [] } as const;
	const reduction = { fresh: 1, old: 20, byFresh: 1, byOld: 2, need: 4 };
	expect(phaseResult(beginPhase(phase, 7, reduction))).toEqual({
		...{ lifecycle: "spot", count: 7, fresh: 1, old: 20, needed: 4 },
		launched: 0,
		caps: [],
	});
});
