/** Every pending request has exactly one reason, from the rows of the database to the report. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { type Allocations, allocate } from "../../../src/core/demand/allocations.ts";
import { countDemand, type MappedBuilder } from "../../../src/core/demand/demand.ts";
import { simulate } from "../../../src/core/launch/launch-run.ts";
import { makePlan } from "../../../src/core/plan/plan.ts";
import { makeReport } from "../../../src/core/report/make-report.ts";
import { expectToAddUp } from "../accounts-of-report.ts";
import { launchArbitrarily, someAnswers, someInput, typeNames } from "../arbitraries.ts";
import { NOW } from "../facts.ts";
import { NOTHING } from "../reports.ts";

const workers = fc.subarray(["w-1", "w-2", "w-3"], { minLength: 1 });
const someBuilders: fc.Arbitrary<readonly MappedBuilder[]> = fc
	.array(
		fc.record({
			count: fc.integer({ min: 1, max: 30 }),
			oldestSubmittedAt: fc.integer({ min: NOW - 1000, max: NOW }),
			mozType: fc.constantFrom(...typeNames, null),
			timedOut: fc.boolean(),
		}),
		{ maxLength: 12 },
	)
	.map((rows) =>
		rows.map(({ timedOut, ...row }, index) => ({
			...row,
			builder: `b-${index}`,
			slaveset: null,
			skipReason: row.mozType !== null ? null : timedOut ? "pattern-timeout" : "unmatched",
		})),
	);
const someAllocations: fc.Arbitrary<Allocations> = fc
	.record({
		bound: fc.dictionary(fc.constantFrom("b-0", "b-1", "b-2", "b-3"), workers),
		unsure: fc.subarray(["b-1", "b-4", "b-5"]),
		allocatedUnknown: fc.boolean(),
	})
	.map(({ bound, unsure, allocatedUnknown }) => ({
		slavesets: new Map(Object.entries(bound)),
		unknown: new Map(
			unsure.map((builder, index) => [
				builder,
				{ code: index === 0 ? "not-configured" : "allocation-unknown", reason: "no answer" },
			]),
		),
		connected: new Set(),
		allocated: allocatedUnknown
			? { kind: "unknown", reason: "no answer" }
			: { kind: "known", names: new Set(Object.values(bound).flat()) },
	}));

test("reasons, phases, and launches add up for any pending requests and any answers of EC2", () => {
	fc.assert(
		fc.property(someBuilders, someAllocations, someInput, someAnswers, (mapped, allocations, input, answers) => {
			const { builders, skipped } = allocate(mapped, allocations);
			const all = [...builders, ...skipped.map(({ builder }) => builder)];
			const plan = makePlan({ ...input, demand: countDemand(builders) });
			for (const launched of [launchArbitrarily(plan, answers), simulate(plan)]) {
				const planned = plan.pools.length === 0 ? null : { plan, launched };
				const report = makeReport({ ...NOTHING, builders: all, planned });
				expectToAddUp(report, plan.heuristics.oldDivisor);
				expect(JSON.parse(JSON.stringify(report))).toEqual(report);
			}
		}),
	);
});
