import { expect, it } from "vitest";
import { type Cap, CapTracker } from "../../../src/core/plan/caps.ts";

const cap = (headroom: number): Cap => ({ code: "cap-global", label: "limit", headroom });

it("copies some caps without a look at all others, so that many pools cost no more than in proportion", () => {
	let looks = 0;
	const caps = new Proxy(Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`cap-${index}`, cap(5)])), {
		ownKeys: (target) => {
			looks += 1;
			return Reflect.ownKeys(target);
		},
	});
	const tracker = new CapTracker(caps);
	const before = looks;
	const copy = tracker.copy(["cap-1", "cap-2"]);
	expect(looks).toBe(before);
	expect(copy.available(["cap-1", "cap-2"], 9)).toBe(5);
});

it("draws on a copy without effect on the original", () => {
	const tracker = new CapTracker({ a: cap(5) });
	tracker.copy(["a"]).reserve(["a"], 3);
	expect(tracker.available(["a"], 9)).toBe(5);
});
