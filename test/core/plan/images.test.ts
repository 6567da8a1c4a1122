import fc from "fast-check";
import { expect, test } from "vitest";
import { splitByImage } from "../../../src/core/plan/images.ts";

const share = (newest: number, all: number) => (all === 0 ? 0 : (100 * newest) / all);

test("no other split brings the newest image's share closer to the percentage", () => {
	const counts = fc.record({ count: fc.nat(60), percentage: fc.nat(100), all: fc.nat(60), part: fc.nat(100) });
	fc.assert(
		fc.property(counts, ({ count, percentage, all, part }) => {
			const running = { all, newest: Math.floor((all * part) / 100) };
			const { newest, previous } = splitByImage(count, percentage, running);
			expect(newest + previous).toBe(count);
			const distance = (some: number) => Math.abs(share(running.newest + some, all + count) - percentage);
			for (let other = 0; other <= count; other += 1) {
				expect(distance(newest)).toBeLessThanOrEqual(distance(other) + 1e-9);
			}
		}),
	);
});

test("100 % uses only the newest image, 0 % only the previous one", () => {
	fc.assert(
		fc.property(fc.nat(60), fc.nat(60), fc.nat(60), (count, newest, rest) => {
			const running = { all: newest + rest, newest };
			expect(splitByImage(count, 100, running).newest).toBe(count);
			expect(splitByImage(count, 0, running).newest).toBe(0);
		}),
	);
});

test("an empty fleet is split by the percentage, a half rounded up", () => {
	const none = { all: 0, newest: 0 };
	expect(splitByImage(10, 30, none)).toEqual({ newest: 3, previous: 7 });
	expect(splitByImage(1, 50, none)).toEqual({ newest: 1, previous: 0 });
	expect(splitByImage(0, 50, none)).toEqual({ newest: 0, previous: 0 });
});
