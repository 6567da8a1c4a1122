import { expect, it } from "vitest";
import type { ReplaySetting } from "../../src/core/report/replay-report.ts";
import { adviceOn, advisedOf } from "../../src/simulate/advice.ts";

const LONGEST_BOOT = 480;

const setting = (p95: number | null, machineHours: number, overrides: Partial<ReplaySetting> = {}, notServed = 0) => ({
	...{ freshInstanceDelay: 1_200, oldDivisor: 10, scope: "lifecycle" as const, timing: "late" as const, ...overrides },
	total: { p95, machineHours, notServed },
});
const CURRENT = setting(1_000, 100);
const adviceFor = (...others: readonly ReturnType<typeof setting>[]) =>
	adviceOn(CURRENT, advisedOf([CURRENT, ...others], CURRENT, LONGEST_BOOT), false);

it.each([
	["costs more than 2 % more machine-hours", setting(500, 102.1, { freshInstanceDelay: 600 })],
	["is hardly faster", setting(985, 100, { freshInstanceDelay: 600 })],
	["has a delay below the slowest boot", setting(500, 100, { freshInstanceDelay: 479 })],
	["needs a timing that nobody can choose", setting(500, 100, { timing: "exact" })],
	["leaves more requests without a machine", setting(500, 100, { oldDivisor: 20 }, 1)],
	["saves machine-hours but lets requests wait longer", setting(1_001, 50, { oldDivisor: 5 })],
])("advises against a setting that %s", (_why, other) => {
	expect(adviceFor(other)).toBe("Keep the current settings; no other is clearly better.");
});

it("advises the fastest setting, and of those that are about as fast the one with the fewest changes", () => {
	const simple = setting(505, 101, { freshInstanceDelay: 600 });
	const fastest = setting(500, 100, { freshInstanceDelay: 600, oldDivisor: 20 });
	expect(adviceFor(setting(700, 100, { timing: "watch" }), fastest, simple)).toBe(
		"Set fresh_instance_delay to 600: 95 % of the requests would wait up to 8.4 min instead of 16.7 min, for 1.0 % more machine-hours.",
	);
});

it("advises fewer machine-hours if no setting is faster", () => {
	const all = { timing: "watch", freshInstanceDelay: 600, scope: "pool" } as const;
	expect(adviceFor(setting(1_000, 90, all))).toBe(
		"Watch instead of running single ticks (watch-for), set fresh_instance_delay to 600, and set scope to pool: 95 % of the requests would still wait up to 16.7 min, for 10.0 % fewer machine-hours.",
	);
});

it("says that waits have no end while requests are never served", () => {
	const stuck = setting(null, 100, {}, 10);
	const better = setting(600, 100, { oldDivisor: 20 });
	expect(adviceOn(stuck, advisedOf([stuck, better], stuck, LONGEST_BOOT), false)).toContain(
		"would wait up to 10.0 min instead of more than a day, for as many machine-hours.",
	);
});
