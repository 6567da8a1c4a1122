import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { countDemand, type MappedBuilder } from "../../../src/core/demand/demand.ts";

const mapped = (mozType: string | null, count: number, oldestSubmittedAt: number): MappedBuilder => ({
	builder: `${mozType} ${count} ${oldestSubmittedAt}`,
	count,
	oldestSubmittedAt,
	mozType,
	slaveset: null,
	skipReason: mozType === null ? "unmatched" : null,
});

describe("demand", () => {
	it("is summed per type, the longest waiting first, without unmatched builders", () => {
		expect(
			countDemand([mapped("bld", 3, 300), mapped(null, 9, 1), mapped("tst", 2, 200), mapped("bld", 4, 250)]),
		).toEqual([
			{ pool: { mozType: "tst", slaveset: null }, pending: 2, oldestSubmittedAt: 200 },
			{ pool: { mozType: "bld", slaveset: null }, pending: 7, oldestSubmittedAt: 250 },
		]);
	});

	it("leaves out a builder that is skipped, although it has a type", () => {
		expect(countDemand([{ ...mapped("bld", 3, 300), skipReason: "not-configured" }])).toEqual([]);
		expect(countDemand([{ ...mapped(null, 3, 300), skipReason: null }])).toEqual([]);
	});

	it("is one pool for a slaveset, whatever the order of its workers", () => {
		const bound = (...slaveset: readonly string[]) => ({ ...mapped("bld", 1, 1), slaveset });
		expect(countDemand([bound("b", "a"), bound("a", "b"), bound("a")]).map(({ pending }) => pending)).toEqual([2, 1]);
	});

	it("of pools that wait equally long is ordered by name", () => {
		const types = countDemand(["b", "c", "a"].map((type) => mapped(type, 1, 5))).map(({ pool }) => pool.mozType);
		expect(types).toEqual(["a", "b", "c"]);
	});

	it("does not depend on the order of the rows", () => {
		const row = fc
			.tuple(fc.constantFrom("a", "b", "c", null), fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 5 }))
			.map((parts) => mapped(...parts));
		const rowsTwice = fc
			.array(row)
			.chain((rows) => fc.tuple(fc.constant(rows), fc.shuffledSubarray(rows, { minLength: rows.length })));
		fc.assert(
			fc.property(rowsTwice, ([rows, shuffled]) => {
				expect(countDemand(shuffled)).toEqual(countDemand(rows));
			}),
		);
	});
});
