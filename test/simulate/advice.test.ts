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

it("names the limits if requests are never served and no setting helps", () => {
	const stuck = setting(null, 0, {}, 10);
	const other = setting(null, 0, { oldDivisor: 20 }, 10);
	expect(adviceOn(stuck, advisedOf([stuck, other], stuck, LONGEST_BOOT), true)).toBe(
		"No advice: within the limits, 10 of the requests would never get a machine. Check the limits of the configuration, max-launches, and max-hourly-cost.",
	);
});

it.each([
	["the waits differ by less than their words", 100_000, 97_500, "wait up to 1 d 3 h, 2.5 % less than now"],
	["most requests no longer wait", 60, 0, "start at once instead of after up to 1.0 min"],
])("compares the waits if %s", (_what, before, after, words) => {
	const current = setting(before, 100);
	const faster = setting(after, 100, { oldDivisor: 20 });
	expect(adviceOn(current, advisedOf([current, faster], current, LONGEST_BOOT), false)).toBe(
		`Set old_divisor to 20: 95 % of the requests would ${words}, for as many machine-hours.`,
	);
});

it("calls no wait by its name if most requests start at once anyway", () => {
	const current = setting(0, 100);
	expect(adviceOn(current, advisedOf([current, setting(0, 50, { oldDivisor: 5 })], current, LONGEST_BOOT), false)).toBe(
		"Set old_divisor to 5: 95 % of the requests would still start at once, for 50.0 % fewer machine-hours.",
	);
});
