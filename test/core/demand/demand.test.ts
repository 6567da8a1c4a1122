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
