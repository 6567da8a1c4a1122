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
		clock: { elapsed: () => 0 },
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
});

/** Time that passes only while a pattern of {@link SteppedTime.slow} is matched. */
class SteppedTime {
	now = 0;
	#deadline = Number.POSITIVE_INFINITY;
	readonly clock = { elapsed: () => this.now };
	readonly timeLimit: TimeLimit = (body, milliseconds) => {
		this.#deadline = this.now + milliseconds;
		try {
			body();
			return true;
		} catch (error) {
			if (error !== this) throw error;
			return false;
		}
	};

	/** Lets time pass within a body, which ends there if its limit is reached. */
	stop(milliseconds: number): void {
		this.now = Math.min(this.now + milliseconds, this.#deadline);
		if (this.now === this.#deadline) throw this;
	}

	/** A pattern that matches nothing, after `milliseconds`. */
	slow(milliseconds: number, line = 1): BuilderPattern {
		const regex = /(?!)/y;
		regex.test = () => {
			this.stop(milliseconds);
			return false;
		};
		return pattern(regex, "slow", line);
	}

	map(patterns: readonly BuilderPattern[], names: readonly string[]) {
		const pending = names.map((builder) => ({ builder, count: 2, oldestSubmittedAt: 0 }));
		return mapBuilders({ pending, patterns, timeLimit: this.timeLimit, clock: this.clock });
	}
}

const NAMES = Array.from({ length: 60 }, (_, index) => `builder ${index}`);
const patterns = (count: number, make: (line: number) => BuilderPattern) =>
	Array.from({ length: count }, (_, index) => make(index + 1));

describe("patterns that run away", () => {
	it("are tried once, and builders of earlier patterns are served", () => {
		const time = new SteppedTime();
		const evil = time.slow(10_000, 7);
		const { builders, failures } = time.map(
			[pattern(/x/y, "early"), evil, pattern(/./y, "late")],
			[...NAMES, "x", "y"],
		);
		expect(time.now).toBe(600);
		expect(builders.slice(58).map(({ mozType, skipReason }) => mozType ?? skipReason)).toEqual([
			"pattern-timeout",
			"pattern-timeout",
			"early",
			"pattern-timeout",
		]);
		expect(failures.map(({ message }) => message)).toEqual([
			expect.stringMatching(/line 7\) timed out; nothing was launched for builder "builder 0" and 60 more\./),
		]);
	});

	it.each([
		["patterns that never end", 10_000, 60],
		["a pattern that is slow on every name", 60, 1],
		["patterns that are slow together", 5, 60],
	])("cost two seconds in total: %s", (_what, milliseconds, count) => {
		const time = new SteppedTime();
		const { builders, failures } = time.map(
			patterns(count, (line) => time.slow(milliseconds, line)),
			NAMES,
		);
		expect(time.now).toBeLessThanOrEqual(2_000);
		expect(builders.map(({ builder }) => builder)).toEqual(NAMES);
		expect(builders.at(-1)?.skipReason).toBe("pattern-timeout");
		expect(failures.length).toBeGreaterThan(0);
	});

	it.each([
		["once", [100]],
		["twice in a row", [100, 499]],
	])("are not those that a pause of the machine interrupts %s", (_what, pauses) => {
		const time = new SteppedTime();
		const left = [...pauses];
		const paused = /x/y;
		const { test } = paused;
		paused.test = (text) => {
			const pause = left.shift();
			if (pause !== undefined) time.stop(pause);
			return test.call(paused, text);
		};
		const { builders } = time.map([pattern(paused, "bld")], ["x1", "x2"]);
		expect(builders.map(({ mozType }) => mozType)).toEqual(["bld", "bld"]);
	});
});
