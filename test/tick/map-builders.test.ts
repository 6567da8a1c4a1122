import { describe, expect, it } from "vitest";
import { timeLimit } from "../../src/adapters/time-limit.ts";
import type { BuilderPattern } from "../../src/core/model/policy.ts";
import { mapBuilders } from "../../src/tick/map-builders.ts";
import type { TimeLimit } from "../../src/tick/ports.ts";

const pattern = (regex: RegExp, mozType: string, line = 1): BuilderPattern => ({
	source: regex.source,
	line,
	regex,
	mozType,
});
const map = (patterns: readonly BuilderPattern[], ...names: string[]) =>
	mapBuilders({
		pending: names.map((builder) => ({ builder, count: 2, oldestSubmittedAt: 0 })),
		patterns,
		timeLimit,
		clock: { elapsed: () => performance.now() },
	});
const typesOf = (...args: Parameters<typeof map>) => map(...args).builders.map(({ mozType }) => mozType);

describe("mapping", () => {
	it("takes the first pattern in file order", () => {
		expect(typesOf([pattern(/linux/y, "first"), pattern(/linux64/y, "second")], "linux64")).toEqual(["first"]);
	});

	it("matches only at the start of the name", () => {
		const { builders } = map([pattern(/linux/y, "bld")], "linux", "arch linux");
		expect(builders.map(({ mozType, skipReason }) => [mozType, skipReason])).toEqual([
			["bld", null],
			[null, "unmatched"],
		]);
	});

	it("matches the same name the same way each time", () => {
		expect(typesOf([pattern(/linux/y, "bld")], "linux", "linux", "linux")).toEqual(["bld", "bld", "bld"]);
	});

	it("reports a builder on which a pattern times out, and maps the others", () => {
		const evil = pattern(/(a+)+$/y, "bld", 7);
		const { builders, failures } = map(
			[pattern(/x/y, "early"), evil, pattern(/./y, "late")],
			"aaa",
			"z",
			`${"a".repeat(64)}!`,
			"x",
		);
		expect(builders.map(({ mozType }) => mozType)).toEqual(["bld", "late", null, "early"]);
		expect(builders.map(({ skipReason }) => skipReason)).toEqual([null, null, "pattern-timeout", null]);
		expect(failures).toMatchObject([
			{ stage: "mapping", code: "pattern-timeout", message: expect.stringMatching(/\(a\+\)\+\$.*line 7.*Simplify/) },
		]);
	});

	it("tries a pattern that timed out only once, and still serves builders that an earlier pattern maps", () => {
		const evil = pattern(/(a+)+$/y, "bld", 7);
		const stuck = Array.from({ length: 60 }, (_, index) => `${"a".repeat(40 + index)}!`);
		const started = performance.now();
		const { builders, failures } = map([pattern(/x/y, "early"), evil, pattern(/./y, "late")], ...stuck, "x", "aaa");
		expect(performance.now() - started).toBeLessThan(2_000);
		expect(builders.slice(0, 60).every(({ skipReason }) => skipReason === "pattern-timeout")).toBe(true);
		expect(builders.slice(60).map(({ mozType, skipReason }) => mozType ?? skipReason)).toEqual([
			"early",
			"pattern-timeout",
		]);
		expect(failures.map(({ message }) => message)).toEqual([
			expect.stringMatching(/line 7\) timed out; nothing was launched for builder "a{40}!" and 60 more\./),
		]);
	});

	it.each([
		["many patterns that run away", 40],
		["patterns that are slow without running away", 24],
	])("spends two seconds in total on %s", (_what, length) => {
		const evil = Array.from({ length: 60 }, (_, index) => pattern(new RegExp(`(${index}|a+)+$`, "y"), "bld", index));
		const names = Array.from({ length: 60 }, (_, index) => `${"a".repeat(length)}!${index}`);
		const started = performance.now();
		const { builders } = map(evil, ...names);
		// The limit is checked by V8 between its own pauses.
		expect(performance.now() - started).toBeLessThan(3_000);
		expect(builders).toHaveLength(60);
		expect(new Set(builders.map(({ skipReason }) => skipReason))).toEqual(new Set(["pattern-timeout"]));
	});

	it("does not blame a pattern for a pause of the machine", () => {
		let interrupted = false;
		const harmless = /x/y;
		const pausedAtFirst: TimeLimit = (body) => {
			if (interrupted) return timeLimit(body, 100);
			interrupted = true;
			const test = harmless.test.bind(harmless);
			harmless.test = () => {
				throw new Error("paused");
			};
			try {
				body();
			} catch {}
			harmless.test = test;
			return false;
		};
		const { builders } = mapBuilders({
			pending: ["x1", "x2", "x3"].map((builder) => ({ builder, count: 1, oldestSubmittedAt: 0 })),
			patterns: [pattern(harmless, "bld")],
			timeLimit: pausedAtFirst,
			clock: { elapsed: () => 0 },
		});
		expect(builders.map(({ mozType }) => mozType)).toEqual(["bld", "bld", "bld"]);
	});
});
